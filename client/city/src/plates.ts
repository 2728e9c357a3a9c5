/** Name plates and speech bubbles over the heads of the nearest: elements that are used again, their text always as text. */

import { element } from './dom'
import { readable } from './text'

const PLATES_MAX = 24
/** Names are read up to here, in metres; what somebody says, a little farther. */
const NAME_M = 28
const BUBBLE_MS = 6000
/** Bubbles of people out of sight are forgotten with the oldest. */
const BUBBLES_MAX = 128

export interface Labelled {
  readonly entity: number
  readonly name: string
  readonly place: { readonly left: number; readonly top: number; readonly distanceM: number }
}

export class Plates {
  readonly layer = element('div', { class: 'plates', 'aria-hidden': 'true' })
  readonly #plates: { root: HTMLElement; name: HTMLElement; bubble: HTMLElement }[] = []
  readonly #said = new Map<number, { text: string; untilMs: number }>()

  /** Somebody said something: it stands over them for some seconds. */
  say(entity: number, text: string, nowMs: number): void {
    this.#said.delete(entity)
    this.#said.set(entity, { text: readable(text), untilMs: nowMs + BUBBLE_MS })
    if (this.#said.size > BUBBLES_MAX) this.#said.delete(this.#said.keys().next().value!)
  }

  /** Show the nearest of these. */
  show(people: Labelled[], nowMs: number): void {
    people.sort((a, b) => a.place.distanceM - b.place.distanceM)
    let used = 0
    for (const { entity, name, place } of people) {
      const said = this.#said.get(entity)
      const text = said && said.untilMs > nowMs ? said.text : ''
      if (used === PLATES_MAX || (place.distanceM > NAME_M && text === '')) continue
      const plate = (this.#plates[used] ??= this.#make())
      used += 1
      set(plate.name, readable(name, 24))
      set(plate.bubble, text)
      plate.root.hidden = false
      plate.bubble.hidden = text === ''
      plate.root.style.transform = `translate(${place.left.toFixed(1)}px, ${place.top.toFixed(1)}px) translate(-50%, -100%)`
      plate.root.style.opacity = text ? '1' : String(Math.max(0.25, 1.15 - place.distanceM / NAME_M))
      plate.root.style.zIndex = String(1000 - Math.min(999, Math.round(place.distanceM * 10)))
    }
    for (const plate of this.#plates.slice(used)) plate.root.hidden = true
  }

  #make(): { root: HTMLElement; name: HTMLElement; bubble: HTMLElement } {
    const bubble = element('div', { class: 'bubble', test: 'bubble' })
    const name = element('div', { class: 'name', test: 'name-plate' })
    const root = element('div', { class: 'plate' }, bubble, name)
    this.layer.append(root)
    return { root, name, bubble }
  }
}

/** Only what changes is written: layout costs. */
function set(where: HTMLElement, text: string): void {
  if (where.textContent !== text) where.textContent = text
}
