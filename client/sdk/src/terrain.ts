/**
 * Where the ground is: the map's rectangles on a lattice of 25 cm cells, as `world/terrain.py` draws them.
 *
 * Each cell has one surface, a plane in fixed point: height = (level + slopeX * x + slopeZ * z) >> 16. Where shapes
 * overlap, the higher one over the middle of a cell stands. Buildings are drawn a cell larger on each side, and all
 * around the city runs a ring of cells that is a wall. Every number here is a whole one below 2 ** 53, so that the
 * floating point of this language counts exactly as the integers of the server do.
 */

import type { CityMap, RampChart } from './generated/wire.js'

/** The height outside of the city. */
export const WALL_CM = 32767
const FRACTION = 65536
/** 300 MB of lattice while it is drawn: a city of four square kilometres. Beyond that something is wrong with the map. */
const CELLS_MAX = 50_000_000

interface Area {
  readonly x: number
  readonly z: number
  readonly width: number
  readonly depth: number
}

export class Terrain {
  readonly #x: number
  readonly #z: number
  readonly #cell: number
  readonly #columns: number
  readonly #rows: number
  readonly #surface: Uint16Array
  readonly #level = [WALL_CM * FRACTION]
  readonly #slopeX = [0]
  readonly #slopeZ = [0]

  /** Throws RangeError for a map that is too large to be one. */
  constructor(map: CityMap) {
    const cell = (this.#cell = map.cell_cm)
    this.#x = Math.min(...map.zones.map((zone) => zone.x)) - cell
    this.#z = Math.min(...map.zones.map((zone) => zone.z)) - cell
    this.#columns = Math.floor((Math.max(...map.zones.map((zone) => zone.x + zone.width)) - this.#x) / cell) + 1
    this.#rows = Math.floor((Math.max(...map.zones.map((zone) => zone.z + zone.depth)) - this.#z) / cell) + 1
    const cells = this.#columns * this.#rows
    if (!(cells > 0 && cells <= CELLS_MAX)) throw new RangeError(`a map of ${cells} cells; 1 to ${CELLS_MAX} are allowed`)
    this.#surface = new Uint16Array(cells)
    this.#draw(map, new Int32Array(cells).fill(WALL_CM))
  }

  /** The height to stand on at a point, in whole cm; WALL_CM outside of the city. */
  ground(x: number, z: number): number {
    const column = Math.min(Math.max(Math.floor((x - this.#x) / this.#cell), 0), this.#columns - 1)
    const row = Math.min(Math.max(Math.floor((z - this.#z) / this.#cell), 0), this.#rows - 1)
    return this.#height(this.#surface[row * this.#columns + column]!, x, z)
  }

  #draw(map: CityMap, height: Int32Array): void {
    for (const zone of map.zones) {
      const surface = this.#plane(zone.ground * FRACTION, 0, 0)
      this.#eachCell(zone, (at) => {
        height[at] = zone.ground
        this.#surface[at] = surface
      })
    }
    for (const zone of map.zones) {
      for (const terrace of zone.terraces) this.#raise(terrace, this.#plane(terrace.top * FRACTION, 0, 0), height)
      for (const ramp of zone.ramps) this.#raise(ramp, this.#slope(ramp), height)
      for (const building of zone.buildings) {
        this.#raise(grown(building, this.#cell), this.#plane(building.top * FRACTION, 0, 0), height)
      }
    }
  }

  /** Put a surface wherever it is above what is there. */
  #raise(area: Area, surface: number, height: Int32Array): void {
    this.#eachCell(area, (at, x, z) => {
      const there = this.#height(surface, x, z)
      if (there <= height[at]!) return
      height[at] = there
      this.#surface[at] = surface
    })
  }

  /** Tells of the cells of an area, with their middles. */
  #eachCell(area: Area, tell: (at: number, x: number, z: number) => void): void {
    const west = Math.floor((area.x - this.#x) / this.#cell)
    const south = Math.floor((area.z - this.#z) / this.#cell)
    const east = Math.min(west + Math.floor(area.width / this.#cell), this.#columns)
    const north = Math.min(south + Math.floor(area.depth / this.#cell), this.#rows)
    const half = Math.floor(this.#cell / 2)
    for (let row = Math.max(south, 0); row < north; row++) {
      for (let column = Math.max(west, 0); column < east; column++) {
        tell(row * this.#columns + column, this.#x + column * this.#cell + half, this.#z + row * this.#cell + half)
      }
    }
  }

  #slope(ramp: RampChart): number {
    const alongX = ramp.rises === 'east' || ramp.rises === 'west'
    const [length, corner] = alongX ? [ramp.width, ramp.x] : [ramp.depth, ramp.z]
    const falls = ramp.rises === 'west' || ramp.rises === 'south'
    const steep = Math.floor(((ramp.high - ramp.low) * FRACTION) / length)
    const slope = falls ? -steep : steep
    const level = ramp.low * FRACTION - slope * (falls ? corner + length : corner)
    return alongX ? this.#plane(level, slope, 0) : this.#plane(level, 0, slope)
  }

  #plane(level: number, slopeX: number, slopeZ: number): number {
    this.#slopeX.push(slopeX)
    this.#slopeZ.push(slopeZ)
    return this.#level.push(level) - 1
  }

  #height(surface: number, x: number, z: number): number {
    return Math.floor((this.#level[surface]! + this.#slopeX[surface]! * x + this.#slopeZ[surface]! * z) / FRACTION)
  }
}

function grown(area: Area, by: number): Area {
  return { x: area.x - by, z: area.z - by, width: area.width + 2 * by, depth: area.depth + 2 * by }
}
