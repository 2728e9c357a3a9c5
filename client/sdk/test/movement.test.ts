/** A body moves here as it does in the world: the same walks, to the last 256th of a centimetre. */

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { check } from '../src/codec.js'
import { CITY_MAP, type CityMap } from '../src/generated/wire.js'
import { Motion, type Body } from '../src/motion.js'
import { Terrain, WALL_CM } from '../src/terrain.js'

interface Walk {
  from: number[]
  legs: number[][]
  ends: number[][]
}
const file = join(import.meta.dirname, '..', '..', '..', 'tests', 'golden', 'movement', 'walks.json')
const golden = JSON.parse(readFileSync(file, 'utf8')) as { map: CityMap; ground: number[][]; walks: Walk[] }
const map = check(golden.map, CITY_MAP, 'map') as CityMap
const terrain = new Terrain(map)
const motion = new Motion(map.movement, map.tick_rate_hz)

function bodyOf([x, z, y, xPart, zPart, vy, grounded]: number[]): Body {
  const idle = { steer: 0, gait: 0, jump: false, ticksSinceIntent: 0 }
  return { x: x!, y: y!, z: z!, xPart: xPart!, zPart: zPart!, vy: vy!, grounded: grounded === 1, ...idle }
}

const noted = (body: Body): number[] => [body.x, body.z, body.y, body.xPart, body.zPart, body.vy, Number(body.grounded)]

test('the ground is as high as in the world, everywhere', () => {
  expect(golden.ground.length).toBeGreaterThan(300)
  expect(golden.ground.map(([x, z]) => [x, z, terrain.ground(x!, z!)])).toEqual(golden.ground)
  expect(golden.ground.some(([, , height]) => height === WALL_CM)).toBe(true)
})

test.each(golden.walks.map((walk): [string, Walk] => [`${walk.from[0]}, ${walk.from[1]}`, walk]))(
  'the walk from %s ends where the world ends it',
  (_, walk) => {
    const body = bodyOf(walk.from)
    walk.legs.forEach(([steer, gait, jump, ticks], leg) => {
      Object.assign(body, { steer, gait, jump: jump === 1, ticksSinceIntent: 0 })
      for (let tick = 0; tick < ticks!; tick++) motion.tick(body, (x, z) => terrain.ground(x, z))
      expect(noted(body)).toEqual(walk.ends[leg])
    })
  },
)

test('a map that is no map is refused by field', () => {
  expect(() => check({ ...golden.map, movement: {} }, CITY_MAP, 'map')).toThrow(/map\.movement\.paces.*missing/)
  const zones = golden.map.zones.map((zone) => ({ ...zone, width: 1e9 }))
  expect(() => new Terrain({ ...golden.map, zones })).toThrow(/cells/)
})
