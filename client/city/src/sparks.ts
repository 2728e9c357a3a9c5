/**
 * Where every spark of a firework is at a tick: a pure function of its launch, the same in every browser.
 *
 * Only + - * / and the square root are used, which IEEE 754 rounds alike everywhere; sine and exponential are not.
 * Sparks lose speed to the air as v / (1 + drag t), which integrates to a sum that needs neither.
 */

import { Chance } from './chance'

/** What is to be known of a launch; places are cm, as `Firework` of the SDK. */
export interface Launch {
  readonly kind: string
  readonly seed: number
  readonly x: number
  readonly y: number
  readonly z: number
  readonly height: number
  readonly startTick: number
  readonly burstTick: number
  readonly endTick: number
}

/** Numbers of one spark: x, y, z in cm, brightness from 0 to 1, which of the colours it has (a whole number). */
export const SPARK_STRIDE = 5

/** How a kind bursts: sparks, the radius they would reach in still air (part of the height), their fall, and arms. */
interface Manner {
  readonly sparks: number
  readonly reach: number
  readonly fall: number
  /** Sparks gather in so many arms; 0: they fill the sphere. */
  readonly arms: number
  /** From 0, a sphere, to 1, a fountain upwards. */
  readonly up: number
  /** How many points trail each spark. */
  readonly tail: number
}

const PEONY: Manner = { sparks: 130, reach: 0.5, fall: 0.6, arms: 0, up: 0, tail: 1 }
const MANNERS: Readonly<Record<string, Manner>> = {
  sparkler: { sparks: 48, reach: 0.45, fall: 0.5, arms: 0, up: 0.6, tail: 1 },
  peony: PEONY,
  willow: { sparks: 90, reach: 0.45, fall: 1.5, arms: 0, up: 0.25, tail: 3 },
  grand_palm: { sparks: 154, reach: 0.55, fall: 0.9, arms: 14, up: 0.15, tail: 2 },
}
/** More points than any kind makes. */
export const SPARKS_MAX = 400
const RISE_SPARKS = 6
const DRAG = 2.2

/** Fills `into` from `at` with what is to be seen of a launch at a tick (with a fraction); returns how many sparks. */
export function sparks(launch: Launch, tick: number, into: Float32Array, at = 0): number {
  if (tick < launch.startTick || tick > launch.endTick) return 0
  return tick < launch.burstTick ? rising(launch, tick, into, at) : bursting(launch, tick, into, at)
}

/** It slows down as it climbs; sparks fall off behind it. */
function rising(launch: Launch, tick: number, into: Float32Array, at: number): number {
  const whole = Math.max(1, launch.burstTick - launch.startTick)
  for (let n = 0; n < RISE_SPARKS; n += 1) {
    const t = Math.max(0, (tick - launch.startTick) / whole - n * 0.025)
    const risen = launch.height * t * (2 - t)
    write(into, at + n, launch.x, launch.y + risen, launch.z, 1 - n / RISE_SPARKS, 0)
  }
  return RISE_SPARKS
}

function bursting(launch: Launch, tick: number, into: Float32Array, at: number): number {
  const manner = MANNERS[launch.kind] ?? PEONY
  const chance = new Chance(launch.seed)
  const whole = Math.max(1, launch.endTick - launch.burstTick)
  const arms = directions(chance, manner.arms, manner.up)
  const top = launch.y + launch.height
  const reach = launch.height * manner.reach
  let count = 0
  for (let n = 0; n < manner.sparks; n += 1) {
    const [dx, dy, dz] = direction(chance, manner, arms, n)
    const speed = 0.75 + 0.25 * chance.next()
    const life = 0.7 + 0.3 * chance.next()
    const colour = Math.floor(chance.next() * 3)
    for (let tail = 0; tail < manner.tail; tail += 1) {
      const t = (tick - launch.burstTick) / whole - tail * 0.03
      if (t < 0 || t >= life) continue
      const gone = (reach * speed * t * (1 + DRAG)) / (1 + DRAG * t)
      const fallen = reach * manner.fall * t * t
      const glow = (1 - t / life) * (1 - 0.3 * tail)
      write(into, at + count, launch.x + dx * gone, top + dy * gone - fallen, launch.z + dz * gone, glow, colour)
      count += 1
    }
  }
  return count
}

type Direction = readonly [number, number, number]

function directions(chance: Chance, arms: number, up: number): Direction[] {
  return Array.from({ length: arms }, () => onSphere(chance, up))
}

/** Any, or one of the arms with a little of its own. */
function direction(chance: Chance, manner: Manner, arms: readonly Direction[], n: number): Direction {
  const arm = arms[n % Math.max(1, arms.length)]
  if (arm === undefined) return onSphere(chance, manner.up)
  const along = 0.35 + 0.65 * chance.next()
  return [
    arm[0] * along + 0.06 * chance.around(),
    arm[1] * along + 0.06 * chance.around(),
    arm[2] * along + 0.06 * chance.around(),
  ]
}

/** Evenly over the sphere, by trying points of the cube; twenty misses in a row are one in a million, then straight up. */
function onSphere(chance: Chance, up: number): Direction {
  for (let tries = 0; tries < 20; tries += 1) {
    const x = chance.around()
    const y = chance.around()
    const z = chance.around()
    const square = x * x + y * y + z * z
    if (square > 0.01 && square <= 1) {
      const size = Math.sqrt(square)
      return [x / size, y / size + (up * (1 - y / size)) / 1.5, z / size]
    }
  }
  return [0, 1, 0]
}

function write(
  into: Float32Array, index: number, x: number, y: number, z: number, glow: number, colour: number,
): void {
  const offset = index * SPARK_STRIDE
  if (offset + SPARK_STRIDE > into.length) return
  into[offset] = x
  into[offset + 1] = y
  into[offset + 2] = z
  into[offset + 3] = glow
  into[offset + 4] = colour
}
