/** Everybody and everything near at one moment, gathered from the SDK once for the scene, the plates and the map. */

import type { City, CityMap } from '@futurecity/client'
import { room, strangers, type Strangers } from './crowd'
import { figureOf, type Catalogue, type Figure, type Look } from './look'
import type { Somebody } from './people'

/** With so many known there may be more whom we do not know; with fewer, nobody else is in sight (cm, protocol/README.md). */
const KNOWN_MANY = 56
const SIGHT_CM = 32_767
/** So many are known although they may be far away: hosts and our party. */
const PINNED_MAX = 8
/** Whoever is known may have left a cell that the older crowd map still counts them in. */
const CROWD_EVERY_TICKS = 10

export interface Neighbour {
  readonly who: Somebody
  readonly figure: Figure
  readonly name: string
}

export class Surroundings {
  readonly strangers: Strangers = room()
  neighbours: Neighbour[] = []
  readonly #figures = new Map<number, { look: Look; figure: Figure }>()
  #countedTick = -Infinity

  constructor(private readonly city: City, private readonly map: CityMap, private readonly catalogue: Catalogue | null) {}

  /** Look around at a moment of `performance.now()`. */
  look(nowMs: number): void {
    const neighbours: Neighbour[] = []
    for (const avatar of this.city.avatars(nowMs)) {
      const { entity, x, y, z, heading, animation, presence, profile } = avatar
      const who = { entity, x, y, z, heading, animation, presence }
      neighbours.push({ who, figure: this.figure(entity, profile?.look ?? {}), name: profile?.name ?? '' })
    }
    this.neighbours = neighbours
    this.#count()
  }

  /** How somebody looks; worked out once for each look. */
  figure(entity: number, look: Look): Figure {
    const known = this.#figures.get(entity)
    if (known?.look === look) return known.figure
    if (this.#figures.size > 1024) this.#figures.clear()
    const figure = figureOf(this.catalogue, look)
    this.#figures.set(entity, { look, figure })
    return figure
  }

  #count(): void {
    const { crowd, me } = this.city
    const tick = this.city.clock.tickNow()
    if (crowd === null || me === null || tick - this.#countedTick < CROWD_EVERY_TICKS) return
    this.#countedTick = tick
    const places = this.neighbours.map(({ who }) => who)
    const distances = places.map((who) => Math.hypot(who.x - me.x, who.z - me.z)).sort((a, b) => a - b)
    const radius = places.length >= KNOWN_MANY ? distances[places.length - 1 - PINNED_MAX]! : SIGHT_CM
    strangers(this.map, crowd, { places: [...places, me], x: me.x, z: me.z, radius }, this.strangers)
  }
}
