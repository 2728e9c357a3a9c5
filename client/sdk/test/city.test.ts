/** A player keeps to the protocol, whatever the city and the link do. */

import { expect, test } from 'vitest'
import { City, Denied, Undecided, type Ending } from '../src/index.js'
import { FakeWorld } from './fake_city.js'

function arrive(): { world: FakeWorld; city: City } {
  const world = new FakeWorld()
  const city = City.connect('ws://city/play', { name: 'Ada' }, world)
  world.accept()
  world.welcome()
  world.frame(1000)
  return { world, city }
}

const last = (world: FakeWorld, kind: number) => world.socket.heard.filter((each) => each['kind'] === kind).at(-1)!

test('Hello is the first word, and waiting comes before being in', () => {
  const world = new FakeWorld()
  const city = City.connect('ws://city/play', { name: 'Ada' }, world)
  world.accept()
  expect(world.socket.heard[0]).toMatchObject({ kind: 1, version: 1, name: 'Ada', resume: null, heard: 0 })
  world.socket.say(26, 'ticket', 3, 4.5)
  expect([city.status, city.queue]).toEqual(['queued', { position: 3, estimateS: 4.5 }])
  world.socket.end(1006)
  expect(city.status).toBe('away')
  world.pass(1500)
  world.accept()
  expect(world.socket.heard[0]).toMatchObject({ resume: 'ticket', heard: 0 })
  world.welcome()
  expect([city.status, city.queue]).toEqual(['in', null])
})

test('a lost link is tried again later each time, up to half a minute, and at once after it was there', () => {
  const { world, city } = arrive()
  const waits: (number | null)[] = []
  city.on('away', ({ retryInMs }) => waits.push(retryInMs))
  for (let loss = 0; loss < 7; loss++) {
    world.socket.end(1006)
    world.pass(60_000)
  }
  // A quarter more each: half of the wait, times the chance of a half.
  expect(waits).toEqual([1250, 2500, 5000, 10_000, 20_000, 37_500, 37_500])
  world.accept()
  world.welcome()
  world.socket.end(1006)
  expect(waits.at(-1)).toBe(1250)
})

test.each([
  [1001, 6250], [4005, 1250], [4006, 100], [4007, 37_500], [4009, 12_500], [4010, 6250], [4012, 6250], [4013, 6250],
  [1000, null], [1003, null], [1009, null], [4000, null], [4003, null], [4008, null], [4011, null], [4999, null],
])('close code %d is tried again after %s ms', (code, retryInMs) => {
  const { world, city } = arrive()
  const endings: Ending[] = []
  city.on('away', (ending) => endings.push(ending))
  city.on('closed', (ending) => endings.push(ending))
  world.socket.end(code, 'why')
  expect(endings).toEqual([{ code, reason: 'why', retryInMs }])
  expect(city.status).toBe(retryInMs === null ? 'closed' : 'away')
})

test('what a Goodbye says counts more than the close code', () => {
  const { world, city } = arrive()
  const endings: Ending[] = []
  city.on('away', (ending) => endings.push(ending))
  world.socket.say(23, 4007, 'slower', 100)
  world.socket.end(4007)
  expect(endings).toEqual([{ code: 4007, reason: 'slower', retryInMs: 125_000 }])
})

test('who comes back says the last secret and serial, and hears nothing twice', () => {
  const { world, city } = arrive()
  const gained: number[] = []
  city.on('event:crystal_gained', ({ serial }) => gained.push(serial))
  const fields = { receipt: 'r', crystal: 1, value: 1, balance: 101, number: 1 }
  world.socket.say(20, 1001, 'crystal_gained', fields, 1)
  world.socket.end(1006)
  world.pass(2000)
  world.accept()
  expect(world.socket.heard[0]).toMatchObject({ resume: 'way-back', heard: 1, token: 'guest' })
  world.welcome({ resumed: true, missed: 1, resume: 'next' })
  world.socket.say(20, 1001, 'crystal_gained', fields, 1)
  world.socket.say(20, 1002, 'crystal_gained', { ...fields, balance: 102 }, 2)
  expect(gained).toEqual([1, 2])
  world.frame(1010)
  expect(city.me?.balance).toBe(102)
  expect(city.resume).toEqual({ resume: 'next', heard: 2 })
})

