/** The client in Node, against a real city: the door, the map, being heard, and the way back. */

import { afterAll, beforeAll, expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { City, type SocketClass, type Welcome } from '../src/index.js'
import { next, openCity, type CityProcess } from './city_process.js'
import { slowRoad, type Road } from './slow_road.js'

const socket = WebSocket as unknown as SocketClass
let server: CityProcess
let road: Road

beforeAll(async () => {
  server = await openCity()
  road = await slowRoad(server.url, 1, Infinity)
})

afterAll(async () => {
  await road?.close()
  await server?.stop()
})

test('two people meet, see each other, hear each other, and are told what is not done', async () => {
  const ada = City.connect(server.url, { name: 'Ada', WebSocket: socket })
  await Promise.all([next((tell) => ada.on('map', tell), 'map'), next((tell) => ada.on('frame', tell), 'frame')])
  expect(ada.map?.zones.map((zone) => zone.name)).toEqual(ada.zones.map((zone) => zone.name))
  const bo = City.connect(server.url, { name: 'Bo', WebSocket: socket })
  await next((tell) => bo.on('frame', tell), 'frame')
  const said = next<{ fields: { entity: number; text: string } }>((tell) => bo.on('event:said', tell), 'word')
  const done = ada.do('say', { text: 'hello' })
  // Newcomers appear within earshot of each other or not; whoever speaks always hears it.
  const heard = await Promise.race([said, next<{ fields: { entity: number; text: string } }>((tell) => ada.on('event:said', tell), 'own word')])
  expect(heard.fields).toEqual({ entity: ada.me!.entity, text: 'hello' })
  expect(await done).toBeNull()
  await expect(ada.do('say', { text: ' ' })).rejects.toMatchObject({ reason: 'blank_text' })
  await expect(ada.do('fly', {})).rejects.toMatchObject({ reason: 'unknown_deed' })
  const firework = next((tell) => ada.on('firework', tell), 'firework')
  const before = ada.me!.balance
  const settled = await ada.do('light_firework', { kind: 'sparkler', colours: ['gold'] })
  expect([settled?.event, ada.me!.balance]).toEqual(['firework_settled', before - 1])
  await firework
  expect(ada.fireworks.length).toBeGreaterThan(0)
  const closed = next((tell) => ada.on('closed', tell), 'goodbye')
  ada.leave()
  bo.leave()
  expect(await closed).toMatchObject({ code: 1000 })
})

test('a link that breaks is mended, in the same body', async () => {
  const me = City.connect(road.url, { name: 'Cai', WebSocket: socket, map: null })
  const first = await next<Welcome>((tell) => me.on('welcome', tell), 'welcome')
  await next((tell) => me.on('frame', tell), 'frame')
  const again = next<Welcome>((tell) => me.on('welcome', tell), 'second welcome')
  road.cut()
  expect(await again).toMatchObject({ entity: first.entity, resumed: true, nothingMissed: true })
  me.leave()
})
