import { CLOSE_CODES, type CityMap, type CrowdMap } from '@futurecity/client'
import { describe, expect, it } from 'vitest'
import { room, strangers, STRANGERS_MAX, STRANGER_STRIDE } from '../src/crowd'
import { detailOf, MIDDLE_MAX, NEAR_MAX } from '../src/detail'
import { isStale, wordsFor, wordsWhileAway } from '../src/endings'
import { groundAt } from '../src/ground'
import { catalogueOf, figureOf, rgb, valueOf } from '../src/look'
import { poseOf } from '../src/poses'
import { readable } from '../src/text'
import { heading256, intentFor, same } from '../src/walking'

describe('text of others', () => {
  it('stays what it is, markup and all', () => {
    expect(readable('<img src=x onerror=alert(1)>')).toBe('<img src=x onerror=alert(1)>')
  })
  it('hides nothing, turns nothing around and stays on its line', () => {
    expect(readable('a\u202egnp.exe\u0000\n\nb\u200b')).toBe('agnp.exe b')
  })
  it('is cut at its limit, by whole characters', () => {
    expect(readable('🎆'.repeat(300), 10)).toBe(`${'🎆'.repeat(9)}…`)
  })
  it('that is none is empty', () => {
    for (const each of [undefined, null, 7, {}, ['a']]) expect(readable(each)).toBe('')
  })
})

const CATALOGUE = catalogueOf({
  traits: [
    { name: 'height', group: 'body', kind: 'slider', default: 128, most: 255 },
    { name: 'hair', group: 'hair', kind: 'choice', default: 1, most: 2, options: ['none', 'short', 'long'] },
    { name: 'skin', group: 'face', kind: 'colour', default: 0, most: 1, palette: 'skin' },
  ],
  palettes: { skin: [{ name: 'light', rgb: '#f0c8b0' }, { name: 'dark', rgb: '#533221' }] },
})!

describe('a look', () => {
  it('becomes measures, colours and names', () => {
    const figure = figureOf(CATALOGUE, { height: 255, hair: 2, skin: 1 })
    expect(figure).toMatchObject({ hair: 'long', skin: 0x533221 })
    expect(figure.height).toBeCloseTo(1.16)
  })
  it('of a trait that is missing or none has its default', () => {
    for (const look of [{}, { height: 'tall', hair: Number.NaN, skin: null }]) {
      expect(figureOf(CATALOGUE, look)).toEqual(figureOf(CATALOGUE, { height: 128, hair: 1, skin: 0 }))
    }
  })
  it('beyond its bounds is at them', () => {
    expect(valueOf(CATALOGUE.traits[1]!, { hair: 99 })).toBe(2)
    expect(valueOf(CATALOGUE.traits[0]!, { height: -5 })).toBe(0)
  })
  it('is a body even where the city describes none', () => {
    expect(Object.values(figureOf(null, {})).every((each) => each !== undefined)).toBe(true)
    for (const none of [null, 7, {}, { traits: 3, palettes: {} }]) expect(catalogueOf(none)).toBeNull()
  })
  it('has no colour but six digits', () => {
    expect(rgb('#ffc94d')).toBe(0xffc94d)
    expect(rgb('url(https://elsewhere.example)')).toBe(0)
  })
})

describe('detail', () => {
  it('falls with distance', () => {
    expect([5, 60, 200].map((each) => detailOf(each, undefined, 0, 0))).toEqual(['near', 'middle', 'far'])
  })
  it('is kept a little beyond its border', () => {
    expect(detailOf(34, 'near', 0, 0)).toBe('near')
    expect(detailOf(34, undefined, 0, 0)).toBe('middle')
  })
  it('is for so many only', () => {
    expect(detailOf(5, 'near', NEAR_MAX, 0)).toBe('middle')
    expect(detailOf(5, 'near', NEAR_MAX, MIDDLE_MAX)).toBe('far')
  })
})

const MAP = {
  zones: [{
    number: 0, name: 'plaza', x: 0, z: 0, width: 10_000, depth: 10_000, ground: -200, spawns: [], hosts: [],
    terraces: [{ name: 'deck', x: 0, z: 0, width: 1000, depth: 1000, top: 40 }],
    ramps: [{ name: 'ramp', x: 1000, z: 0, width: 1000, depth: 1000, low: -200, high: 40, rises: 'west' }],
    buildings: [{ name: 'house', x: 5000, z: 5000, width: 1000, depth: 1000, top: 900 }],
  }],
} as unknown as CityMap

function crowd(counts: number[]): CrowdMap {
  return { tick: 1, x: 0, z: 0, cell: 1000, columns: 10, rows: 10, counts: Uint8Array.from({ length: 100 }, (_, n) => counts[n] ?? 0) }
}
const NOBODY = { places: [], x: 9500, z: 9500, radius: 0 }

describe('the ground', () => {
  it('is the highest of what is there, and none inside of a house or outside', () => {
    expect(groundAt(MAP, 500, 500)).toBe(40)
    expect(groundAt(MAP, 1500, 500)).toBeCloseTo(-80)
    expect(groundAt(MAP, 3000, 500)).toBe(-200)
    expect(groundAt(MAP, 5500, 5500)).toBeNull()
    expect(groundAt(MAP, -1, 0)).toBeNull()
  })
})

