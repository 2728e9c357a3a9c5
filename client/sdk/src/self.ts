/** Ourselves: what we intend, when it is said, and where we are drawn. */

import { packIntent, type FrameHeader } from './frames.js'
import type { CityMap } from './generated/wire.js'
import { Prediction, type Wish } from './prediction.js'
import type { Intent } from './types.js'

/** A drawn avatar glides to where it was corrected to within this time; what is farther is put there at once. */
const GLIDE_MS = 100
const GLIDE_CM_MAX = 200
/** An intent ends after seconds (`intent_ticks`): while we move it is said again this often. */
const REPEAT_TICKS = 20
/** Ticks that are guessed in one go, after the page slept; beyond that we begin where the next frame has us. */
const CATCH_UP_TICKS = 40
const WALK = 1
const AIR = 3
const STANDING: Wish = { input: 0, steer: 0, gait: 0, jump: false }

interface Said {
  readonly steer: number
  readonly heading: number
  readonly gait: number
}

/** Where we are drawn. */
export interface Drawn {
  readonly x: number
  readonly y: number
  readonly z: number
  readonly heading: number
  readonly animation: number
  readonly grounded: boolean
}

export class Self {
  #intent: Said = { steer: 0, heading: 0, gait: 0 }
  #jump = false
  #said: Said | null = null
  #saidTick = -Infinity
  #input = 0
  #prediction: Prediction | null = null
  #header: FrameHeader | null = null
  #ownTick = 0
  #fraction = 0
  #wish: Wish = STANDING
  #coming: { readonly tick: number; readonly wish: Wish }[] = []
  #glide = { x: 0, y: 0, z: 0, untilMs: -Infinity }
  correctionCm = 0
  correctionMaxCm = 0
  corrections = 0

  get header(): FrameHeader | null {
    return this.#header
  }

  /** How far our ticks run ahead of the server's when they reach it. */
  get lead(): number {
    return this.#prediction?.lead ?? 0.5
  }

