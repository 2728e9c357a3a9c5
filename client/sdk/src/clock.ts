/** The city's one clock as a client knows it: protocol/README.md, "Know the server's tick". */

/** The best of the last eight: long enough to meet one quick round trip, short enough to notice a drifting clock. */
const KEPT = 8
/** How much faster or slower than time the estimate may run towards a better one. */
const GLIDE = 0.02
/**
 * Further off than so many ticks, the server has left ticks out: half as fast or half as fast again, so that it is soon
 * over and time never goes back.
 */
const FAR_TICKS = 5
const FAR_GLIDE = 0.5
/** Two answers may contradict each other by this much and still be of one time: a tick does not begin to the millisecond. */
const SLACK_TICKS = 0.5

/** A Pong: how long it took, and the tick that it put at the zero of our clock. */
interface Heard {
  readonly rttMs: number
  readonly offset: number
}

/** Times are milliseconds of `performance.now()`; ticks are fractions. */
export class TickClock {
  #rate: number
  #offset: number | null = null
  #glidedAtMs = 0
  #heard: Heard[] = []

  constructor(tickRateHz = 20) {
    this.#rate = tickRateHz / 1000
  }

  get tickRateHz(): number {
    return this.#rate * 1000
  }

  /** Whether there was a Pong, or at least a Welcome. */
  get started(): boolean {
    return this.#offset !== null
  }

  /** The quickest of the recent round trips; 0 before the first. */
  get rttMs(): number {
    return this.#best?.rttMs ?? 0
  }

  /** Begin anew with a server that is in `tick`. What was heard before was of another connection. */
  start(tick: number, tickRateHz: number, nowMs: number): void {
    this.#rate = tickRateHz / 1000
    this.#heard = []
    this.#offset = tick - nowMs * this.#rate
    this.#glidedAtMs = nowMs
  }

  /** A Pong arrived at `nowMs` for the Ping of `sentMs`. */
  hear(sentMs: number, tick: number, intoTickMs: number, nowMs: number): void {
    const rttMs = Math.max(0, nowMs - sentMs)
    const offset = tick + intoTickMs * this.#rate - (nowMs - rttMs / 2) * this.#rate
    // The first one is believed at once: a Welcome's tick is late by its way here.
    if (this.#heard.length === 0) this.#offset = offset
    // What is longer about a round trip than about the quickest is all that makes its answer uncertain. Those that are
    // further apart cannot both be right: ticks were left out in between.
    const heard = { rttMs, offset }
    const quickest = Math.min(rttMs, this.rttMs || rttMs)
    const reach = (each: Heard): number => ((each.rttMs + rttMs) / 2 - quickest) * this.#rate + SLACK_TICKS
    this.#heard = [...this.#heard.filter((each) => Math.abs(each.offset - offset) <= reach(each)), heard].slice(-KEPT)
  }

  /** The server's tick at a moment, gliding towards what the best Pong said. */
  tickAt(ms: number): number {
    if (this.#offset === null) return 0
    const best = this.#best
    if (best) {
      const off = best.offset - this.#offset
      const reach = Math.max(0, ms - this.#glidedAtMs) * this.#rate * (Math.abs(off) > FAR_TICKS ? FAR_GLIDE : GLIDE)
      this.#offset += Math.max(-reach, Math.min(reach, off))
      this.#glidedAtMs = Math.max(this.#glidedAtMs, ms)
    }
    return this.#offset + ms * this.#rate
  }

  /** The moment of a tick. */
  msOf(tick: number): number {
    return (tick - (this.#offset ?? 0)) / this.#rate
  }

  get #best(): Heard | undefined {
    return this.#heard.reduce((best, each) => (each.rttMs < best.rttMs ? each : best), this.#heard[0]!)
  }
}
