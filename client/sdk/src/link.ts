/** One connection after another: says Hello, hears messages, and comes back by itself when it makes sense. */

import { decodeServer, encodeClient, WireError } from './codec.js'
import { CLOSE_CODES, RETRY_AFTER_S, type ClientMessage, type ServerMessage } from './generated/wire.js'
import type { SocketLike, Surroundings } from './surroundings.js'
import type { Ending } from './types.js'

/** A link that broke without a word (RFC 6455, section 7.4.1). */
export const LOST = 1006
/** After a lost link: the first wait, and the longest; twice as long each time between them. */
const RETRY_MS = 1000
const RETRY_MS_MAX = 30_000
/** Thousands lose the same link at the same moment: up to half of the wait is added at random, and at least this much. */
const SPREAD = 0.5
const SPREAD_MS_MIN = 200
/** Timers know no more than 24 days; nobody waits longer than one. */
const WAIT_MS_MAX = 86_400_000
/** A server says something ten times a second; one that is silent so long after two Pings is not there any more. */
const SILENCE_MS_MAX = 20_000
/** From 4000 on, a code that we do not know means no. */
const OURS = 4000

export interface LinkTells {
  opened(): ClientMessage
  heard(message: ServerMessage, nowMs: number): void
  /** The connection is over; it is tried again after `retryInMs`, or never. */
  ended(ending: Ending): void
}

export class Link {
  #socket: SocketLike | null = null
  #open = false
  #goodbye: { code: number; reason: string; retryAfterS: number | null } | null = null
  #losses = 0
  #heardMs = 0
  #cancel: () => void = () => undefined
  readonly #around: Surroundings
  readonly #url: string
  readonly #tells: LinkTells

  constructor(url: string, around: Surroundings, tells: LinkTells) {
    this.#url = url
    this.#around = around
    this.#tells = tells
  }

  get isOpen(): boolean {
    return this.#open
  }

  /** Connect, now. */
  connect(): void {
    this.#cancel()
    const socket = new this.#around.WebSocket(this.#url)
    this.#socket = socket
    this.#goodbye = null
    socket.binaryType = 'arraybuffer'
    const current = (act: () => void) => () => this.#socket === socket && act()
    socket.onopen = current(() => {
      this.#open = true
      this.#heardMs = this.#around.now()
      this.say(this.#tells.opened())
    })
    socket.onmessage = (event: { data: unknown }) => this.#socket === socket && this.#hear(event.data)
    socket.onclose = (event: { code?: number; reason?: string }) =>
      this.#socket === socket && this.#ended(event.code ?? LOST, event.reason ?? '')
    // It is followed by a close, which says as much as we may know.
    socket.onerror = () => undefined
  }

  /** Whoever was let in, or is waiting, has not lost anything yet. */
  arrived(): void {
    this.#losses = 0
  }

  /** Say something; nothing is said while there is no connection. Throws WireError for what the wire has no room for. */
  say(message: ClientMessage): void {
    const payload = encodeClient(message)
    if (this.#open) this.#socket!.send(payload)
  }

  /** Give the connection up if the other side has been silent for too long. */
  watch(nowMs: number): void {
    if (this.#open && nowMs - this.#heardMs > SILENCE_MS_MAX) this.#drop(LOST, 'the server has fallen silent')
  }

  /** Not again. */
  close(): void {
    this.#cancel()
    const socket = this.#socket
    this.#socket = null
    this.#open = false
    socket?.close(CLOSE_CODES.BYE)
  }

  #hear(data: unknown): void {
    this.#heardMs = this.#around.now()
    if (!(data instanceof ArrayBuffer)) return this.#drop(LOST, 'the server sent text, not bytes')
    let message: ServerMessage | null
    try {
      message = decodeServer(new Uint8Array(data))
    } catch (error) {
      if (!(error instanceof WireError)) throw error
      return this.#drop(LOST, `the server said what it may not: ${error.message}`)
    }
    if (message === null) return
    if (message.kind === 23) {
      this.#goodbye = { code: message.code, reason: message.reason, retryAfterS: message.retry_after_s }
    } else this.#tells.heard(message, this.#heardMs)
  }

  #drop(code: number, reason: string): void {
    const socket = this.#socket
    this.#ended(code, reason)
    socket?.close()
  }

  #ended(code: number, reason: string): void {
    this.#socket = null
    this.#open = false
    const ending = this.#judge(code, reason)
    if (ending.retryInMs !== null) this.#cancel = this.#around.later(() => this.connect(), ending.retryInMs)
    this.#tells.ended(ending)
  }

  /** What the Goodbye said counts, then the close code; a code from below 4000 that is not the wire's is a lost link. */
  #judge(code: number, reason: string): Ending {
    const goodbye = this.#goodbye
    if (goodbye) {
      const { retryAfterS } = goodbye
      return { code: goodbye.code, reason: goodbye.reason, retryInMs: retryAfterS === null ? null : this.#spread(retryAfterS * 1000) }
    }
    const known = RETRY_AFTER_S[code]
    if (known !== undefined && known !== null) return { code, reason, retryInMs: this.#spread(known * 1000) }
    if (known === null || code >= OURS) return { code, reason, retryInMs: null }
    const waitMs = Math.min(RETRY_MS * 2 ** this.#losses++, RETRY_MS_MAX)
    return { code, reason, retryInMs: this.#spread(waitMs) }
  }

  #spread(askedMs: number): number {
    const waitMs = Math.min(Math.max(askedMs, 0), WAIT_MS_MAX)
    return waitMs + this.#around.random() * Math.max(waitMs * SPREAD, SPREAD_MS_MIN)
  }
}
