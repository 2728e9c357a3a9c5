import type { Avatar, City } from '@futurecity/client'
import { describe, expect, it } from 'vitest'
import { surfaceOf } from '../src/surface'

/** As the SDK tells of people: every one of them with the same object. */
function* told(entities: readonly number[]): Generator<Avatar> {
  const avatar: Avatar = { entity: 0, x: 0, y: 0, z: 0, heading: 0, animation: 0, presence: 1, near: true, profile: undefined }
  for (const entity of entities) {
    const profile = { entity, version: 1, name: `bot ${entity}`, look: { height: entity } }
    yield Object.assign(avatar, { entity, x: entity * 100, profile })
  }
}

function surface(city: Partial<City> | null): ReturnType<typeof surfaceOf> {
  return surfaceOf({ screen: () => 'gate', city: () => city as City | null, flat: () => false, stats: () => null, look: () => ({}) })
}

describe('the test surface', () => {
  it('tells everybody who is near, each as themselves', () => {
    const avatars = surface({ avatars: () => told([3, 5, 8]) }).avatars()
    expect(avatars.map(({ entity, x, name, look }) => [entity, x, name, look])).toEqual([
      [3, 300, 'bot 3', { height: 3 }], [5, 500, 'bot 5', { height: 5 }], [8, 800, 'bot 8', { height: 8 }],
    ])
  })
  it('names the zone that we are in', () => {
    const me = { entity: 1, name: 'Ada', x: 0, y: 0, z: 0, heading: 0, animation: 0, zone: 4 } as City['me']
    const zones = [{ number: 2, name: 'gate' }, { number: 4, name: 'park' }] as unknown as City['zones']
    expect(surface({ me, zones }).me()).toMatchObject({ name: 'Ada', zone: 'park' })
  })
  it('knows nobody before one is in', () => {
    const before = surface(null)
    expect([before.me(), before.avatars(), before.balance(), before.bursts(1)]).toEqual([null, [], null, []])
    expect(before.status()).toEqual({ screen: 'gate', connection: 'none', flat: false })
  })
})
