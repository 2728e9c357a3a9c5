import { describe, expect, it } from 'vitest'
import { Chance } from '../src/chance'
import { type Launch, sparks, SPARKS_MAX, SPARK_STRIDE } from '../src/sparks'

const LAUNCH: Launch = {
  kind: 'peony', seed: 123456789, x: 15_000, y: 0, z: 11_000, height: 4500, startTick: 100, burstTick: 130, endTick: 190,
}
const KINDS = ['sparkler', 'peony', 'willow', 'grand_palm', 'one_of_tomorrow']

function at(tick: number, launch: Launch = LAUNCH): Float32Array {
  const into = new Float32Array(SPARKS_MAX * SPARK_STRIDE)
  return into.slice(0, sparks(launch, tick, into) * SPARK_STRIDE)
}

/** FNV-1a over the bytes: equal in every browser if, and only if, every bit of every spark is. */
function digest(values: Float32Array): number {
  let hash = 0x811c9dc5
  for (const byte of new Uint8Array(values.buffer, 0, values.byteLength)) hash = Math.imul(hash ^ byte, 0x01000193) >>> 0
  return hash
}

describe('a firework', () => {
  it.each(KINDS)('is the same whenever and however often it is asked for: %s', (kind) => {
    const launch = { ...LAUNCH, kind }
    const once = at(150.25, launch)
    at(180, launch)
    expect(at(150.25, launch)).toEqual(once)
    expect(once.length).toBeGreaterThan(20 * SPARK_STRIDE)
  })

  it('has these very bits, which another browser must have, too', () => {
    expect(digest(at(150))).toBe(PINNED)
  })

  it('is another with another seed', () => {
    expect(at(150, { ...LAUNCH, seed: 987654321 })).not.toEqual(at(150))
  })

  it('is not there before it starts and after it ends', () => {
    expect(at(99.9)).toHaveLength(0)
    expect(at(190.1)).toHaveLength(0)
  })

  it('rises from its place to where it bursts', () => {
    expect(at(100)[1]).toBe(0)
    expect(at(129.999)[1]).toBeCloseTo(4500, 0)
  })

  it.each(KINDS)('has no spark beyond the room, and each is a number: %s', (kind) => {
    for (let tick = 100; tick <= 190; tick += 7) {
      const values = at(tick, { ...LAUNCH, kind })
      expect(values.length / SPARK_STRIDE).toBeLessThanOrEqual(SPARKS_MAX)
      expect(values.every(Number.isFinite)).toBe(true)
    }
  })

  it('writes nothing beyond the room it is given', () => {
    const into = new Float32Array(2 * SPARK_STRIDE)
    sparks(LAUNCH, 150, into)
    expect(into).toHaveLength(2 * SPARK_STRIDE)
  })

  it('that ends in the tick it bursts in harms nobody', () => {
    expect(at(130, { ...LAUNCH, endTick: 130 }).every(Number.isFinite)).toBe(true)
  })
})

/** What Node 20 made of it; Chromium makes the same. */
const PINNED = 3732612532

describe('chance', () => {
  it('is the same for the same seed and spreads from nought to one', () => {
    const [one, two] = [new Chance(5), new Chance(5)]
    const drawn = Array.from({ length: 1000 }, () => one.next())
    expect(drawn.map(() => two.next())).toEqual(drawn)
    expect(Math.min(...drawn)).toBeLessThan(0.02)
    expect(Math.max(...drawn)).toBeGreaterThan(0.98)
    expect(drawn.every((each) => each >= 0 && each < 1)).toBe(true)
  })
})