  /** Predict on this map from the next frame on; null: draw us where the frames say. */
  walkOn(map: CityMap | null): void {
    this.#prediction = map ? new Prediction(map) : null
    if (this.#header) this.#prediction?.place(this.#header)
  }

  /** Somebody new, or back on a new connection: inputs are counted anew, what we intend stays. */
  begin(): void {
    this.#said = null
    this.#saidTick = -Infinity
    this.#input = this.#ownTick = 0
    this.#wish = STANDING
    this.#coming = []
    this.#header = null
    this.correctionCm = this.correctionMaxCm = this.corrections = 0
  }

  /** Directions are taken modulo 256 and rounded. Throws RangeError for what is no direction or gait. */
  intend(intent: Intent): void {
    const { steer, heading = steer, gait, jump = false } = intent
    if (!Number.isFinite(steer) || !Number.isFinite(heading)) throw new RangeError('steer and heading are finite numbers')
    if (![0, 1, 2].includes(gait)) throw new RangeError('gait: 0 stand, 1 walk, 2 run')
    this.#intent = { steer: Math.round(steer) & 255, heading: Math.round(heading) & 255, gait }
    this.#jump ||= jump
  }

  /** A frame has come. */
  hear(header: FrameHeader, nowMs: number): number {
    const before = this.drawn(nowMs)
    const first = this.#header === null
    this.#header = header
    if (this.#prediction === null) {
      if (before) this.#glideFrom(before, nowMs)
      return 0
    }
    if (first) this.#prediction.place(header)
    const { movedCm } = this.#prediction.hear(header)
    if (movedCm > 0 && before && !first) {
      this.#corrected(movedCm)
      this.#glideFrom(before, nowMs)
    }
    return first ? 0 : movedCm
  }

  /**
   * Let our own time pass up to `mine`, our tick with its fraction: guess its ticks, and return the Move to say now,
   * if there is one. `arrives` is the tick that what is said now is applied in.
   */
  pass(mine: number, arrives: number): Uint8Array | null {
    if (this.#header === null) return null
    const tick = Math.floor(mine)
    const last = this.#prediction?.tick ?? this.#ownTick
    this.#fraction = Math.min(Math.max(mine - Math.max(last, tick), 0), 1)
    if (tick <= last) return null
    this.#ownTick = tick
    const move = this.#due(tick) ? this.#say(tick, arrives) : null
    if (tick - last > CATCH_UP_TICKS) this.#prediction?.place({ ...this.#header, tick: tick - 1 })
    this.#guess(tick)
    return move
  }

  /** Where we are drawn at a moment: between our last two guesses, and gliding if we were corrected. */
  drawn(nowMs: number): Drawn | null {
    const header = this.#header
    if (header === null) return null
    const left = Math.min(Math.max((this.#glide.untilMs - nowMs) / GLIDE_MS, 0), 1)
    const at = this.#place(header)
    return {
      x: at.x + this.#glide.x * left,
      y: at.y + this.#glide.y * left,
      z: at.z + this.#glide.z * left,
      heading: this.#intent.heading,
      animation: at.animation,
      grounded: at.grounded,
    }
  }

  #place(header: FrameHeader): Omit<Drawn, 'heading'> {
    const now = this.#prediction?.now
    if (!now) return { ...header, grounded: (header.flags & 1) !== 0 }
    const { before, last } = now
    const between = (from: number, to: number): number => from + (to - from) * this.#fraction
    const moves = before.x !== last.x || before.z !== last.z
    const gesture = header.animation <= AIR ? 0 : header.animation
    const animation = !last.grounded ? AIR : moves && last.gait >= WALK ? last.gait : gesture
    const place = { x: between(before.x, last.x), y: between(before.y, last.y), z: between(before.z, last.z) }
    return { ...place, animation, grounded: last.grounded }
  }

  #due(tick: number): boolean {
    const { steer, heading, gait } = this.#intent
    const said = this.#said
    if (this.#jump || said === null) return this.#jump || gait > 0
    const changed = said.steer !== steer || said.heading !== heading || said.gait !== gait
    return changed || (gait > 0 && tick - this.#saidTick >= REPEAT_TICKS)
  }

  /** The Move to say now; what it wishes takes effect in the tick that it arrives for, not in those before. */
  #say(tick: number, arrives: number): Uint8Array {
    const { steer, heading, gait } = (this.#said = this.#intent)
    const jump = this.#jump
    this.#jump = false
    this.#saidTick = tick
    this.#input = (this.#input + 1) >>> 0
    this.#coming.push({ tick: arrives, wish: { input: this.#input, steer, gait, jump } })
    // What could not be guessed, without a map, need not be remembered either.
    if (this.#coming.length > CATCH_UP_TICKS) this.#coming.shift()
    return packIntent(this.#input, steer, heading, gait, jump)
  }

  #guess(tick: number): void {
    const prediction = this.#prediction
    if (prediction === null) return
    for (let next = prediction.tick! + 1; next <= tick; next++) {
      const coming = this.#coming.filter((each) => each.tick <= next)
      const newest = coming.at(-1)
      if (newest) {
        this.#coming = this.#coming.slice(coming.length)
        this.#wish = { ...newest.wish, jump: coming.some((each) => each.wish.jump) }
      }
      prediction.step(this.#wish, newest !== undefined)
      this.#wish = { ...this.#wish, jump: false }
    }
  }

  #corrected(movedCm: number): void {
    this.corrections++
    this.correctionCm = movedCm
    this.correctionMaxCm = Math.max(this.correctionMaxCm, movedCm)
  }

  /** Stay drawn where we were, and glide to where we are. */
  #glideFrom(before: Drawn, nowMs: number): void {
    const at = this.#place(this.#header!)
    const [x, y, z] = [before.x - at.x, before.y - at.y, before.z - at.z]
    const far = Math.hypot(x, y, z) > GLIDE_CM_MAX
    this.#glide = far ? { x: 0, y: 0, z: 0, untilMs: nowMs } : { x, y, z, untilMs: nowMs + GLIDE_MS }
  }
}
