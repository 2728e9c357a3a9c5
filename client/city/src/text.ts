/** What somebody else wrote, made fit to be shown: as text, on one line, without anything that hides or turns it around. */

/** Longer than the city lets anybody say; whatever is beyond it did not come from the city. */
const CHARS_MAX = 200

// Controls, bidi overrides, invisible fillers and private use. Zero-width joiners stay: scripts and emoji need them.
const HIDDEN = /[\p{Cc}\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\p{Co}\p{Cs}]/gu

/** The text as one readable line of at most `max` characters; anything that is no text is none. */
export function readable(text: unknown, max = CHARS_MAX): string {
  if (typeof text !== 'string') return ''
  const line = text.slice(0, 4 * max).replace(/[\t\r\n]+/g, ' ').replace(HIDDEN, '').trim()
  const characters = [...line]
  return characters.length > max ? `${characters.slice(0, max - 1).join('')}…` : line
}

/** An identifier of the city as words: `grand_palm` is "grand palm". */
export function words(name: string): string {
  return readable(name, 40).replaceAll('_', ' ')
}
