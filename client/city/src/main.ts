/** The page: a gate, then a visit to the city. */

import { memory } from './memory'
import { Screens } from './screens'
import { expose } from './surface'
import { Visit } from './visit'

/** Until the city says what its own limit is. */
const NAME_CHARS_MAX = 24

const screens = new Screens()
document.body.append(screens.root)

let visit: Visit | null = null

function walkIn(name: string | null): void {
  visit = new Visit(document.body, screens, name)
}

expose({
  screen: () => screens.shown,
  city: () => visit?.city ?? null,
  flat: () => visit?.flat ?? false,
  stats: () => visit?.stats() ?? null,
  look: () => visit?.look ?? {},
})
screens.gate(memory.token() === null ? null : memory.name(), NAME_CHARS_MAX, walkIn)
