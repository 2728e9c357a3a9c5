/** What stands before the city: the gate, the waiting room, a lost link, and the end. */

import { button, element } from './dom'
import type { Saying, Words } from './endings'
import { readable } from './text'

/** Shows one screen at a time, or none. */
export class Screens {
  readonly root = element('main', { class: 'screen', test: 'screen' })
  #shown = ''
  #counting = 0

  /** The gate: a name, and in. `comeIn` is given the name, or null for whoever is known already. */
  gate(known: string | null, nameMax: number, comeIn: (name: string | null) => void): void {
    const name = element('input', {
      id: 'name', test: 'name', maxlength: nameMax, autocomplete: 'nickname', placeholder: known ?? 'Your name', type: 'text',
    })
    const enter = element('button', { type: 'submit', text: 'Walk in', test: 'enter', class: 'big' })
    const form = element('form', { class: 'card' },
      element('h1', { text: 'Future City' }),
      element('p', { text: 'A festival at dusk: crystals, fireworks, and everybody in one plaza.' }),
      element('label', { for: 'name', text: known === null ? 'What shall we call you?' : `Welcome back, ${readable(known, 24)}. Another name?` }),
      name, enter,
      element('p', { class: 'small', text: 'W A S D or arrows walk, Shift runs, Space jumps, Enter talks, H shows all keys.' }),
    )
    form.addEventListener('submit', (event) => {
      event.preventDefault()
      comeIn(readable(name.value, nameMax) || null)
    })
    this.#show('gate', form)
    name.focus()
  }

  connecting(): void {
    this.#show('connecting', this.#card('On the way …', 'The city opens its gate for you.'))
  }

  waiting(position: number, estimateS: number | null): void {
    const wait = estimateS === null ? 'Nobody can tell yet how long it takes.' : `About ${duration(estimateS)}.`
    const card = this.#card('The city is full just now', wait)
    card.insertBefore(element('p', { class: 'position', test: 'position', text: String(position) }), card.children[1]!)
    card.append(element('p', { class: 'small', text: 'Your place in the line. It only ever falls, and is kept if your link is lost.' }))
    this.#show('queued', card)
  }

  /** We are not there just now, and it is tried again after `retryInMs`; counted down, so that it is never a lie. */
  away({ title, text }: Saying, retryInMs: number): void {
    const when = element('p', { class: 'small' })
    const card = this.#card(title, text)
    card.append(when)
    this.#show('away', card)
    const untilMs = performance.now() + retryInMs
    const tell = (): void => void (when.textContent = `Trying again in ${duration((untilMs - performance.now()) / 1000)}.`)
    tell()
    this.#counting = window.setInterval(tell, 1000)
  }

  /** It is over; the button begins anew. */
  closed({ title, text, again }: Words): void {
    const card = this.#card(title, text)
    card.append(button(again, 'again', () => window.location.reload(), { class: 'big' }))
    this.#show('closed', card)
  }

  hide(): void {
    window.clearInterval(this.#counting)
    this.#shown = ''
    this.root.replaceChildren()
    this.root.hidden = true
  }

  get shown(): string {
    return this.#shown
  }

  #card(title: string, text: string): HTMLElement {
    return element('section', { class: 'card', role: 'status' }, element('h1', { text: title }), element('p', { text: readable(text) }))
  }

  #show(name: string, card: HTMLElement): void {
    window.clearInterval(this.#counting)
    this.#shown = name
    this.root.dataset['screen'] = name
    this.root.hidden = false
    this.root.replaceChildren(card)
  }
}

/** Seconds in words. */
export function duration(seconds: number): string {
  if (seconds < 1) return 'a moment'
  if (seconds < 90) return `${Math.round(seconds)} s`
  return `${Math.round(seconds / 60)} min`
}