describe('strangers', () => {
  it('are as many as the map counts beyond those who are known', () => {
    const into = room()
    strangers(MAP, crowd([20]), { ...NOBODY, places: [{ x: 100, z: 100 }, { x: 900, z: 5 }, { x: 9000, z: 0 }] }, into)
    expect(into.count).toBe(18)
  })
  it('stand in their cell, on its ground, and stay where they are while others come', () => {
    const [few, more] = [room(), room()]
    strangers(MAP, crowd([0, 0, 0, 10]), NOBODY, few)
    strangers(MAP, crowd([0, 0, 0, 40]), NOBODY, more)
    expect(more.values.slice(0, 10 * STRANGER_STRIDE)).toEqual(few.values.slice(0, 10 * STRANGER_STRIDE))
    for (let n = 0; n < 40; n += 1) {
      const [x, y, z] = more.values.slice(n * STRANGER_STRIDE)
      expect([x! >= 3000 && x! < 4000, y, z! >= 0 && z! < 1000]).toEqual([true, -200, true])
    }
  })
  it('are nobody we would know, and stand in no house', () => {
    const into = room()
    strangers(MAP, crowd([30]), { ...NOBODY, x: 500, z: 500, radius: 2000 }, into)
    expect(into.count).toBe(0)
    const counts: number[] = []
    counts[55] = 30
    strangers(MAP, crowd(counts), NOBODY, into)
    expect(into.count).toBe(0)
  })
  it('are no more than there is room for', () => {
    const into = room()
    strangers(MAP, crowd(Array.from({ length: 50 }, () => 255)), NOBODY, into)
    expect(into.count).toBe(STRANGERS_MAX)
  })
})

describe('walking', () => {
  const wanted = { ahead: 1, right: 0, run: false, jump: false }
  it('leads where one looks', () => {
    expect(intentFor(wanted, 0, 9)).toEqual({ steer: 0, heading: 0, gait: 1 })
    expect(intentFor({ ...wanted, run: true }, Math.PI / 2, 9)).toEqual({ steer: 64, heading: 64, gait: 2 })
    expect(intentFor({ ...wanted, ahead: 0, right: -1 }, 0, 9).steer).toBe(192)
  })
  it('is standing, with the face where it was, when nothing is wanted', () => {
    expect(intentFor({ ...wanted, ahead: 0.05 }, 1, 77)).toEqual({ steer: 77, heading: 77, gait: 0 })
  })
  it('is said again only when it is another, and a jump every time', () => {
    const once = intentFor(wanted, 0, 0)
    expect(same(null, once)).toBe(false)
    expect(same(once, intentFor(wanted, 0, 0))).toBe(true)
    expect(same(once, { ...once, jump: true })).toBe(false)
  })
  it('has directions from 0 to 255', () => {
    for (let turn = -20; turn < 20; turn += 0.37) {
      const direction = heading256(turn)
      expect(Number.isInteger(direction) && direction >= 0 && direction < 256).toBe(true)
    }
  })
})

describe('poses', () => {
  it('hold still where motion is not wanted', () => {
    for (let animation = 0; animation <= 11; animation += 1) {
      expect({ ...poseOf(animation, 1, true) }).toEqual({ ...poseOf(animation, 7.7, true) })
    }
  })
  it('of an animation that nobody knows is standing', () => {
    expect({ ...poseOf(99, 3, false) }).toEqual({ ...poseOf(0, 5, false) })
  })
})

describe('the end of a connection', () => {
  it('for a page that is too old says to load it again', () => {
    expect(wordsFor(4003, 'versions spoken: 2')).toMatchObject({ again: 'Reload', title: 'A newer city is open' })
  })
  it('has words for every code of the wire, and for those of tomorrow', () => {
    for (const code of [...Object.values(CLOSE_CODES), 4999]) {
      expect(Object.values({ ...wordsWhileAway(code, 'why'), ...wordsFor(code, 'why') }).every((each) => each !== '')).toBe(true)
    }
  })
  it('that an operator has made says why, whether one may come back or not', () => {
    for (const code of [CLOSE_CODES.KICKED, CLOSE_CODES.BANNED]) {
      for (const said of [wordsFor(code, 'no shouting'), wordsWhileAway(code, 'no shouting')]) {
        expect([said.text, said.title.startsWith('You ')]).toEqual(['no shouting', true])
      }
    }
  })
  it('that nobody wanted keeps our place', () => {
    expect(wordsWhileAway(1006, '')).toEqual({ title: 'The link is lost', text: 'Your place is kept.' })
  })
})

describe('a page', () => {
  const served = '<script type="module" src="/assets/index-4f2a.js"></script>'
  it('is too old when the city serves another script', () => {
    expect([isStale(served, '/assets/index-4f2a.js'), isStale(served, '/assets/index-77b0.js')]).toEqual([false, true])
  })
  it('is not judged by an answer that is no page of the city', () => {
    expect(isStale('<h1>Gateway timeout</h1>', '/assets/index-4f2a.js')).toBe(false)
  })
})
