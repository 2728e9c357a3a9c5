/** From what is wanted, seen from where one looks, to the intent that the city is told. */

import type { Intent } from '@futurecity/client'
import type { Wanted } from './input'

/** Less than this of a stick is no wish to go anywhere. */
const LEAST = 0.15

/** 256ths of a turn for an angle in radians, from 0 to 255. */
export function heading256(radians: number): number {
  return ((Math.round((radians / (2 * Math.PI)) * 256) % 256) + 256) % 256
}

/** Walk or run where it is wanted, in the direction of view `yaw` (radians clockwise from north); stand otherwise. */
export function intentFor(wanted: Wanted, yaw: number, face: number): Intent {
  const size = Math.hypot(wanted.ahead, wanted.right)
  const jump = wanted.jump ? { jump: true } : {}
  if (size < LEAST) return { steer: face, heading: face, gait: 0, ...jump }
  const steer = heading256(yaw + Math.atan2(wanted.right, wanted.ahead))
  return { steer, heading: steer, gait: wanted.run ? 2 : 1, ...jump }
}

/** Whether two intents say the same, so that one need not be said again. */
export function same(a: Intent | null, b: Intent): boolean {
  return a !== null && a.steer === b.steer && a.heading === b.heading && a.gait === b.gait && !b.jump
}
