/** Prediction against a real city: 150 ms away, over a road that withholds one frame in fifty. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { City, type SocketClass } from '../src/index.js'
import { next, openCity, type CityProcess } from './city_process.js'
import { slowRoad, type Road } from './slow_road.js'

const PATIENCE = { timeout: 120_000, retry: 3 }

const ONE_WAY_MS = 75
const ONE_FRAME_IN = 50
const LEG_MS = 333
/** So much of the walk is judged, and so much is walked for it at most. */
const CALM_LEGS = 30
const LEGS_MAX = 240
const socket = WebSocket as unknown as SocketClass

/**
 * Whether the machine keeps time: a server that others keep from its processor leaves ticks out, which is not the walk's
 * doing. Such a frame comes with a tick less than the frames of the last seconds would have it.
 */
class Pulse {
  static readonly KEPT_MS = 3000
  /** A Move has half a tick of room. */
  static readonly LATE_TICKS = 0.4
  static readonly LATE_MS = 1500
  /** Of a tick that was left out the next Pong tells, within 5 s, and then clocks glide. */
  static readonly LEFT_OUT_TICKS = 1
  static readonly LEFT_OUT_MS = 8000
  #ahead: { readonly ms: number; readonly ticks: number }[] = []
  #calmFromMs = 0

  beat(tick: number, rateHz: number, nowMs: number): void {
    const ticks = tick - (nowMs * rateHz) / 1000
    const most = Math.max(ticks, ...this.#ahead.map((each) => each.ticks))
    const late = most - ticks
    const shakenMs = late > Pulse.LEFT_OUT_TICKS ? Pulse.LEFT_OUT_MS : late > Pulse.LATE_TICKS ? Pulse.LATE_MS : 0
    if (shakenMs > 0) this.#calmFromMs = Math.max(this.#calmFromMs, nowMs + shakenMs)
    this.#ahead = [...this.#ahead.filter((each) => nowMs - each.ms < Pulse.KEPT_MS), { ms: nowMs, ticks }]
  }

  calm(nowMs: number): boolean {
    return nowMs >= this.#calmFromMs
  }
}

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
  test.concurrent(`nobody is corrected by 10 cm or more while ${word} freely, 150 ms away and with 2 % of frames withheld`, PATIENCE, async () => {
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
    const shaken: number[] = []
    const pulse = new Pulse()
    let corrected: number | null = null
    walker.on('corrected', ({ byCm }) => (corrected = byCm))
    walker.on('frame', ({ tick }) => {
      const nowMs = performance.now()
      pulse.beat(tick, walker.clock.tickRateHz, nowMs)
      if (corrected !== null) (pulse.calm(nowMs) ? corrections : shaken).push(corrected)
      corrected = null
    })
    const start = walker.me!
    const way = stroll(gait)
    let [farthest, legs, calm] = [0, 0, 0]
    for (; legs < LEGS_MAX && calm < CALM_LEGS; legs++) {
      walker.move(way.next().value!)
      await new Promise((resolve) => setTimeout(resolve, LEG_MS))
      farthest = Math.max(farthest, Math.hypot(walker.me!.x - start.x, walker.me!.z - start.z))
      calm += pulse.calm(performance.now()) ? 1 : 0
    }
    console.log(word, { corrections, shaken, legs, calm, quality: walker.quality, withheld: road.withheld, passed: road.passed, farthest })
    expect(calm, 'the machine is too busy to judge a walk').toBe(CALM_LEGS)
    expect(road.withheld).toBeGreaterThan(0)
    // A timer of Node's may be a millisecond early, at each end of the road.
    expect(walker.quality.rttMs).toBeGreaterThanOrEqual(2 * ONE_WAY_MS - 2)
    expect(farthest).toBeGreaterThan(100)
    expect(Math.max(0, ...corrections)).toBeLessThan(10)
    walker.leave()
  })
}
