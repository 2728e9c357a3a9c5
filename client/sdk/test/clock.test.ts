/** The city's one clock: as the Python client's tests have it. */

import { expect, test } from 'vitest'
import { TickClock } from '../src/clock.js'

test('the middle of the round trip is when the server answered', () => {
  const clock = new TickClock()
  clock.hear(10_000, 100, 25, 10_200)
  expect(clock.tickAt(10_100)).toBeCloseTo(100.5)
  expect(clock.rttMs).toBe(200)
})

test('a better estimate is glided to at two per cent', () => {
  const clock = new TickClock()
  clock.hear(0, 0, 0, 2000)
  expect(clock.tickAt(2000)).toBeCloseTo(20)
  clock.hear(2000, 24, 0, 2000)
  expect(clock.tickAt(3000)).toBeCloseTo(20 + 20 * 1.02)
})

test('answers that a newer one contradicts are of a time before ticks were left out', () => {
  const clock = new TickClock()
  clock.hear(0, 0, 0, 10)
  expect(clock.tickAt(10_000)).toBeCloseTo(199.9)
  clock.hear(10_000, 190, 0, 10_100)
  expect(clock.tickAt(10_500)).toBeCloseTo(199.9 + 10 - 5)
  expect(clock.tickAt(14_000)).toBeCloseTo(190 + 3.95 * 20)
})

test('a slow answer contradicts no quick one', () => {
  const clock = new TickClock()
  clock.hear(0, 0, 0, 10)
  clock.hear(1000, 29, 0, 2000)
  expect(clock.rttMs).toBe(10)
})
