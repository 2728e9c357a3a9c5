/** From a look, as the city tells it, to the measures and colours that a body is drawn with. */

/** How the city describes what can be shaped (`CityMap.avatar`). */
export interface Catalogue {
  readonly traits: readonly Trait[]
  readonly palettes: Readonly<Record<string, readonly Swatch[]>>
}
export interface Trait {
  readonly name: string
  readonly group: string
  readonly kind: 'slider' | 'choice' | 'colour'
  readonly default: number
  readonly most: number
  readonly options?: readonly string[]
  readonly palette?: string
}
export interface Swatch {
  readonly name: string
  readonly rgb: string
}
export type Look = Readonly<Record<string, unknown>>

/** Measures in metres and parts, colours as 0xrrggbb, choices by name. */
export interface Figure {
  /** 1 is 1.75 m. */
  readonly height: number
  readonly build: number
  readonly head: number
  readonly eyes: number
  readonly brow: number
  readonly nose: number
  readonly mouth: number
  readonly skin: number
  readonly hair: string
  readonly hairColour: number
  readonly top: string
  readonly topColour: number
  readonly legs: string
  readonly legsColour: number
  readonly shoesColour: number
  readonly accessory: string
}

// Where a city has no catalogue, or one without these names, bodies are still bodies.
const PLAIN: Readonly<Record<string, string>> = {
  skin: '#d59f70', hair_colour: '#5f3f2a', top_colour: '#2a9d8f', legs_colour: '#27365c', shoes_colour: '#f4f4f1',
}

/** More traits than the wire allows: what is beyond them is no catalogue. */
const TRAITS_MAX = 64

/** The catalogue in what `/city.json` says, or null if there is none that we understand. */
export function catalogueOf(described: unknown): Catalogue | null {
  if (typeof described !== 'object' || described === null) return null
  const { traits, palettes } = described as Partial<Catalogue>
  if (!Array.isArray(traits) || typeof palettes !== 'object' || palettes === null) return null
  return { traits: (traits as readonly Trait[]).slice(0, TRAITS_MAX), palettes }
}

/** The value of a trait in a look: whole, within bounds, its default where there is none. */
export function valueOf(trait: Trait, look: Look): number {
  const value = look[trait.name]
  if (typeof value !== 'number' || !Number.isFinite(value)) return trait.default
  return Math.min(trait.most, Math.max(0, Math.round(value)))
}

/** `#rrggbb` as a number; black for anything else. */
export function rgb(text: string): number {
  return /^#[0-9a-f]{6}$/i.test(text) ? Number.parseInt(text.slice(1), 16) : 0
}

/** What a look comes to; traits that nobody can draw are left alone. */
export function figureOf(catalogue: Catalogue | null, look: Look): Figure {
  const traits = new Map(catalogue?.traits.map((trait) => [trait.name, trait]))
  const part = (name: string, least: number, most: number): number => {
    const trait = traits.get(name)
    const value = trait === undefined ? 0.5 : valueOf(trait, look) / Math.max(1, trait.most)
    return least + (most - least) * value
  }
  const choice = (name: string, otherwise: string): string => {
    const trait = traits.get(name)
    return trait === undefined ? otherwise : (trait.options?.[valueOf(trait, look)] ?? otherwise)
  }
  const colour = (name: string): number => {
    const trait = traits.get(name)
    const swatches = catalogue?.palettes[trait?.palette ?? '']
    const swatch = trait === undefined ? undefined : swatches?.[valueOf(trait, look)]
    return rgb(swatch?.rgb ?? PLAIN[name] ?? '#808080')
  }
  return {
    height: part('height', 0.84, 1.16), build: part('build', 0.78, 1.28), head: part('head', 0.88, 1.14),
    eyes: part('eyes', 0.6, 1.5), brow: part('brow', 0.5, 1.9), nose: part('nose', 0.5, 1.7),
    mouth: part('mouth', 0.6, 1.5), skin: colour('skin'), hair: choice('hair', 'short'),
    hairColour: colour('hair_colour'), top: choice('top', 'tee'), topColour: colour('top_colour'),
    legs: choice('legs', 'trousers'), legsColour: colour('legs_colour'), shoesColour: colour('shoes_colour'),
    accessory: choice('accessory', 'none'),
  }
}
