/**
 * The people of the crowd map whom we do not know one by one: where to draw how many, so that a full plaza looks full.
 *
 * Their places are drawn from cell and number alone: while a count stays, everybody stays, and when it changes only the
 * last come or go.
 */

import type { CityMap, CrowdMap } from '@futurecity/client'
import { mixed } from './chance'
import { groundAt } from './ground'

/** Numbers of one stranger: x, y, z in cm, heading in 256ths, and a seed for looks. */
export const STRANGER_STRIDE = 5
/** As many as are drawn, whatever the map counts: a full city. */
export const STRANGERS_MAX = 6000
/** Within a cell, how often another place is looked for when something is built there or we would know who it is. */
const TRIES = 4

export interface Strangers {
  readonly values: Float32Array
  count: number
}

/** Where those stand whom we know one by one, and from where nobody else is within `radius` cm. */
export interface Known {
  readonly places: readonly { readonly x: number; readonly z: number }[]
  readonly x: number
  readonly z: number
  readonly radius: number
}

export function room(): Strangers {
  return { values: new Float32Array(STRANGERS_MAX * STRANGER_STRIDE), count: 0 }
}

/** Fills `into` with everybody the map counts beyond those who are known. */
export function strangers(map: CityMap, crowd: CrowdMap, known: Known, into: Strangers): void {
  into.count = 0
  const left = Int16Array.from(crowd.counts)
  for (const place of known.places) {
    const column = Math.floor((place.x - crowd.x) / crowd.cell)
    const row = Math.floor((place.z - crowd.z) / crowd.cell)
    const index = row * crowd.columns + column
    if (column >= 0 && column < crowd.columns && row >= 0 && (left[index] ?? 0) > 0) left[index]! -= 1
  }
  for (let cell = 0; cell < left.length; cell += 1) {
    for (let n = 0; n < left[cell]!; n += 1) {
      if (into.count === STRANGERS_MAX) return
      place(map, crowd, known, into, cell, n)
    }
  }
}

function place(map: CityMap, crowd: CrowdMap, known: Known, into: Strangers, cell: number, n: number): void {
  const west = crowd.x + (cell % crowd.columns) * crowd.cell
  const south = crowd.z + Math.floor(cell / crowd.columns) * crowd.cell
  for (let tries = 0; tries < TRIES; tries += 1) {
    const seed = mixed(mixed(cell, n), tries)
    const x = west + ((seed & 0xffff) / 0x10000) * crowd.cell
    const z = south + ((seed >>> 16) / 0x10000) * crowd.cell
    if ((x - known.x) ** 2 + (z - known.z) ** 2 < known.radius ** 2) continue
    const y = groundAt(map, x, z)
    if (y === null) continue
    into.values.set([x, y, z, seed & 0xff, seed], into.count * STRANGER_STRIDE)
    into.count += 1
    return
  }
}
