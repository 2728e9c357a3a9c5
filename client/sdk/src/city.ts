import { Emitter } from './emitter.js'
import type { CityMap, Zone } from './generated/wire.js'
import type {
  Avatar, AvatarColumns, Crystal, CrowdMap, Ending, Firework, Happening, Intent, Me, Profile, Quality, Queue, Refusal,
  SkyGlow, Status,
} from './types.js'

/** What `City.connect` may be told. */
export interface ConnectOptions {
  /** The name on our plate; left out: the city chooses. */
  readonly name?: string
  /** Who we are in the books: the `token` of an earlier welcome, or a signed proof. */
  readonly token?: string
  /** The way back into a body that we had: `City.resume` of then, as JSON-able data. */
  readonly resume?: Resume
  /** Our own name and version, for the operator's log. */
  readonly client?: string
  /** The WebSocket class; left out: the global one. In Node 20: `ws`. */
  readonly WebSocket?: unknown
  /** The map, if it is at hand; left out: fetched from `/city.json` beside the game; null: none, and no prediction. */
  readonly map?: CityMap | null
}

/** The way back into our body, within half a minute after the link is lost. A secret. */
export interface Resume {
  readonly resume: string
  readonly heard: number
}

/** What the city says when we are let in. */
export interface Welcome {
  readonly entity: number
  readonly name: string
  readonly account: string
  readonly balance: number
  readonly resumed: boolean
  /** A guest's way back on any later day: keep it; null for who came with a signed proof. */
  readonly token: string | null
  /** What was kept with `keep`, on this or any other client. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Whether all that we alone were told meanwhile has been told again. */
  readonly nothingMissed: boolean
  readonly server: string
  readonly session: string
}

/** Every event of a City, and what a listener is given. */
export interface CityEvents {
  status: { readonly status: Status; readonly before: Status }
  queued: Queue
  welcome: Welcome
  map: CityMap
  /** Everything that happens, whatever its name. `event:said` and the like come one by one. */
  happened: Happening
  [event: `event:${string}`]: Happening
  denied: Refusal
  profile: Profile
  firework: Firework
  /** The city closes in so many seconds. */
  closing: { readonly inS: number; readonly reason: string }
  /** We were elsewhere than we thought, by so much. */
  corrected: { readonly byCm: number }
  /** The link is lost; `retryInMs` says when it is tried again. */
  away: Ending
  closed: Ending
}

/** A player in the city. */
export declare class City extends Emitter<CityEvents> {
  private constructor()
  /** Go to the city at `ws://host:port/play`; comes back at once, events tell how it goes. */
  static connect(url: string, options?: ConnectOptions): City
  readonly status: Status
  readonly queue: Queue | null
  readonly welcome: Welcome | null
  /** The map, as soon as it is here. */
  readonly map: CityMap | null
  readonly zones: readonly Zone[]
  /** The deeds that may be done and the events that may be heard, with their fields. */
  readonly deeds: Readonly<Record<string, Readonly<Record<string, unknown>>>>
  /** Ourselves, as we should be drawn now; null before the first frame. */
  readonly me: Me | null
  /** The city's one clock. */
  readonly clock: {
    /** The server's tick now, with a fraction. */
    tickNow(): number
    /** The server's tick at a moment of `performance.now()`. */
    tickAt(ms: number): number
    /** The moment of a tick. */
    msOf(tick: number): number
    readonly tickRateHz: number
  }
  readonly crowd: CrowdMap | null
  readonly crystals: readonly Crystal[]
  /** Fireworks that are in the air or about to be, the oldest first. */
  readonly fireworks: readonly Firework[]
  readonly sky: SkyGlow | null
  readonly shedLevel: number
  readonly quality: Quality
  /** Our way back, to come back after the page is loaded again; null before there is one. */
  readonly resume: Resume | null
  /** Go on like this until told otherwise. */
  move(intent: Intent): void
  /**
   * Do something. Resolves with what happened when it is settled in the books (`pick_up_crystal`, `light_firework`), with
   * null when any other deed has not been refused; rejects with `Denied`, or with `Undecided` when the answer was lost.
   */
  do(deed: string, fields?: Readonly<Record<string, unknown>>): Promise<Happening | null>
  /** Keep settings of ours (1024 bytes packed): the next welcome brings them back. */
  keep(settings: Readonly<Record<string, unknown>>): void
  /** Everybody near, where they should be drawn at a moment of `performance.now()`. */
  avatars(atMs?: number): Iterable<Avatar>
  /** The same as plain arrays, for instancing: fills `into` and returns how many there are. */
  packAvatars(into: AvatarColumns, atMs?: number): number
  /** Room for so many avatars. */
  static columns(capacity?: number): AvatarColumns
  profileOf(entity: number): Profile | undefined
  /** Say goodbye and come not back. */
  leave(): void
}
