/** A city that a test plays by hand: time that is cranked, chance that is always a half, and sockets without a network. */

import { Encoder } from '@msgpack/msgpack'
import { decodeMessage } from '../src/codec.js'
import type { SocketLike, Surroundings } from '../src/index.js'

const packer = new Encoder()

export class FakeSocket implements SocketLike {
  binaryType = ''
  onopen: ((event: unknown) => void) | null = null
  onmessage: ((event: unknown) => void) | null = null
  onclose: ((event: unknown) => void) | null = null
  onerror: ((event: unknown) => void) | null = null
  readonly heard: Record<string, unknown>[] = []
  closed = false

  send(data: Uint8Array): void {
    this.heard.push(decodeMessage(data, 'client'))
  }

  close(): void {
    this.closed = true
  }

  /** The server says a message, its fields in the order of the wire. */
  say(kind: number, ...fields: unknown[]): void {
    const payload = packer.encode([kind, ...fields])
    this.onmessage?.({ data: payload.buffer.slice(payload.byteOffset, payload.byteOffset + payload.byteLength) })
  }

  end(code: number, reason = ''): void {
    this.onclose?.({ code, reason })
  }
}

export class FakeWorld implements Partial<Surroundings> {
  readonly sockets: FakeSocket[] = []
  ms = 0
  #timers: { atMs: number; call: () => void }[] = []
  readonly WebSocket: new (url: string) => SocketLike

  constructor() {
    const { sockets } = this
    this.WebSocket = class extends FakeSocket {
      constructor() {
        super()
        sockets.push(this)
      }
    }
  }

  now = (): number => this.ms
  random = (): number => 0.5
  fetch = (): Promise<unknown> => Promise.reject(new Error('no map here'))
  later = (call: () => void, ms: number): (() => void) => {
    const timer = { atMs: this.ms + ms, call }
    this.#timers.push(timer)
    return () => (this.#timers = this.#timers.filter((each) => each !== timer))
  }

  /** Let time pass, with every timer at its moment. */
  pass(ms: number): void {
    const end = this.ms + ms
    for (;;) {
      const [next] = this.#timers.filter((each) => each.atMs <= end).sort((a, b) => a.atMs - b.atMs)
      if (!next) break
      this.#timers = this.#timers.filter((each) => each !== next)
      this.ms = next.atMs
      next.call()
    }
    this.ms = end
  }

  /** The newest connection. */
  get socket(): FakeSocket {
    return this.sockets.at(-1)!
  }

  /** The newest connection is there, and its Hello was heard. */
  accept(): FakeSocket {
    this.socket.onopen?.({})
    return this.socket
  }

  welcome(more: { resume?: string; resumed?: boolean; missed?: number | null; token?: string | null } = {}): void {
    const { resume = 'way-back', resumed = false, missed = 0, token = 'guest' } = more
    const limits = {
      message_bytes_max: 4096, messages_per_s: 40, messages_burst: 80, idle_s: 30, name_chars_max: 24,
      interest_max: 64, frame_records_max: 32,
    }
    this.socket.say(
      17, 1, 's', 7, 'Ada', resume, resumed, 20, 10, 1000, 0.5, [], {}, {}, limits, 'fake', 'player:1', 100, token, {}, missed,
    )
  }

  /** A frame with us at (x, 0, z), and others at offsets. */
  frame(tick: number, place: { x?: number; z?: number } = {}, others: [number, number, number][] = []): void {
    const header = new DataView(new ArrayBuffer(28))
    header.setUint32(0, tick, true)
    header.setInt32(8, place.x ?? 0, true)
    header.setInt32(16, place.z ?? 0, true)
    header.setUint8(26, 1)
    const records = new DataView(new ArrayBuffer(12 * others.length))
    others.forEach(([entity, dx, dz], at) => {
      records.setUint32(at * 12, entity, true)
      records.setInt16(at * 12 + 4, dx, true)
      records.setInt16(at * 12 + 8, dz, true)
      records.setUint8(at * 12 + 11, 2)
    })
    this.socket.say(16, new Uint8Array(header.buffer), new Uint8Array(records.buffer))
  }
}
