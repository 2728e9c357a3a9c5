/** Prediction against a real city: 150 ms away, over a road that withholds one frame in fifty. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { City, type SocketClass } from '../src/index.js'
import { next, openCity, type CityProcess } from './city_process.js'
import { slowRoad, type Road } from './slow_road.js'

// A server that others keep from its processor is late with its ticks, which is not the walk's doing.
const TRIES = { timeout: 90_000, retry: 2 }

const ONE_WAY_MS = 75
const ONE_FRAME_IN = 50
const SECONDS = 20
const socket = WebSocket as unknown as SocketClass

let city: CityProcess
let road: Road

beforeAll(async () => {
  city = await openCity()
  road = await slowRoad(city.url, ONE_WAY_MS, ONE_FRAME_IN)
})

afterAll(async () => {
  await road?.close()
  await city?.stop()
})

/** A stroll that turns, stops and starts again, at a third of a second each; the same every time. */
function* stroll(gait: 1 | 2): Generator<{ steer: number; gait: 0 | 1 | 2 }> {
  let state = 7
  for (;;) {
    state = (state * 48_271) % 2_147_483_647
    yield { steer: (state >> 8) & 255, gait: state % 7 === 0 ? 0 : gait }
  }
}

for (const [gait, word] of [[1, 'walking'], [2, 'running']] as const) {
  test(`nobody is corrected by 10 cm or more while ${word} freely, 150 ms away and with 2 % of frames withheld`, TRIES, async () => {
    const me = City.connect(road.url, { name: word, WebSocket: socket })
    // The map lies beside the game, not beside the road.
    await next<unknown>((tell) => me.on('welcome', tell), 'welcome')
    const map = await (await fetch(new URL('/city.json', city.url.replace('ws', 'http')))).json()
    me.leave()
    await next<unknown>((tell) => me.on('closed', tell), 'goodbye')
    const walker = City.connect(road.url, { name: word, WebSocket: socket, map })
    await next<unknown>((tell) => walker.on('frame', tell), 'frame')
    // Time to learn the city's tick.
    await new Promise((resolve) => setTimeout(resolve, 2000))
    const corrections: number[] = []
    walker.on('corrected', ({ byCm }) => corrections.push(byCm))
    const start = walker.me!
    const way = stroll(gait)
    let farthest = 0
    for (let leg = 0; leg < SECONDS * 3; leg++) {
      walker.move(way.next().value!)
      await new Promise((resolve) => setTimeout(resolve, 333))
      farthest = Math.max(farthest, Math.hypot(walker.me!.x - start.x, walker.me!.z - start.z))
    }
    console.log(word, { corrections, quality: walker.quality, withheld: road.withheld, passed: road.passed, farthest })
    expect(road.withheld).toBeGreaterThan(0)
    expect(walker.quality.rttMs).toBeGreaterThanOrEqual(2 * ONE_WAY_MS)
    expect(farthest).toBeGreaterThan(100)
    expect(Math.max(0, ...corrections)).toBeLessThan(10)
    walker.leave()
  })
}