test('a deed that is settled is done when its event comes, by its number', async () => {
  const { world, city } = arrive()
  const doing = city.do('pick_up_crystal', { crystal: 9 })
  const { number } = last(world, 3) as { number: number }
  world.socket.say(20, 1001, 'crystal_gained', { receipt: 'r', crystal: 9, value: 1, balance: 101, number: number + 1 }, 1)
  world.socket.say(20, 1002, 'crystal_gained', { receipt: 's', crystal: 9, value: 1, balance: 102, number }, 2)
  expect((await doing)?.fields['receipt']).toBe('s')
})

test('a deed that is refused says why; one that is not refused is done', async () => {
  const { world, city } = arrive()
  const refused = city.do('say', { text: '' })
  world.socket.say(21, last(world, 3)['number'], 'say', 'invalid', 'text', 'at least one', 0)
  await expect(refused).rejects.toMatchObject({ reason: 'invalid', field: 'text' })
  const done = city.do('say', { text: 'hi' })
  world.frame(1001)
  world.frame(1010)
  expect(await done).toBeNull()
})

test('a deed whose answer is lost is undecided, and one too many is not even said', async () => {
  const { world, city } = arrive()
  const lost = city.do('pick_up_crystal', { crystal: 9 })
  world.socket.end(1006)
  await expect(city.do('say', { text: 'hi' })).rejects.toBeInstanceOf(Denied)
  world.pass(2000)
  world.accept()
  world.welcome({ resumed: true, missed: null })
  await expect(lost).rejects.toBeInstanceOf(Undecided)
  const many = Array.from({ length: 100 }, () => city.do('pick_up_crystal', { crystal: 1 }).catch((no: Denied) => no.reason))
  const said = world.socket.heard.filter((each) => each['kind'] === 3).length
  expect(said).toBe(64)
  expect(await many[99]).toBe('busy')
})

test('a Move is said when the intent changes, and again each second while we move', () => {
  const { world, city } = arrive()
  const moves = () => world.socket.heard.filter((each) => each['kind'] === 2).map((each) => [...(each['intent'] as Uint8Array)])
  city.move({ steer: 64, gait: 2 })
  world.pass(100)
  expect(moves()).toEqual([[1, 0, 0, 0, 64, 64, 2, 0]])
  world.pass(2000)
  expect(moves().length).toBeGreaterThanOrEqual(2)
  city.move({ steer: -64, heading: 300, gait: 0, jump: true })
  world.pass(3000)
  expect(moves().at(-1)!.slice(4)).toEqual([192, 44, 0, 1])
  expect(() => city.move({ steer: NaN, gait: 1 })).toThrow(/finite/)
})

test('people are drawn a little in the past, between where they were, and fade when they are gone', () => {
  const { world, city } = arrive()
  for (let tick = 1002; tick <= 1040; tick += 2) {
    world.pass(100)
    world.frame(tick, {}, [[5, (tick - 1000) * 30, 0]])
  }
  const at = () => [...city.avatars()].map(({ entity, x, presence }) => ({ entity, x: Math.round(x), presence }))
  // 150 ms are three ticks, a tick is 30 cm; ticks and time agree here, as no way is between.
  expect(at()).toEqual([{ entity: 5, x: 37 * 30, presence: 1 }])
  const columns = City.columns(4)
  expect([city.packAvatars(columns), columns.entities[0], Math.round(columns.values[0]!)]).toEqual([1, 5, 37 * 30])
  for (let tick = 1042; tick <= 1070; tick += 2) {
    world.pass(100)
    world.frame(tick)
  }
  expect(at()).toEqual([])
})

test('a server that falls silent is a lost link', () => {
  const { world, city } = arrive()
  const endings: Ending[] = []
  city.on('away', (ending) => endings.push(ending))
  world.pass(30_000)
  expect(endings[0]).toMatchObject({ code: 1006, reason: 'the server has fallen silent' })
})

test('what breaks the protocol ends the connection, and is not believed', () => {
  const { world, city } = arrive()
  world.socket.say(22, 'soon')
  expect([city.status, world.socket.closed]).toEqual(['away', true])
})

test('whoever leaves says Bye and does not come back', () => {
  const { world, city } = arrive()
  city.leave()
  expect(last(world, 5)).toEqual({ kind: 5 })
  world.socket.say(23, 1000, 'goodbye', null)
  world.socket.end(1000)
  world.pass(60_000)
  expect([city.status, world.sockets.length]).toEqual(['closed', 1])
})

test('a name that the wire has no room for is refused at once, by field and limit', () => {
  expect(() => City.connect('ws://city/play', { name: 'a'.repeat(25) }, new FakeWorld())).toThrow(/name.* 24/)
})
