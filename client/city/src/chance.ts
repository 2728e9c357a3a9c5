/** Chance that is the same in every browser: integers from a seed, and nothing of `Math.random`. */

/** One well mixed 32-bit number out of two. */
export function mixed(a: number, b: number): number {
  let h = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b + 0x7f4a7c15, 0xc2b2ae35)
  h = Math.imul(h ^ (h >>> 16), 0x45d9f3b)
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d)
  return (h ^ (h >>> 16)) >>> 0
}

/** A stream of numbers from 0 up to 1, each a whole number of 2^24ths, so that no browser rounds it. */
export class Chance {
  #state: number

  constructor(seed: number) {
    this.#state = seed >>> 0
  }

  next(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0
    return (mixed(this.#state, 0x51ed270b) >>> 8) / 0x1000000
  }

  /** From -1 up to 1. */
  around(): number {
    return this.next() * 2 - 1
  }
}
