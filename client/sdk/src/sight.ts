/** What is seen of the city beside its people: crystals, fireworks, the glow beyond them, the crowd, and who is who. */

import { readCrystals } from './frames.js'
import type { CrowdMessage, CrystalsMessage, EventFields, ProfileRow, SkyMessage } from './generated/wire.js'
import type { Crystal, CrowdMap, Firework, Profile, SkyGlow } from './types.js'

/** Three are told in a frame, and none burns longer than half a minute: more than that are never in the air for us. */
const FIREWORKS_MAX = 1024
/** A day in a full plaza is more, but who was seen hours ago is introduced again on the next connection at the latest. */
const PROFILES_MAX = 4096

export class Sight {
  crystals: readonly Crystal[] = []
  crowd: CrowdMap | null = null
  sky: SkyGlow | null = null
  #fireworks: Firework[] = []
  readonly #profiles = new Map<number, Profile>()
  #traits: readonly string[] = []

  hearCrystals(message: CrystalsMessage): void {
    this.crystals = readCrystals(message.rows, message.x, message.y, message.z)
  }

  hearCrowd(message: CrowdMessage): void {
    const { tick, x, z, cell, columns, rows, counts } = message
    // Its own bytes: those of the message are a view of all that was received with it.
    this.crowd = { tick, x, z, cell, columns, rows, counts: counts.slice() }
  }

  hearSky(message: SkyMessage): void {
    this.sky = { tick: message.tick, counts: message.counts.slice() }
  }

  /** A firework of which we are told; null if it says too little to be drawn. */
  launch(fields: Readonly<Record<string, unknown>>, tick: number): Firework | null {
    const told = fields as Partial<EventFields['firework_launched']>
    const numbers = [told.seed, told.x, told.y, told.z, told.start_tick, told.burst_tick, told.end_tick, told.height]
    if (!numbers.every(Number.isFinite) || !Array.isArray(told.colours)) return null
    const known = fields as unknown as EventFields['firework_launched']
    const firework: Firework = {
      entity: known.entity, kind: known.kind, colours: known.colours, seed: known.seed,
      x: known.x, y: known.y, z: known.z, height: known.height, importance: known.importance,
      startTick: known.start_tick, burstTick: known.burst_tick, endTick: known.end_tick,
    }
    this.#fireworks = [...this.fireworksAt(tick), firework].slice(-FIREWORKS_MAX)
    return firework
  }

  /** Those that are in the air or about to be, the oldest first. */
  fireworksAt(tick: number): readonly Firework[] {
    if (this.#fireworks.some((each) => each.endTick < tick)) {
      this.#fireworks = this.#fireworks.filter((each) => each.endTick >= tick)
    }
    return this.#fireworks
  }

  profile(entity: number): Profile | undefined {
    return this.#profiles.get(entity)
  }

  /** Introductions; the oldest of whoever is out of sight make room. Returns those that are new. */
  introduce(rows: readonly ProfileRow[], inSight: (entity: number) => boolean): Profile[] {
    for (const { entity, version, name, look } of rows) {
      this.#profiles.delete(entity)
      this.#profiles.set(entity, { entity, version, name, look: this.#named(look) })
    }
    for (const entity of this.#profiles.keys()) {
      if (this.#profiles.size <= PROFILES_MAX) break
      if (!inSight(entity)) this.#profiles.delete(entity)
    }
    return rows.map((row) => this.#profiles.get(row.entity)!)
  }

  /** A look's bytes under the names of the traits; what only one side knows is left out. */
  #named(look: Uint8Array): Profile['look'] {
    const known = this.#traits.slice(0, look.length)
    return Object.fromEntries(known.map((trait, at) => [trait, look[at]!]))
  }

  /** Another connection: everything is told again, and these are the traits of a look in their order. */
  begin(traits: readonly string[]): void {
    this.#traits = traits
    this.crystals = []
    this.crowd = this.sky = null
    this.#fireworks = []
    this.#profiles.clear()
  }
}
