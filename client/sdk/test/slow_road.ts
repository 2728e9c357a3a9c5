/** A road to the city that is long and loses frames: a relay that delays every message and withholds some frames. */

import type { AddressInfo } from 'node:net'
import { WebSocket, WebSocketServer } from 'ws'

export interface Road {
  readonly url: string
  /** How many frames were withheld, and how many went through. */
  readonly withheld: number
  readonly passed: number
  /** Everybody's link breaks. */
  cut(): void
  close(): Promise<void>
}

const isFrame = (data: Buffer): boolean => data[0] === 0x93 && data[1] === 0x10

/** Delays each way by `delayMs`; of the frames every one in `oneIn` is withheld, by a fixed rule: runs repeat themselves. */
export async function slowRoad(target: string, delayMs: number, oneIn: number): Promise<Road> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  const road = { withheld: 0, passed: 0 }
  let state = 1
  const chance = (): number => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647
  server.on('connection', (client) => {
    const city = new WebSocket(target)
    const early: Buffer[] = []
    city.on('open', () => early.splice(0).forEach((data) => city.send(data)))
    client.on('message', (data: Buffer) => {
      setTimeout(() => (city.readyState === city.OPEN ? city.send(data) : early.push(data)), delayMs)
    })
    city.on('message', (data: Buffer) => {
      if (isFrame(data) && chance() * oneIn < 1) {
        road.withheld++
        return
      }
      if (isFrame(data)) road.passed++
      setTimeout(() => client.readyState === client.OPEN && client.send(data), delayMs)
    })
    city.on('close', (code, reason) => setTimeout(() => client.close(code === 1006 ? 1011 : code, reason), delayMs))
    client.on('close', () => city.close())
    city.on('error', () => client.terminate())
  })
  await new Promise<void>((resolve) => server.once('listening', () => resolve()))
  const { port } = server.address() as AddressInfo
  const cut = (): void => server.clients.forEach((client) => client.terminate())
  return {
    cut,
    url: `ws://127.0.0.1:${port}/play`,
    get withheld() {
      return road.withheld
    },
    get passed() {
      return road.passed
    },
    close: () =>
      new Promise((resolve) => {
        cut()
        server.close(() => resolve())
      }),
  }
}
