/** What a client is told and may ask for. Places are centimetres of the city (+x east, +y up, +z north); directions are 256ths of a turn, clockwise from north. */

import type { FrameHeader } from './frames.js'
import type { CityMap, EventFields, Limits } from './generated/wire.js'
import type { SocketClass } from './surroundings.js'

/** connecting: on the way in. queued: in the waiting room. in: playing. away: the link is lost, coming back by itself. closed: over. */
export type Status = 'connecting' | 'queued' | 'in' | 'away' | 'closed'

/** Our place in the waiting room. */
export interface Queue {
  /** How many are let in before it is done, ourselves among them: 1 is next. */
  readonly position: number
  /** How long that may take; null while nobody can tell. */
  readonly estimateS: number | null
}

/** Where we intend to go, from now until the next `move`. Directions are taken modulo 256 and rounded. */
export interface Intent {
  /** The direction of travel. */
  readonly steer: number
  /** Where the face points; left out: the direction of travel. */
  readonly heading?: number
  /** 0 stand, 1 walk, 2 run. */
  readonly gait: 0 | 1 | 2
  /** Jump, once. */
  readonly jump?: boolean
}

/** Ourselves, as we should be drawn now. */
export interface Me {
  readonly entity: number
  readonly name: string
  readonly x: number
  readonly y: number
  readonly z: number
  readonly heading: number
  readonly animation: number
  readonly grounded: boolean
  /** The number of the zone we are in, and which copy of a crowded one. */
  readonly zone: number
  readonly layer: number
  /** Our crystals, as the books have told. */
  readonly balance: number
  readonly account: string
}

/** Who an entity is. */
export interface Profile {
  readonly entity: number
  readonly version: number
  readonly name: string
  /** The measure of each trait by its name, from 0. */
  readonly look: Readonly<Record<string, number>>
}

/** Somebody near, where they should be drawn at the moment that was asked for. The object is used again: copy what you keep. */
export interface Avatar {
  entity: number
  x: number
  y: number
  z: number
  /** 256ths of a turn, with a fraction between two that we were told. */
  heading: number
  animation: number
  /** 1, and less for whoever is just coming into or going out of sight. */
  presence: number
  /** Whether they are in every frame: near, and drawn 150 ms in the past; others 400 ms. */
  near: boolean
  profile: Profile | undefined
}

/** Numbers of one avatar in `AvatarColumns.values`: x, y, z, heading, animation, presence. */
export const AVATAR_STRIDE = 6

/** Room for avatars as plain arrays, for instanced drawing. `City.columns(capacity)` makes one. */
export interface AvatarColumns {
  readonly entities: Uint32Array
  /** AVATAR_STRIDE numbers for each. */
  readonly values: Float32Array
  /** How many are in it. */
  count: number
}

/** A crystal that lies free near us. */
export interface Crystal {
  readonly crystal: number
  readonly x: number
  readonly y: number
  readonly z: number
  /** How it looks: its place in `CityMap.crystals`. */
  readonly kind: number
  readonly value: number
}

/** A firework in the air, or about to be. Whoever draws it from `seed` and the ticks draws what everybody sees. */
export interface Firework {
  /** Who lit it; 0 in a show. */
  readonly entity: number
  readonly kind: string
  readonly colours: readonly string[]
  readonly seed: number
  readonly x: number
  readonly y: number
  readonly z: number
  readonly startTick: number
  readonly burstTick: number
  readonly endTick: number
  /** How far above its place it bursts, cm. */
  readonly height: number
  /** 0 to 2. */
  readonly importance: number
}

/** Bursts beyond those that we were told of, in the second before `tick`: one number for each eighth of the sky, from north clockwise. */
export interface SkyGlow {
  readonly tick: number
  readonly counts: Uint8Array
}

/** How many people stand where. The cell at column c and row r (from the south) holds `counts[r * columns + c]`; 255 is 255 or more. */
export interface CrowdMap {
  readonly tick: number
  readonly x: number
  readonly z: number
  readonly cell: number
  readonly columns: number
  readonly rows: number
  readonly counts: Uint8Array
}

/** Something that happened. */
export interface Happening<Fields = Readonly<Record<string, unknown>>> {
  readonly tick: number
  readonly event: string
  readonly fields: Fields
  /** 0: everybody near was told; otherwise the number of what we alone are told. */
  readonly serial: number
}

/** A deed that was not done, and why. */
export interface Refusal {
  readonly number: number
  readonly deed: string
  /** A word to branch on: see `REFUSALS`. */
  readonly reason: string
  readonly field: string | null
  readonly message: string
}

/** Why a connection ended, and when it is tried again: null if it is not. */
export interface Ending {
  /** A close code of the wire (`CLOSE_CODES`), or 1006 for a link that broke without a word. */
  readonly code: number
  readonly reason: string
  readonly retryInMs: number | null
}

/** How the connection is doing, for the curious. */
export interface Quality {
  /** Of the best of the last eight pings. */
  readonly rttMs: number
  /** Frames received in the last second. */
  readonly framesPerS: number
  /** How many ticks our own clock leads the server's. */
  readonly leadTicks: number
  /** How far the last correction moved us, and the farthest since Welcome, cm. */
  readonly correctionCm: number
  readonly correctionMaxCm: number
  /** How many corrections there were since Welcome. */
  readonly corrections: number
  /** How hard the server is pressed, 0 to 4 (`Frame.shed`). */
  readonly shed: number
  /** How many people we know of. */
  readonly avatars: number
}

/** What `City.connect` may be told. */
export interface ConnectOptions {
  /** The name on our plate; left out: the city chooses. */
  readonly name?: string
  /** Who we are in the books: the `token` of an earlier welcome, or a signed proof. */
  readonly token?: string
  /** The way back into a body that we had: `City.resume` of then. */
  readonly resume?: Resume
  /** Our own name and version, for the operator's log. */
  readonly client?: string
  /** The WebSocket class; left out: the global one. In Node 20 that of the package `ws`. */
  readonly WebSocket?: SocketClass
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
  /** Whether this is the body we had. */
  readonly resumed: boolean
  /** A guest's way back on any later day: keep it; null for who came with a signed proof. */
  readonly token: string | null
  /** What was kept with `keep`, on this or any other client. */
  readonly settings: Readonly<Record<string, unknown>>
  /** Whether all that we alone were told meanwhile is told again. */
  readonly nothingMissed: boolean
  readonly server: string
  readonly session: string
  readonly limits: Limits
}

/** The city's clock. Ticks have fractions; milliseconds are those of `performance.now()`. */
export interface CityClock {
  /** The server's tick now. */
  tickNow(): number
  tickAt(ms: number): number
  msOf(tick: number): number
  readonly tickRateHz: number
}

type NamedEvents = { [Name in keyof EventFields as `event:${Name}`]: Happening<EventFields[Name]> }

/** Every event of a City, and what a listener is given. */
export interface CityEvents extends NamedEvents {
  status: { readonly status: Status; readonly before: Status }
  queued: Queue
  welcome: Welcome
  map: CityMap
  /** The map could not be had: we are drawn where frames say, without prediction. */
  mapless: { readonly reason: string }
  /** Ten times a second: where the server has us. */
  frame: FrameHeader
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
