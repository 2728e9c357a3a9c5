/** How a body moves in one tick: the rule of `world/README.md`, "Movement", in the same integers. */

import { PARTS_PER_CM, SINE_QUARTER, type MovementNumbers } from './generated/wire.js'

const TURN = 256
const HALF = 128

/** Where a body is and what it wants. `xPart` and `zPart` are 256ths of a cm beyond `x` and `z`. */
export interface Body {
  x: number
  y: number
  z: number
  xPart: number
  zPart: number
  vy: number
  grounded: boolean
  steer: number
  gait: number
  jump: boolean
  ticksSinceIntent: number
}

/** The height to stand on at a point. */
export type Ground = (x: number, z: number) => number

/** The rule with the numbers of one city. */
export class Motion {
  readonly #east: readonly number[]
  readonly #numbers: MovementNumbers
  readonly #tickRateHz: number

  constructor(numbers: MovementNumbers, tickRateHz: number) {
    this.#numbers = numbers
    this.#tickRateHz = tickRateHz
    this.#east = numbers.paces.flatMap((pace) => Array.from({ length: TURN }, (_, steer) => east(pace, steer)))
  }

  /** One tick of `body`, in place. */
  tick(body: Body, ground: Ground): void {
    if (body.ticksSinceIntent >= this.#numbers.intent_ticks) body.gait = 0
    body.ticksSinceIntent++
    this.#walk(body, ground)
    this.#riseOrFall(body, ground(body.x, body.z))
    body.jump = false
  }

  /** First along x, then along z from there; a way that is blocked is left out, so bodies slide along walls. */
  #walk(body: Body, ground: Ground): void {
    const reach = body.y + this.#numbers.step_cm
    const toX = body.x * PARTS_PER_CM + body.xPart + this.#east[body.gait * TURN + body.steer]!
    const x = Math.floor(toX / PARTS_PER_CM)
    if (ground(x, body.z) <= reach) {
      body.x = x
      body.xPart = toX - x * PARTS_PER_CM
    }
    const toZ = body.z * PARTS_PER_CM + body.zPart + this.#east[body.gait * TURN + ((body.steer + 64) % TURN)]!
    const z = Math.floor(toZ / PARTS_PER_CM)
    if (ground(body.x, z) <= reach) {
      body.z = z
      body.zPart = toZ - z * PARTS_PER_CM
    }
  }

  /** On the ground: jump, or follow it by up to a step. In the air: move, then gravity, then land. */
  #riseOrFall(body: Body, groundCm: number): void {
    const { step_cm, jump_cm_s, gravity_cm_s, fall_cm_s } = this.#numbers
    if (body.grounded && body.jump) body.vy = jump_cm_s
    else if (body.grounded && body.y - groundCm <= step_cm) {
      body.y = groundCm
      return
    }
    body.y += Math.floor(body.vy / this.#tickRateHz)
    body.vy = Math.max(body.vy - gravity_cm_s, -fall_cm_s)
    body.grounded = body.y <= groundCm
    if (body.grounded) {
      body.y = groundCm
      body.vy = 0
    }
  }
}

/** How far a tick at this pace leads east, in 256ths of a cm. */
function east(pace: number, steer: number): number {
  const half = steer % HALF
  const size = Math.floor((pace * SINE_QUARTER[Math.min(half, HALF - half)]! + 16384) / 32768)
  return steer < HALF ? size : -size
}
