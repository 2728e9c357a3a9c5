/** The avatar editor: built from the city's own description of what can be shaped, so that new traits need no new page. */

import { button, element } from './dom'
import { valueOf, type Catalogue, type Look, type Trait } from './look'
import { readable, words } from './text'

/** What the editor needs of its surroundings. */
export interface Wardrobe {
  /** What is worn now. */
  readonly look: Look
  readonly name: string
  /** Show this on oneself, or what is worn if null. */
  preview(look: Look | null): void
  /** Store it; rejects with what is to be told. */
  save(look: Look, name: string | null): Promise<void>
  /** It is closed. */
  done(): void
}

export class Editor {
  readonly root = element('form', { class: 'panel editor', test: 'editor', 'aria-label': 'My look' })
  readonly #draft: Record<string, number> = {}
  readonly #name: HTMLInputElement
  readonly #problem = element('p', { class: 'problem', test: 'editor-problem', role: 'alert', hidden: true })

  constructor(private readonly catalogue: Catalogue, private readonly wardrobe: Wardrobe, nameMax: number) {
    for (const trait of catalogue.traits) this.#draft[trait.name] = valueOf(trait, wardrobe.look)
    this.#name = element('input', { id: 'editor-name', test: 'editor-name', maxlength: nameMax, value: wardrobe.name, type: 'text' })
    const groups = [...new Set(catalogue.traits.map((trait) => trait.group))]
    this.root.append(
      element('h2', { text: 'My look' }),
      element('div', { class: 'trait' }, element('label', { for: 'editor-name', text: 'name' }), this.#name),
      ...groups.map((group) => element('fieldset', {}, element('legend', { text: words(group) }),
        ...catalogue.traits.filter((trait) => trait.group === group).map((trait) => this.#trait(trait)))),
      this.#problem,
      element('div', { class: 'choices' },
        element('button', { type: 'submit', text: 'Save', test: 'editor-save', class: 'big' }),
        button('Surprise me', 'editor-surprise', () => this.#surprise()), button('Cancel', 'editor-cancel', () => this.close())),
    )
    this.root.addEventListener('submit', (event) => {
      event.preventDefault()
      void this.#save()
    })
  }

  close(): void {
    this.wardrobe.preview(null)
    this.root.remove()
    this.wardrobe.done()
  }

  #trait(trait: Trait): HTMLElement {
    const id = `trait-${trait.name}`
    const label = element('label', { for: id, text: words(trait.name) })
    if (trait.kind === 'colour') return this.#colours(trait)
    const value = String(this.#draft[trait.name])
    const input = trait.kind === 'slider'
      ? element('input', { type: 'range', id, test: id, min: 0, max: trait.most, value })
      : element('select', { id, test: id }, ...(trait.options ?? []).map((option, n) =>
        element('option', { value: n, text: words(option), selected: String(n) === value })))
    input.addEventListener('input', () => this.#set(trait, Number(input.value)))
    return element('div', { class: 'trait' }, label, input)
  }

  #colours(trait: Trait): HTMLElement {
    const swatches = (this.catalogue.palettes[trait.palette ?? ''] ?? []).map((swatch, n) => {
      const input = element('input', { type: 'radio', name: trait.name, value: n, 'aria-label': words(swatch.name), test: `trait-${trait.name}-${swatch.name}` })
      input.checked = n === this.#draft[trait.name]
      input.style.backgroundColor = swatch.rgb
      input.addEventListener('input', () => this.#set(trait, n))
      return input
    })
    return element('div', { class: 'trait', role: 'radiogroup', 'aria-label': words(trait.name) },
      element('span', { text: words(trait.name) }), element('div', { class: 'swatches' }, ...swatches))
  }

  #set(trait: Trait, value: number): void {
    this.#draft[trait.name] = value
    this.wardrobe.preview(this.#draft)
  }

  /** Any value of each trait, sliders not at their ends. */
  #surprise(): void {
    for (const trait of this.catalogue.traits) {
      const part = trait.kind === 'slider' ? 0.2 + 0.6 * Math.random() : Math.random()
      this.#draft[trait.name] = Math.min(trait.most, Math.floor(part * (trait.most + 1)))
      const field = this.root.querySelector<HTMLInputElement | HTMLSelectElement>(`#trait-${CSS.escape(trait.name)}`)
      if (field) field.value = String(this.#draft[trait.name])
      for (const radio of this.root.querySelectorAll<HTMLInputElement>(`input[name="${CSS.escape(trait.name)}"]`)) {
        radio.checked = Number(radio.value) === this.#draft[trait.name]
      }
    }
    this.wardrobe.preview(this.#draft)
  }

  async #save(): Promise<void> {
    const name = readable(this.#name.value, 24)
    try {
      await this.wardrobe.save({ ...this.#draft }, name !== '' && name !== this.wardrobe.name ? name : null)
      this.close()
    } catch (error) {
      this.#problem.textContent = readable(error instanceof Error ? error.message : String(error))
      this.#problem.hidden = false
    }
  }
}
