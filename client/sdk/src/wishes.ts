/** Deeds that wait for an answer: each is done, denied, or undecided in the end. */

import { ANSWERS } from './generated/wire.js'
import type { Happening, Refusal } from './types.js'

/** More than anybody asks at once; the city itself lets eight wait for the books. */
const WAITING_MAX = 64
/** What is settled is answered in tenths of a second; `settlement_pending` says when it takes longer. */
const PATIENCE_MS = 15_000
const PATIENCE_PENDING_MS = 120_000
/** A refusal comes with the tick that the deed is applied in; after so many more it has not been refused. */
export const REFUSAL_TICKS = 3

/** The deed was not done. */
export class Denied extends Error implements Refusal {
  readonly number: number
  readonly deed: string
  readonly reason: string
  readonly field: string | null

  constructor(refusal: Refusal) {
    super(refusal.message || refusal.reason)
    this.name = 'Denied'
    this.number = refusal.number
    this.deed = refusal.deed
    this.reason = refusal.reason
    this.field = refusal.field
  }
}

/** The answer was lost: the deed was done, or it was not. Never half; `City.me.balance` is the truth. */
export class Undecided extends Error {
  constructor(readonly deed: string) {
    super(`nobody can tell whether '${deed}' was done; the balance is the truth`)
    this.name = 'Undecided'
  }
}

interface Waiting {
  readonly deed: string
  readonly resolve: (happening: Happening | null) => void
  readonly reject: (error: Error) => void
  /** For what is not settled: the tick in which it has not been refused. */
  readonly untilTick: number
  untilMs: number
}

export class Wishes {
  readonly #waiting = new Map<number, Waiting>()

  get full(): boolean {
    return this.#waiting.size >= WAITING_MAX
  }

  /** The promise of what becomes of the deed of this number, which arrives in `arrivesTick`. */
  wait(number: number, deed: string, arrivesTick: number, nowMs: number): Promise<Happening | null> {
    const untilTick = ANSWERS[deed] ? Infinity : arrivesTick + REFUSAL_TICKS
    return new Promise((resolve, reject) => {
      this.#waiting.set(number, { deed, resolve, reject, untilTick, untilMs: nowMs + PATIENCE_MS })
    })
  }

  /** Something happened that may be an answer. */
  happened(happening: Happening, nowMs: number): void {
    const number = happening.fields['number']
    const waiting = typeof number === 'number' ? this.#waiting.get(number) : undefined
    if (waiting === undefined) return
    if (happening.event === 'settlement_pending') waiting.untilMs = nowMs + PATIENCE_PENDING_MS
    else if (ANSWERS[waiting.deed]?.includes(happening.event)) this.#take(number as number)?.resolve(happening)
  }

  denied(refusal: Refusal): void {
    if (refusal.number) this.#take(refusal.number)?.reject(new Denied(refusal))
    // Too fast, and dropped unread: nobody knows which.
    else if (refusal.reason === 'rate') this.#rejectAll((waiting) => waiting.untilTick !== Infinity, (deed) => new Undecided(deed))
  }

  /** A frame shows this tick: what was refused by then has been told. */
  frame(tick: number, nowMs: number): void {
    for (const [number, waiting] of this.#waiting) {
      if (tick >= waiting.untilTick) this.#take(number)!.resolve(null)
      else if (nowMs > waiting.untilMs) this.#take(number)!.reject(new Undecided(waiting.deed))
    }
  }

  /** Whatever had no answer yet will not get one. */
  forget(): void {
    this.#rejectAll(() => true, (deed) => new Undecided(deed))
  }

  #rejectAll(which: (waiting: Waiting) => boolean, error: (deed: string) => Error): void {
    for (const [number, waiting] of this.#waiting) if (which(waiting)) this.#take(number)!.reject(error(waiting.deed))
  }

  #take(number: number): Waiting | undefined {
    const waiting = this.#waiting.get(number)
    this.#waiting.delete(number)
    return waiting
  }
}
