/** The people near us: protocol/README.md, "Show the people near you". */

import { eachRecord, type FrameHeader } from './frames.js'
import { AVATAR_STRIDE, type Avatar, type AvatarColumns, type Profile } from './types.js'

/** How far in the past somebody is drawn who is in every frame, and who is in every third. */
const NEAR_MS = 150
const FAR_MS = 400
/** As shares of the time between two frames, for when there are fewer of them. */
const NEAR_FRAMES = 1.5
const FAR_FRAMES = 4
const EXTRAPOLATED_MS_MAX = 300
/** Out of sight: not in so many frames. */
const FRAMES_MISSED_MAX = 10
/** To come into sight, and to go out of it. */
const FADE_MS = 300
/** A change between near and far is drawn slower or faster by this much, and never jumps. */
const DELAY_GLIDE = 0.3
/** Faster than this on the ground, cm/s, and nobody ran there: one and a half times the fastest run of any content. */
const SPEED_MAX_CM_S = 1500
const JUMP_CM = 100
/** Places kept of each: enough to have one on either side of any moment that is drawn. */
const SAMPLES = 4
const FIELDS = 6
const AIR = 3
/** Twice the interest set: those who fade out are in it, too. */
const KEPT_MAX = 128

/** One avatar: the last few places, the newest first, six numbers each: ms, x, y, z, heading, animation. */
class Neighbour {
  readonly samples = new Float64Array(SAMPLES * FIELDS)
  count = 0
  seenFrame = 0
  near = false
  delayMs: number
  drawnMs: number
  readonly firstMs: number
  leftMs = Infinity

  constructor(
    readonly entity: number,
    nowMs: number,
  ) {
    this.firstMs = this.drawnMs = nowMs
    this.delayMs = FAR_MS
  }

  add(ms: number, x: number, y: number, z: number, heading: number, animation: number): void {
    const s = this.samples
    const elapsedS = (ms - s[0]!) / 1000
    const way = Math.hypot(x - s[1]!, z - s[3]!)
    if (this.count > 0 && way > JUMP_CM + SPEED_MAX_CM_S * Math.max(elapsedS, 0)) this.count = 0
    s.copyWithin(FIELDS, 0, (SAMPLES - 1) * FIELDS)
    s.set([ms, x, y, z, heading, animation])
    this.count = Math.min(this.count + 1, SAMPLES)
  }

  /** Put where we are at a moment into `out`, from `at` on: x, y, z, heading, animation. */
  placeAt(ms: number, out: Float32Array | number[], at: number): void {
    const s = this.samples
    let newer = 0
    while (newer + 1 < this.count && s[(newer + 1) * FIELDS]! > ms) newer++
    const older = Math.min(newer + 1, this.count - 1)
    const [to, from] = [newer * FIELDS, older * FIELDS]
    const span = s[to]! - s[from]!
    let part = span > 0 ? (ms - s[from]!) / span : 1
    if (part > 1) part = this.#moving ? 1 + Math.min(ms - s[to]!, EXTRAPOLATED_MS_MAX) / span : 1
    part = Math.max(part, 0)
    for (let axis = 1; axis <= 3; axis++) out[at + axis - 1] = s[from + axis]! + (s[to + axis]! - s[from + axis]!) * part
    const turn = ((s[to + 4]! - s[from + 4]! + 384) & 255) - 128
    out[at + 3] = (s[from + 4]! + turn * Math.min(part, 1) + 256) % 256
    // What somebody does is seen when they are seen where they began it.
    out[at + 4] = part >= 1 ? s[to + 5]! : s[from + 5]!
  }

  presence(nowMs: number): number {
    const coming = Math.min((nowMs - this.firstMs) / FADE_MS, 1)
    const going = 1 - Math.max(nowMs - this.leftMs, 0) / FADE_MS
    return Math.max(Math.min(coming, going), 0)
  }

