/** What lies over the city: crystals, chat, buttons, map, and how the connection is doing. */

import type { CityMap, Quality } from '@futurecity/client'
import { button, element } from './dom'
import { readable, words } from './text'

const LINES_MAX = 60
const NOTE_MS = 4000
/** Two hundred characters take a slow reader so long. */
const ANNOUNCED_MS = 20_000
const SAY_CHARS_MAX = 200

/** What the player can ask for here. */
export interface Asks {
  say(text: string): void
  emote(kind: string): void
  firework(kind: string, colours: readonly string[]): void
  jump(): void
  run(on: boolean): void
  view(): void
  editor(): void
  leave(): void
}

export const EMOTES = ['wave', 'clap', 'cheer', 'dance', 'bow', 'laugh', 'sit'] as const

export class Hud {
  readonly root = element('div', { class: 'hud', test: 'hud' })
  readonly map = element('canvas', { class: 'map', test: 'map', role: 'img', 'aria-label': 'Map of the city; north is up' })
  readonly stick = element('div', { class: 'stick', test: 'stick', 'aria-hidden': 'true' }, element('div', { class: 'knob' }))
  readonly #balance = element('output', { class: 'balance', test: 'balance', 'aria-label': 'Crystals', text: '0' })
  readonly #quality = element('button', { type: 'button', class: 'quality', test: 'quality', 'aria-expanded': 'false' })
  readonly #details = element('pre', { class: 'panel details', test: 'quality-details', hidden: true })
  readonly #lines = element('ol', { class: 'lines', test: 'chat', role: 'log', 'aria-label': 'Chat' })
  readonly #input = element('input', {
    class: 'say', test: 'say', maxlength: SAY_CHARS_MAX, placeholder: 'Enter: say something', 'aria-label': 'Say something', type: 'text',
  })
  readonly #note = element('p', { class: 'note', test: 'note', role: 'status', hidden: true })
  readonly #announcement = element('p', { class: 'announcement', test: 'announcement', role: 'alert', hidden: true })
  readonly #menu = element('div', { class: 'panel menu', test: 'fireworks-menu', hidden: true })
  readonly #help = element('div', { class: 'panel help', test: 'help', hidden: true })
  readonly #kinds = element('div', { class: 'choices', test: 'fireworks-kinds' })
  readonly #chosen = new Set<string>()
  #usual: readonly string[] = []
  readonly #run: HTMLButtonElement
  #noteUntilMs = 0
  #announcedUntilMs = 0

  constructor(map: CityMap, private readonly asks: Asks) {
    this.#run = button('Run', 'run', () => this.toggleRun(), { 'aria-pressed': 'false', class: 'touch' })
    this.#quality.addEventListener('click', () => {
      this.#details.hidden = !this.#details.hidden
      this.#quality.setAttribute('aria-expanded', String(!this.#details.hidden))
      this.#quality.blur()
    })
    this.#input.addEventListener('keydown', (event) => this.#typed(event))
    const emotes = element('div', { class: 'emotes', role: 'toolbar', 'aria-label': 'Emotes' },
      ...EMOTES.map((kind, n) => button(kind, `emote-${kind}`, () => asks.emote(kind), { 'aria-keyshortcuts': String(n + 1) })))
    const bar = element('div', { class: 'bar' },
      button('Fireworks', 'fireworks', () => this.toggleMenu(), { 'aria-keyshortcuts': 'F' }),
      button('My look', 'look', () => asks.editor(), { 'aria-keyshortcuts': 'L' }),
      button('View', 'view', () => asks.view(), { 'aria-keyshortcuts': 'V' }),
      button('Keys', 'keys', () => this.toggleHelp(), { 'aria-keyshortcuts': 'H' }),
      button('Leave', 'leave', () => asks.leave()))
    const touch = element('div', { class: 'thumb' }, button('Jump', 'jump', () => asks.jump(), { class: 'touch' }), this.#run)
    this.#fillMenu(map)
    this.#fillHelp()
    this.root.append(
      element('div', { class: 'corner' }, this.map, element('div', { class: 'purse' }, '◆ ', this.#balance), this.#quality, this.#details),
      element('div', { class: 'talk' }, this.#lines, this.#input), emotes, bar, this.stick, touch, this.#menu, this.#help, this.#note, this.#announcement,
    )
  }

  /** A line of chat, or of what happens. */
  line(who: string, text: string): void {
    const from = who === '' ? [] : [element('b', { text: `${readable(who, 24)} ` })]
    this.#lines.append(element('li', {}, ...from, readable(text)))
    while (this.#lines.children.length > LINES_MAX) this.#lines.firstElementChild!.remove()
    this.#lines.scrollTop = this.#lines.scrollHeight
  }

  /** A word to the player, for some seconds. */
  note(text: string, nowMs: number): void {
    this.#note.textContent = readable(text)
    this.#note.hidden = false
    this.#noteUntilMs = nowMs + NOTE_MS
  }

  /** A word from those who run the city: over everything for a while, and in the chat for longer. */
  announce(text: string, nowMs: number): void {
    this.line('Future City', text)
    this.#announcement.textContent = readable(text)
    this.#announcement.hidden = false
    this.#announcedUntilMs = nowMs + ANNOUNCED_MS
  }

  balance(crystals: number): void {
    if (this.#balance.value !== String(crystals)) this.#balance.value = String(crystals)
  }

  /** Some times a second. */
  refresh(quality: Quality, more: readonly string[], nowMs: number): void {
    if (nowMs > this.#noteUntilMs) this.#note.hidden = true
    if (nowMs > this.#announcedUntilMs) this.#announcement.hidden = true
    const good = quality.rttMs < 150 && quality.framesPerS >= 8
    const fair = quality.rttMs < 400 && quality.framesPerS >= 4
    this.#quality.dataset['quality'] = good ? 'good' : fair ? 'fair' : 'poor'
    this.#quality.textContent = `${Math.round(quality.rttMs)} ms${quality.shed > 0 ? ` · shed ${quality.shed}` : ''}`
    this.#quality.title = 'How the connection is doing'
    if (this.#details.hidden) return
    this.#details.textContent = [
      `round trip ${quality.rttMs.toFixed(0)} ms, ${quality.framesPerS} frames/s`,
      `server pressed: level ${quality.shed} of 4`,
      `ahead ${quality.leadTicks.toFixed(1)} ticks, last correction ${quality.correctionCm.toFixed(0)} cm`,
      `${quality.avatars} people known`, ...more,
    ].join('\n')
  }

  chat(): void {
    this.#input.focus()
  }

  toggleMenu(): void {
    this.#menu.hidden = !this.#menu.hidden
    if (!this.#menu.hidden) (this.#menu.querySelector('button') as HTMLElement | null)?.focus()
  }

  toggleHelp(): void {
    this.#help.hidden = !this.#help.hidden
  }

  toggleRun(): void {
    const on = this.#run.getAttribute('aria-pressed') !== 'true'
    this.#run.setAttribute('aria-pressed', String(on))
    this.asks.run(on)
  }

  closePanels(): void {
    this.#menu.hidden = true
    this.#help.hidden = true
  }

  #typed(event: KeyboardEvent): void {
    event.stopPropagation()
    if (event.key !== 'Enter' && event.key !== 'Escape') return
    const text = readable(this.#input.value, SAY_CHARS_MAX)
    if (event.key === 'Enter' && text !== '') this.asks.say(text)
    this.#input.value = ''
    this.#input.blur()
  }

  /** These kinds of fireworks are for sale from now on, each for so much. */
  sell(prices: Readonly<Record<string, unknown>>): void {
    this.#kinds.replaceChildren(...Object.entries(prices).map(([name, cost]) =>
      button(`${words(name)} ◆ ${Number(cost)}`, `firework-${name}`, () => {
        this.asks.firework(name, this.#chosen.size > 0 ? [...this.#chosen] : this.#usual)
      })))
  }

  #fillMenu(map: CityMap): void {
    const chosen = this.#chosen
    this.#usual = map.colours.slice(0, 1).map((colour) => colour.name)
    const colours = map.colours.map((colour) => {
      const made = button(colour.name, `colour-${colour.name}`, () => {
        if (chosen.has(colour.name)) chosen.delete(colour.name)
        else if (chosen.size < 3) chosen.add(colour.name)
        made.setAttribute('aria-pressed', String(chosen.has(colour.name)))
      }, { class: 'swatch', 'aria-pressed': 'false', 'aria-label': colour.name })
      made.textContent = ''
      made.style.backgroundColor = colour.rgb
      return made
    })
    this.sell(Object.fromEntries(map.fireworks.filter((kind) => kind.cost > 0).map((kind) => [kind.name, kind.cost])))
    this.#menu.append(element('h2', { text: 'Light a firework' }), element('div', { class: 'swatches' }, ...colours),
      this.#kinds, element('p', { class: 'small', text: 'Up to three colours. F or Escape closes this.' }))
  }

  #fillHelp(): void {
    const keys = [
      ['W A S D, ↑ ↓', 'walk'], ['Q E, ← →, drag', 'look around'], ['Shift, R', 'run, always run'], ['Space', 'jump'],
      ['Enter', 'talk'], ['1 – 7', EMOTES.join(', ')], ['F', 'fireworks'], ['G', 'pick up a crystal (walking over it does, too)'],
      ['L', 'my look'], ['V, wheel', 'first or third person'], ['H', 'these keys'], ['Escape', 'close'],
    ]
    this.#help.append(element('h2', { text: 'Keys' }), element('dl', {},
      ...keys.flatMap(([key, does]) => [element('dt', { text: key! }), element('dd', { text: does! })])))
  }
}
