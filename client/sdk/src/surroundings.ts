/** What a client needs of the world around it: time, chance, timers and sockets; a browser has them, tests bring their own. */

/** As much of a WebSocket as is used here; the browser's and that of `ws` fit. */
export interface SocketLike {
  binaryType: string
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  onopen: ((event: any) => void) | null
  onmessage: ((event: any) => void) | null
  onclose: ((event: any) => void) | null
  onerror: ((event: any) => void) | null
  send(data: Uint8Array): void
  close(code?: number, reason?: string): void
}

export type SocketClass = new (url: string) => SocketLike

export interface Surroundings {
  /** Milliseconds that never go back. */
  now(): number
  /** From 0 up to 1. */
  random(): number
  /** Call once after so many ms; what comes back ends it. */
  later(call: () => void, ms: number): () => void
  fetch(url: string): Promise<unknown>
  readonly WebSocket: SocketClass
}

/** A city larger than this on paper is none. */
const MAP_CHARS_MAX = 8_000_000

/** The real ones. Throws TypeError where there is no WebSocket. */
export function surroundings(given: Partial<Surroundings>): Surroundings {
  const socket = given.WebSocket ?? (globalThis as { WebSocket?: unknown }).WebSocket
  if (typeof socket !== 'function') {
    throw new TypeError('there is no WebSocket here: give the option WebSocket, in Node 20 that of the package ws')
  }
  return {
    now: () => performance.now(),
    random: Math.random,
    later: (call, ms) => {
      const timer = setTimeout(call, ms)
      return () => clearTimeout(timer)
    },
    fetch: fetched,
    ...given,
    WebSocket: socket as SocketClass,
  }
}

async function fetched(url: string): Promise<unknown> {
  const response = await fetch(url, { cache: 'no-cache' })
  if (!response.ok) throw new Error(`${url}: ${response.status}`)
  const text = await response.text()
  if (text.length > MAP_CHARS_MAX) throw new RangeError(`${url}: at most ${MAP_CHARS_MAX} characters`)
  return JSON.parse(text)
}