  get #moving(): boolean {
    return this.samples[5]! >= 1 && this.samples[5]! <= AIR
  }
}

export class Neighbours {
  readonly #kept = new Map<number, Neighbour>()
  #frame = 0
  #frameMs = 100
  #lastMs: number | null = null
  readonly #place = [0, 0, 0, 0, 0]

  /** How many are in sight. */
  get size(): number {
    return this.#kept.size
  }

  has(entity: number): boolean {
    return this.#kept.has(entity)
  }

  /** A frame has come, which shows the moment `tickMs`. */
  hear(header: FrameHeader, records: Uint8Array, tickMs: number, nowMs: number): void {
    if (this.#lastMs !== null) {
      const apart = Math.min(Math.max(tickMs - this.#lastMs, 0), 1000)
      this.#frameMs += (apart - this.#frameMs) / 8
    }
    this.#lastMs = tickMs
    this.#frame++
    eachRecord(records, (entity, dx, dy, dz, heading, animation) => {
      const kept = this.#kept.get(entity) ?? this.#newcomer(entity, nowMs)
      kept.near = this.#frame - kept.seenFrame <= 1
      kept.seenFrame = this.#frame
      kept.leftMs = Infinity
      kept.add(tickMs, header.x + dx, header.y + dy, header.z + dz, heading, animation)
    })
    this.#forget(nowMs)
  }

  clear(): void {
    this.#kept.clear()
    this.#lastMs = null
  }

  /** Everybody in sight at a moment. The object is the same each time. */
  *at(ms: number, profiles: (entity: number) => Profile | undefined): Generator<Avatar> {
    const avatar: Avatar = {
      entity: 0, x: 0, y: 0, z: 0, heading: 0, animation: 0, presence: 0, near: false, profile: undefined,
    }
    for (const kept of this.#kept.values()) {
      this.#draw(kept, ms, this.#place, 0)
      ;[avatar.x, avatar.y, avatar.z, avatar.heading, avatar.animation] = this.#place as [number, number, number, number, number]
      avatar.entity = kept.entity
      avatar.presence = kept.presence(ms)
      avatar.near = kept.near
      avatar.profile = profiles(kept.entity)
      yield avatar
    }
  }

  /** The same as plain arrays; as many as fit. */
  pack(into: AvatarColumns, ms: number): number {
    let count = 0
    for (const kept of this.#kept.values()) {
      if (count >= into.entities.length) break
      const at = count * AVATAR_STRIDE
      this.#draw(kept, ms, into.values, at)
      into.values[at + 5] = kept.presence(ms)
      into.entities[count++] = kept.entity
    }
    return (into.count = count)
  }

  #draw(kept: Neighbour, ms: number, out: Float32Array | number[], at: number): void {
    const usual = kept.near ? Math.max(NEAR_MS, NEAR_FRAMES * this.#frameMs) : Math.max(FAR_MS, FAR_FRAMES * this.#frameMs)
    const reach = Math.max(ms - kept.drawnMs, 0) * DELAY_GLIDE
    kept.delayMs += Math.max(-reach, Math.min(reach, usual - kept.delayMs))
    kept.drawnMs = Math.max(kept.drawnMs, ms)
    kept.placeAt(ms - kept.delayMs, out, at)
  }

  #newcomer(entity: number, nowMs: number): Neighbour {
    const kept = new Neighbour(entity, nowMs)
    if (this.#kept.size >= KEPT_MAX) this.#kept.delete(this.#kept.keys().next().value as number)
    this.#kept.set(entity, kept)
    return kept
  }

  #forget(nowMs: number): void {
    for (const kept of this.#kept.values()) {
      if (this.#frame - kept.seenFrame >= FRAMES_MISSED_MAX) kept.leftMs = Math.min(kept.leftMs, nowMs)
      if (nowMs - kept.leftMs >= FADE_MS) this.#kept.delete(kept.entity)
    }
  }
}
