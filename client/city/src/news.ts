/** What the city tells whoever plays, in words; what must not be missed is kept until there is somebody to show it. */

import type { City } from '@futurecity/client'
import { readable } from './text'

/** Whoever shows it. */
export interface Board {
  /** A word for some seconds. */
  note(text: string): void
  /** Something from those who run the city, for as long as it takes to read. */
  announce(text: string): void
}

/** Told again after a lost link, before anything is shown: more than these are the oldest news. */
const KEPT_MAX = 8

export class News {
  #board: Board | null = null
  readonly #unread: string[] = []

  constructor(city: Pick<City, 'on'>) {
    city.on('event:announced', ({ fields }) => this.#announce(fields.text))
    city.on('closing', ({ inS, reason }) => this.note(`The city closes in ${Math.ceil(inS)} s: ${reason}`))
    city.on('event:crystal_gained', ({ fields }) => this.note(`◆ ${fields.value} more: you have ${fields.balance}`))
    city.on('event:firework_settled', ({ fields }) => this.note(`Yours rises for ◆ ${fields.cost}: you have ${fields.balance}`))
    city.on('event:firework_refunded', ({ fields }) => this.note(`It could not rise; ◆ back, you have ${fields.balance}`))
    city.on('event:crystal_rehearsed', ({ fields }) => this.note(`A rehearsal: ◆ ${fields.value} if it were not`))
    city.on('event:prices_changed', () => this.note('Fireworks have new prices.'))
    city.on('event:settlement_pending', () => this.note('The books take longer than usual; it will be answered.'))
  }

  /** From now on it is shown here, and first what waited. */
  showOn(board: Board): void {
    this.#board = board
    for (const text of this.#unread.splice(0)) board.announce(text)
  }

  /** A word of our own; nobody misses one that was too early. */
  note(text: string): void {
    this.#board?.note(readable(text))
  }

  #announce(text: string): void {
    const line = readable(text)
    if (this.#board !== null) return this.#board.announce(line)
    this.#unread.push(line)
    if (this.#unread.length > KEPT_MAX) this.#unread.shift()
  }
}
