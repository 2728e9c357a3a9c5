import type { City } from '@futurecity/client'
import { describe, expect, it } from 'vitest'
import { News } from '../src/news'

/** A city that says what a test makes it say. */
class Town {
  readonly #listeners = new Map<string, (value: unknown) => void>()
  readonly on = ((name: string, listener: (value: unknown) => void) => {
    this.#listeners.set(name, listener)
    return () => undefined
  }) as City['on']

  happens(event: string, fields: Record<string, unknown>): void {
    this.#listeners.get(`event:${event}`)?.({ tick: 1, event, fields, serial: 1 })
  }

  closes(inS: number, reason: string): void {
    this.#listeners.get('closing')?.({ inS, reason })
  }
}

function board(): { readonly said: string[]; note(text: string): void; announce(text: string): void } {
  const said: string[] = []
  return { said, note: (text) => void said.push(`note: ${text}`), announce: (text) => void said.push(`all: ${text}`) }
}

describe('news', () => {
  it('of those who run the city is for everybody to read', () => {
    const [town, shown] = [new Town(), board()]
    new News(town).showOn(shown)
    town.happens('announced', { text: 'The show\nbegins' })
    expect(shown.said).toEqual(['all: The show begins'])
  })
  it('that comes before anything is shown waits, and a word that is only for the moment does not', () => {
    const [town, shown] = [new Town(), board()]
    const news = new News(town)
    for (let n = 0; n < 10; n += 1) town.happens('announced', { text: `${n}` })
    town.happens('crystal_gained', { value: 3, balance: 103 })
    news.showOn(shown)
    expect(shown.said).toEqual(['2', '3', '4', '5', '6', '7', '8', '9'].map((each) => `all: ${each}`))
  })
  it('of what is ours says what we have, and of the end when it is', () => {
    const [town, shown] = [new Town(), board()]
    new News(town).showOn(shown)
    town.happens('crystal_gained', { value: 3, balance: 103 })
    town.happens('firework_settled', { cost: 8, balance: 95 })
    town.closes(9.2, 'good night')
    expect(shown.said).toEqual([
      'note: ◆ 3 more: you have 103', 'note: Yours rises for ◆ 8: you have 95', 'note: The city closes in 10 s: good night',
    ])
  })
})
