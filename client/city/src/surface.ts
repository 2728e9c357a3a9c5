/** `window.futureCity`: what tests and the curious may read; nothing in it changes anything. See README.md. */

import type { City } from '@futurecity/client'
import { sparks, SPARKS_MAX, SPARK_STRIDE } from './sparks'
import type { Stats } from './view'

export interface Surface {
  /** Which screen is shown ("" in the city), and the status of the connection. */
  status(): { readonly screen: string; readonly connection: string; readonly flat: boolean }
  me(): { readonly entity: number; readonly name: string; readonly x: number; readonly y: number; readonly z: number; readonly heading: number; readonly animation: number; readonly zone: string } | null
  avatars(): { readonly entity: number; readonly x: number; readonly y: number; readonly z: number; readonly animation: number; readonly name: string | null; readonly look: Readonly<Record<string, unknown>> }[]
  balance(): number | null
  crystals(): { readonly crystal: number; readonly x: number; readonly z: number }[]
  tick(): number
  /** Every firework known, who lit it (0 in a show), and where its sparks are at a tick: x, y, z, brightness, colour for each, in one flat list. */
  bursts(tick: number): { readonly entity: number; readonly seed: number; readonly kind: string; readonly startTick: number; readonly burstTick: number; readonly endTick: number; readonly sparks: number[] }[]
  stats(): Stats | null
  /** What the page shows of our own look. */
  look(): Readonly<Record<string, unknown>>
}

declare global {
  interface Window {
    readonly futureCity: Surface
  }
}

/** What the surface looks into; all of it may be missing before one is in. */
export interface Inside {
  screen(): string
  city(): City | null
  flat(): boolean
  stats(): Stats | null
  look(): Readonly<Record<string, unknown>>
}

/** Put the surface on the window, where it stays. */
export function expose(inside: Inside): void {
  Object.defineProperty(window, 'futureCity', { value: Object.freeze(surfaceOf(inside)), writable: false, configurable: false })
}

export function surfaceOf(inside: Inside): Surface {
  return {
    status: () => ({ screen: inside.screen(), connection: inside.city()?.status ?? 'none', flat: inside.flat() }),
    me: () => {
      const city = inside.city()
      if (!city?.me) return null
      const { entity, name, x, y, z, heading, animation, zone } = city.me
      return { entity, name, x, y, z, heading, animation, zone: city.zones.find((each) => each.number === zone)?.name ?? '' }
    },
    // Copied one by one: the SDK tells of all of them with the same object.
    avatars: () => Array.from(inside.city()?.avatars() ?? [], ({ entity, x, y, z, animation, profile }) =>
      ({ entity, x, y, z, animation, name: profile?.name ?? null, look: { ...profile?.look } })),
    balance: () => inside.city()?.me?.balance ?? null,
    crystals: () => (inside.city()?.crystals ?? []).map(({ crystal, x, z }) => ({ crystal, x, z })),
    tick: () => inside.city()?.clock.tickNow() ?? 0,
    bursts: (tick) => (inside.city()?.fireworks ?? []).map((firework) => {
      const into = new Float32Array(SPARKS_MAX * SPARK_STRIDE)
      const count = sparks(firework, tick, into)
      const { entity, seed, kind, startTick, burstTick, endTick } = firework
      return { entity, seed, kind, startTick, burstTick, endTick, sparks: [...into.subarray(0, count * SPARK_STRIDE)] }
    }),
    stats: () => inside.stats(),
    look: () => ({ ...inside.look() }),
  }
}
