/** How much we may say: the city's own bucket, kept here too, so that nothing is said that would be dropped unread. */

import type { Limits } from './generated/wire.js'

/** Left for Moves and Pings, which cannot wait. */
const RESERVE = 10

export class Allowance {
  #perMs = 40 / 1000
  #burst = 80
  #left = 80
  #atMs = 0

  limit(limits: Limits, nowMs: number): void {
    this.#perMs = limits.messages_per_s / 1000
    this.#burst = this.#left = limits.messages_burst
    this.#atMs = nowMs
  }

  /** Whether a message may be said now; if so, it is counted. What can wait leaves some for what cannot. */
  spend(nowMs: number, canWait: boolean): boolean {
    this.#left = Math.min(this.#burst, this.#left + Math.max(nowMs - this.#atMs, 0) * this.#perMs)
    this.#atMs = Math.max(this.#atMs, nowMs)
    if (this.#left < 1 + (canWait ? RESERVE : 0)) return false
    this.#left--
    return true
  }
}
