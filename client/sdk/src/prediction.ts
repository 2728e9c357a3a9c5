/**
 * Moving without waiting for the server: protocol/README.md, "Move without waiting for the server".
 *
 * The server applies a Move in the first tick that begins after it has arrived. We count ticks of our own that run
 * ahead of it, so that what is sent at the beginning of ours arrives in the middle of the one before the server's of
 * that number: half a tick of room on either side. When a frame shows an input sooner or later than we meant it, the
 * lead is put right by a little. Every guess is remembered until a frame has confirmed its tick; one that was wrong by
 * more than a few centimetres is corrected, and what followed is done again.
 */

import { isGrounded, type FrameHeader } from './frames.js'
import { Motion, type Body } from './motion.js'
import type { CityMap } from './generated/wire.js'
import { Terrain } from './terrain.js'

/** Our tick is so far ahead of the server's at the moment that a Move arrives: the middle of a tick. */
const LEAD_TICKS = 0.5
/** By how much the lead follows a Move that came too late or too early, and how far in all. */
const LEAD_STEP_TICKS = 0.1
const LEAD_TICKS_MIN = -3
const LEAD_TICKS_MAX = 4
/** Two seconds of guesses: longer than any round trip that is worth predicting over. */
const REMEMBERED = 40
/** Smaller differences are the 256ths of a centimetre that frames leave out, summed up. */
const TOLERATED_CM = 5
/** What we may not know when a frame puts us elsewhere: the middle of the centimetre. */
const MIDDLE_PART = 128

/** What we want from a tick on. */
export interface Wish {
  readonly input: number
  readonly steer: number
  readonly gait: number
  readonly jump: boolean
}

interface Guess extends Wish {
  readonly tick: number
  readonly ticksSinceIntent: number
  readonly body: Readonly<Body>
}

/** What a frame said of our guess. */
export interface Verdict {
  /** How far the guess of now was moved, cm; 0: it stood. */
  readonly movedCm: number
  /** Where we had thought to be, if it was moved. */
  readonly from: { readonly x: number; readonly y: number; readonly z: number } | null
}

export class Prediction {
  /** How far our ticks run ahead of the server's, beyond the way there. */
  lead = LEAD_TICKS
  readonly #motion: Motion
  readonly #terrain: Terrain
  #guesses: Guess[] = []

  constructor(map: CityMap) {
    this.#motion = new Motion(map.movement, map.tick_rate_hz)
    this.#terrain = new Terrain(map)
  }

  /** The last tick that we have guessed; null before the first frame. */
  get tick(): number | null {
    return this.#guesses.at(-1)?.tick ?? null
  }

  /** Our guess for the last tick and for the one before. */
  get now(): { readonly last: Readonly<Body>; readonly before: Readonly<Body> } | null {
    const last = this.#guesses.at(-1)
    return last ? { last: last.body, before: (this.#guesses.at(-2) ?? last).body } : null
  }

  /** Begin where a frame has us, intending nothing. */
  place(header: FrameHeader): void {
    const body = bodyOf(header)
    this.#guesses = [{ tick: header.tick, input: header.input, steer: 0, gait: 0, jump: false, ticksSinceIntent: 0, body }]
  }

  /** Guess the next tick. `fresh` says that the wish is sent for it; otherwise it goes on. */
  step(wish: Wish, fresh: boolean): void {
    const last = this.#guesses.at(-1)!
    const since = fresh ? 0 : last.body.ticksSinceIntent
    this.#guesses.push(this.#guessed(last, { ...wish, tick: last.tick + 1, ticksSinceIntent: since, body: last.body }))
    if (this.#guesses.length > REMEMBERED) this.#guesses.shift()
  }

  /** What a frame shows is true: compare, correct if need be, forget what is confirmed. */
  hear(header: FrameHeader): Verdict {
    const place = this.#guesses.findIndex((guess) => guess.tick === header.tick)
    const now = this.#guesses.at(-1)?.body ?? null
    if (place < 0) return this.#start(header, now)
    const guess = this.#guesses[place]!
    this.#follow(header.input, guess.input)
    this.#guesses.splice(0, place)
    if (near(guess.body, header)) return { movedCm: 0, from: null }
    const parts = { xPart: MIDDLE_PART, zPart: MIDDLE_PART }
    this.#guesses[0] = { ...guess, body: { ...guess.body, ...placeOf(header), ...parts } }
    for (let at = 1; at < this.#guesses.length; at++) {
      this.#guesses[at] = this.#guessed(this.#guesses[at - 1]!, this.#guesses[at]!)
    }
    return verdict(now!, this.#guesses.at(-1)!.body)
  }

  #start(header: FrameHeader, from: Readonly<Body> | null): Verdict {
    this.place(header)
    return from ? verdict(from, this.#guesses[0]!.body) : { movedCm: 0, from: null }
  }

  #guessed(before: Guess, guess: Guess): Guess {
    const { steer, jump, ticksSinceIntent } = guess
    const body: Body = { ...before.body, steer, gait: guess.gait, jump, ticksSinceIntent }
    this.#motion.tick(body, (x, z) => this.#terrain.ground(x, z))
    return { ...guess, body }
  }

  /** Our Moves came too late, or too early: lead by a little more, or less. Numbers count modulo 2 ** 32. */
  #follow(applied: number, meant: number): void {
    const ahead = (applied - meant) | 0
    if (ahead === 0) return
    const lead = this.lead + (ahead < 0 ? LEAD_STEP_TICKS : -LEAD_STEP_TICKS)
    this.lead = Math.min(Math.max(lead, LEAD_TICKS_MIN), LEAD_TICKS_MAX)
  }
}

function placeOf(header: FrameHeader): Pick<Body, 'x' | 'y' | 'z' | 'vy' | 'grounded'> {
  return { x: header.x, y: header.y, z: header.z, vy: header.vy, grounded: isGrounded(header) }
}

function bodyOf(header: FrameHeader): Body {
  const idle = { steer: 0, gait: 0, jump: false, ticksSinceIntent: 0 }
  return { ...placeOf(header), xPart: MIDDLE_PART, zPart: MIDDLE_PART, ...idle }
}

function near(body: Readonly<Body>, header: FrameHeader): boolean {
  const apart = Math.max(Math.abs(body.x - header.x), Math.abs(body.y - header.y), Math.abs(body.z - header.z))
  return apart <= TOLERATED_CM && body.grounded === isGrounded(header)
}

function verdict(from: Readonly<Body>, to: Readonly<Body>): Verdict {
  const movedCm = Math.hypot(to.x - from.x, to.y - from.y, to.z - from.z)
  return { movedCm, from: { x: from.x, y: from.y, z: from.z } }
}
