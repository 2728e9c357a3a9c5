/**
 * What the wire says, written by `make wire` from protocol/ and world/. Change those, and write it again.
 *
 * Names are those of the wire. A test fails while this file is not what the Python schemas say.
 */

export const PROTOCOL_VERSION = 1
export const CLIENT_MESSAGE_BYTES_MAX = 4096
export const SERVER_MESSAGE_BYTES_MAX = 65536
export const TCP_PREFIX_BYTES = 4
export const NAME_CHARS_MAX = 24
export const TOKEN_CHARS_MAX = 2048
export const RESUME_CHARS_MAX = 64
export const CLIENT_NAME_CHARS_MAX = 64
export const SETTINGS_BYTES_MAX = 1024
export const SETTINGS_LEVELS_MAX = 4
export const DEED_CHARS_MAX = 32
export const REASON_BYTES_MAX = 123
export const INTEREST_MAX = 64
export const FRAME_RECORDS_MAX = 32
export const FRAME_NEAREST = 16
export const PINNED_MAX = 8
export const SIGHT_CM_MAX = 32767
export const CRYSTALS_MAX = 24
export const SKY_EIGHTHS = 8
export const PROFILES_PER_MESSAGE_MAX = 8
export const FRAME_HEADER_BYTES = 28
export const RECORD_BYTES = 12
export const CRYSTAL_ROW_BYTES = 12
export const PARTS_PER_CM = 256

/** What an avatar is seen doing, by number. */
export const ANIMATIONS = ['stand', 'walk', 'run', 'air', 'sit', 'wave', 'clap', 'cheer', 'dance', 'bow', 'laugh'] as const

/** sin(i / 256 of a turn) * 32768, rounded, for i = 0 to 64. */
export const SINE_QUARTER: readonly number[] = [
  0, 804, 1608, 2411, 3212, 4011, 4808, 5602, 6393, 7180, 7962, 8740, 9512, 10279, 11039, 11793, 12540, 13279, 14010,
  14733, 15447, 16151, 16846, 17531, 18205, 18868, 19520, 20160, 20788, 21403, 22006, 22595, 23170, 23732, 24279, 24812,
  25330, 25833, 26320, 26791, 27246, 27684, 28106, 28511, 28899, 29269, 29622, 29957, 30274, 30572, 30853, 31114, 31357,
  31581, 31786, 31972, 32138, 32286, 32413, 32522, 32610, 32679, 32729, 32758, 32768,
]

/** One zone of the city: its number in frames, its name and its rectangle in centimetres. */
export interface Zone {
  readonly number: number
  readonly name: string
  readonly x: number
  readonly z: number
  readonly width: number
  readonly depth: number
}

/** What this server allows a client; exceeding it is refused, never silently trimmed. */
export interface Limits {
  readonly message_bytes_max: number
  readonly messages_per_s: number
  readonly messages_burst: number
  readonly idle_s: number
  readonly name_chars_max: number
  readonly interest_max: number
  readonly frame_records_max: number
}

/** Who an entity is: sent once to each viewer that comes to see it, and again when it changes. */
export interface ProfileRow {
  readonly entity: number
  readonly version: number
  readonly name: string
  readonly look: Uint8Array
}

/** The first message: who I am, or who I was (resume, from the last Welcome or the last Queued). */
export interface HelloMessage {
  readonly kind: 1
  readonly version: number
  readonly name: string | null
  readonly token: string | null
  readonly resume: string | null
  readonly client: string
  readonly heard: number
}

/** Where I intend to go, as eight packed bytes (protocol.frames.INTENT). */
export interface MoveMessage {
  readonly kind: 2
  readonly intent: Uint8Array
}

/** A deed by name. number is the client's own, and comes back in Denied. */
export interface DoMessage {
  readonly kind: 3
  readonly number: number
  readonly deed: string
  readonly fields: Readonly<Record<string, unknown>>
}

/** Are you there, and what tick is it? sent is echoed untouched. */
export interface PingMessage {
  readonly kind: 4
  readonly sent: number
}

/** I am leaving; do not keep my place. */
export interface ByeMessage {
  readonly kind: 5
}

/** Keep this for me: a map of the client's own settings, opaque to the city, that the next Welcome brings back. */
export interface KeepMessage {
  readonly kind: 6
  readonly settings: Readonly<Record<string, unknown>>
}

export type ClientMessage =
  | HelloMessage
  | MoveMessage
  | DoMessage
  | PingMessage
  | ByeMessage
  | KeepMessage

/** What the viewer sees now: whole, replaceable, never a delta. Layout in protocol.frames. */
export interface FrameMessage {
  readonly kind: 16
  readonly header: Uint8Array
  readonly records: Uint8Array
}

/** You are in. deeds and events describe every deed and event by name and field. */
export interface WelcomeMessage {
  readonly kind: 17
  readonly version: number
  readonly session: string
  readonly entity: number
  readonly name: string
  readonly resume: string
  readonly resumed: boolean
  readonly tick_rate_hz: number
  readonly frame_rate_hz: number
  readonly tick: number
  readonly time_s: number
  readonly zones: readonly Zone[]
  readonly deeds: Readonly<Record<string, unknown>>
  readonly events: Readonly<Record<string, unknown>>
  readonly limits: Limits
  readonly server: string
  readonly account: string
  readonly balance: number
  readonly token: string | null
  readonly settings: Readonly<Record<string, unknown>>
  readonly missed: number | null
}

/** The profiles of entities that appear in this frame for the first time. */
export interface ProfilesMessage {
  readonly kind: 18
  readonly profiles: readonly ProfileRow[]
}

/** How many people stand where, beyond the ones shown one by one. */
export interface CrowdMessage {
  readonly kind: 19
  readonly tick: number
  readonly x: number
  readonly z: number
  readonly cell: number
  readonly columns: number
  readonly rows: number
  readonly counts: Uint8Array
}

/** An event by name, with its fields as the catalogue describes them. */
export interface HappenedMessage {
  readonly kind: 20
  readonly tick: number
  readonly event: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly serial: number
}

/** A deed that was not done, and why; the session goes on. serial as in Happened, where a zone says it. */
export interface DeniedMessage {
  readonly kind: 21
  readonly number: number
  readonly deed: string
  readonly reason: string
  readonly field: string | null
  readonly message: string
  readonly serial: number
}

/** The answer to Ping: the current tick and how far into it the server is. */
export interface PongMessage {
  readonly kind: 22
  readonly sent: number
  readonly tick: number
  readonly into_tick_ms: number
}

/** The last message: why, and after how many seconds trying again makes sense (nil: do not). */
export interface GoodbyeMessage {
  readonly kind: 23
  readonly code: number
  readonly reason: string
  readonly retry_after_s: number | null
}

/** The crystals nearest to the viewer, whole and replaceable like a frame. */
export interface CrystalsMessage {
  readonly kind: 24
  readonly tick: number
  readonly x: number
  readonly y: number
  readonly z: number
  readonly rows: Uint8Array
}

/** How many bursts there were in each eighth of the sky beyond those told one by one; 255 means 255 or more. */
export interface SkyMessage {
  readonly kind: 25
  readonly tick: number
  readonly counts: Uint8Array
}

/** You are waiting to be let in: position people of your lane come first, yours included (1: you are next). */
export interface QueuedMessage {
  readonly kind: 26
  readonly ticket: string
  readonly position: number
  readonly estimate_s: number | null
}

/** The city closes in in_s seconds, for the reason given; Goodbye comes then. */
export interface ClosingMessage {
  readonly kind: 27
  readonly in_s: number
  readonly reason: string
}

export type ServerMessage =
  | FrameMessage
  | WelcomeMessage
  | ProfilesMessage
  | CrowdMessage
  | HappenedMessage
  | DeniedMessage
  | PongMessage
  | GoodbyeMessage
  | CrystalsMessage
  | SkyMessage
  | QueuedMessage
  | ClosingMessage

/** How a value looks on the wire: least and most bound a number, or the length of a str or bin. */
export interface Layout {
  readonly type: 'int' | 'float' | 'str' | 'bin' | 'bool' | 'map' | 'array' | 'record' | 'row'
  readonly least?: number
  readonly most?: number
  readonly nullable?: boolean
  readonly of?: Layout
  readonly fields?: readonly FieldLayout[]
}

export interface FieldLayout extends Layout {
  readonly name: string
  readonly default?: unknown
}

export interface MessageLayout {
  readonly kind: number
  readonly says: 'client' | 'server'
  readonly fields: readonly FieldLayout[]
}

export type MessageName =
  | 'Hello'
  | 'Move'
  | 'Do'
  | 'Ping'
  | 'Bye'
  | 'Keep'
  | 'Frame'
  | 'Welcome'
  | 'Profiles'
  | 'Crowd'
  | 'Happened'
  | 'Denied'
  | 'Pong'
  | 'Goodbye'
  | 'Crystals'
  | 'Sky'
  | 'Queued'
  | 'Closing'

/** Every message's kind, and its fields in the order of the wire. */
export const LAYOUTS: Readonly<Record<MessageName, MessageLayout>> = {
  Hello: {
    kind: 1,
    says: 'client',
    fields: [
      { name: 'version', type: 'int', least: 0, most: 65535 },
      { name: 'name', type: 'str', least: 1, most: 24, nullable: true, default: null },
      { name: 'token', type: 'str', most: 2048, nullable: true, default: null },
      { name: 'resume', type: 'str', most: 64, nullable: true, default: null },
      { name: 'client', type: 'str', most: 64, default: '' },
      { name: 'heard', type: 'int', least: 0, most: 4294967295, default: 0 },
    ],
  },
  Move: { kind: 2, says: 'client', fields: [{ name: 'intent', type: 'bin', least: 8, most: 8 }] },
  Do: {
    kind: 3,
    says: 'client',
    fields: [
      { name: 'number', type: 'int', least: 0, most: 4294967295 },
      { name: 'deed', type: 'str', least: 1, most: 32 },
      { name: 'fields', type: 'map' },
    ],
  },
  Ping: {
    kind: 4,
    says: 'client',
    fields: [{ name: 'sent', type: 'float', least: -1000000000000000.0, most: 1000000000000000.0 }],
  },
  Bye: { kind: 5, says: 'client', fields: [] },
  Keep: { kind: 6, says: 'client', fields: [{ name: 'settings', type: 'map' }] },
  Frame: {
    kind: 16,
    says: 'server',
    fields: [{ name: 'header', type: 'bin', least: 28, most: 28 }, { name: 'records', type: 'bin' }],
  },
  Welcome: {
    kind: 17,
    says: 'server',
    fields: [
      { name: 'version', type: 'int', least: 0, most: 65535 },
      { name: 'session', type: 'str' },
      { name: 'entity', type: 'int', least: 0, most: 4294967295 },
      { name: 'name', type: 'str' },
      { name: 'resume', type: 'str' },
      { name: 'resumed', type: 'bool' },
      { name: 'tick_rate_hz', type: 'int', least: 0, most: 255 },
      { name: 'frame_rate_hz', type: 'int', least: 0, most: 255 },
      { name: 'tick', type: 'int', least: 0, most: 4294967295 },
      { name: 'time_s', type: 'float' },
      {
        name: 'zones',
        type: 'array',
        of: {
          type: 'record',
          fields: [
            { name: 'number', type: 'int', least: 0, most: 255 },
            { name: 'name', type: 'str' },
            { name: 'x', type: 'int', least: -2147483648, most: 2147483647 },
            { name: 'z', type: 'int', least: -2147483648, most: 2147483647 },
            { name: 'width', type: 'int', least: -2147483648, most: 2147483647 },
            { name: 'depth', type: 'int', least: -2147483648, most: 2147483647 },
          ],
        },
      },
      { name: 'deeds', type: 'map' },
      { name: 'events', type: 'map' },
      {
        name: 'limits',
        type: 'record',
        fields: [
          { name: 'message_bytes_max', type: 'int', least: 0, most: 4294967295 },
          { name: 'messages_per_s', type: 'int', least: 0, most: 65535 },
          { name: 'messages_burst', type: 'int', least: 0, most: 65535 },
          { name: 'idle_s', type: 'int', least: 0, most: 65535 },
          { name: 'name_chars_max', type: 'int', least: 0, most: 255 },
          { name: 'interest_max', type: 'int', least: 0, most: 255 },
          { name: 'frame_records_max', type: 'int', least: 0, most: 255 },
        ],
      },
      { name: 'server', type: 'str' },
      { name: 'account', type: 'str', default: '' },
      { name: 'balance', type: 'int', least: 0, most: 9007199254740991, default: 0 },
      { name: 'token', type: 'str', nullable: true, default: null },
      { name: 'settings', type: 'map', default: {} },
      { name: 'missed', type: 'int', least: 0, most: 65535, nullable: true, default: 0 },
    ],
  },
  Profiles: {
    kind: 18,
    says: 'server',
    fields: [
      {
        name: 'profiles',
        type: 'array',
        of: {
          type: 'row',
          fields: [
            { name: 'entity', type: 'int', least: 0, most: 4294967295 },
            { name: 'version', type: 'int', least: 0, most: 65535 },
            { name: 'name', type: 'str' },
            { name: 'look', type: 'bin' },
          ],
        },
      },
    ],
  },
  Crowd: {
    kind: 19,
    says: 'server',
    fields: [
      { name: 'tick', type: 'int', least: 0, most: 4294967295 },
      { name: 'x', type: 'int', least: -2147483648, most: 2147483647 },
      { name: 'z', type: 'int', least: -2147483648, most: 2147483647 },
      { name: 'cell', type: 'int', least: 0, most: 65535 },
      { name: 'columns', type: 'int', least: 0, most: 255 },
      { name: 'rows', type: 'int', least: 0, most: 255 },
      { name: 'counts', type: 'bin' },
    ],
  },
  Happened: {
    kind: 20,
    says: 'server',
    fields: [
      { name: 'tick', type: 'int', least: 0, most: 4294967295 },
      { name: 'event', type: 'str' },
      { name: 'fields', type: 'map' },
      { name: 'serial', type: 'int', least: 0, most: 4294967295, default: 0 },
    ],
  },
  Denied: {
    kind: 21,
    says: 'server',
    fields: [
      { name: 'number', type: 'int', least: 0, most: 4294967295 },
      { name: 'deed', type: 'str' },
      { name: 'reason', type: 'str' },
      { name: 'field', type: 'str', nullable: true },
      { name: 'message', type: 'str' },
      { name: 'serial', type: 'int', least: 0, most: 4294967295, default: 0 },
    ],
  },
  Pong: {
    kind: 22,
    says: 'server',
    fields: [
      { name: 'sent', type: 'float' },
      { name: 'tick', type: 'int', least: 0, most: 4294967295 },
      { name: 'into_tick_ms', type: 'float' },
    ],
  },
  Goodbye: {
    kind: 23,
    says: 'server',
    fields: [
      { name: 'code', type: 'int', least: 0, most: 65535 },
      { name: 'reason', type: 'str' },
      { name: 'retry_after_s', type: 'float', nullable: true },
    ],
  },
  Crystals: {
    kind: 24,
    says: 'server',
    fields: [
      { name: 'tick', type: 'int', least: 0, most: 4294967295 },
      { name: 'x', type: 'int', least: -2147483648, most: 2147483647 },
      { name: 'y', type: 'int', least: -2147483648, most: 2147483647 },
      { name: 'z', type: 'int', least: -2147483648, most: 2147483647 },
      { name: 'rows', type: 'bin', most: 288 },
    ],
  },
  Sky: {
    kind: 25,
    says: 'server',
    fields: [{ name: 'tick', type: 'int', least: 0, most: 4294967295 }, { name: 'counts', type: 'bin', least: 8, most: 8 }],
  },
  Queued: {
    kind: 26,
    says: 'server',
    fields: [
      { name: 'ticket', type: 'str', most: 64 },
      { name: 'position', type: 'int', least: 0, most: 4294967295 },
      { name: 'estimate_s', type: 'float', nullable: true },
    ],
  },
  Closing: { kind: 27, says: 'server', fields: [{ name: 'in_s', type: 'float' }, { name: 'reason', type: 'str' }] },
}

/** Why a connection ended. */
export const CLOSE_CODES = {
  BYE: 1000,
  GOING_AWAY: 1001,
  TEXT_FRAME: 1003,
  TOO_BIG: 1009,
  MALFORMED: 4000,
  INVALID: 4001,
  UNKNOWN_KIND: 4002,
  UNSUPPORTED_VERSION: 4003,
  UNEXPECTED: 4004,
  HELLO_TIMEOUT: 4005,
  IDLE: 4006,
  FLOOD: 4007,
  BAD_TOKEN: 4008,
  FULL: 4009,
  SLOW: 4010,
  REPLACED: 4011,
  INTERNAL: 4012,
  UNAVAILABLE: 4013,
  KICKED: 4014,
  BANNED: 4015,
} as const

/** After how many seconds trying again makes sense, by close code; null: it does not. */
export const RETRY_AFTER_S: Readonly<Record<number, number | null>> = {
  1000: null,
  1001: 5,
  1003: null,
  1009: null,
  4000: null,
  4001: null,
  4002: null,
  4003: null,
  4004: null,
  4005: 1,
  4006: 0,
  4007: 30,
  4008: null,
  4009: 10,
  4010: 5,
  4011: null,
  4012: 5,
  4013: 5,
  4014: 60,
  4015: null,
}

/** The words of Denied.reason that are known; the set may grow. */
export const REFUSALS = [
  'already_here',
  'already_in_party',
  'already_sitting',
  'bad_code',
  'bad_row',
  'bad_text',
  'blank_text',
  'blocked',
  'busy',
  'closed',
  'closing',
  'fault',
  'gone',
  'half_a_place',
  'insufficient',
  'invalid',
  'muted',
  'needs_restart',
  'no_account',
  'no_party',
  'no_seconds',
  'no_such_colour',
  'no_such_event',
  'no_such_firework',
  'no_such_spawn',
  'no_such_trait',
  'not_for_sale',
  'not_here',
  'not_refunded',
  'not_standing',
  'out_of_range',
  'out_of_zone',
  'party_full',
  'rate',
  'refused',
  'rehearsal',
  'sky_full',
  'switched_off',
  'taken',
  'too_far',
  'too_long',
  'too_often',
  'unknown_deed',
  'wrong_state',
  'zone_full',
] as const

export type RefusalReason = (typeof REFUSALS)[number]

/** What a deed takes, by its name. */
export interface DeedFields {
  /** Speak. */
  say: {
    readonly text: string
  }
  /** Wave with one hand. */
  wave: {
    readonly hand: 'left' | 'right'
  }
  /** Show a feeling with the whole body. */
  emote: {
    readonly kind: 'bow' | 'cheer' | 'clap' | 'dance' | 'laugh'
  }
  /** Sit down where you stand. */
  sit: Readonly<Record<string, never>>
  /** Pick up the crystal of this id, which must be within reach. */
  pick_up_crystal: {
    readonly crystal: number
  }
  /** Light a firework of this kind in one to three colours, at a place or, without one, right ahead. */
  light_firework: {
    readonly kind: string
    readonly colours: readonly string[]
    readonly x?: number | null
    readonly z?: number | null
  }
  /** Belong to whoever says the same code; nobody is told what it is. */
  join_party: {
    readonly code: string
  }
  /** Go on without your friends. */
  leave_party: Readonly<Record<string, never>>
  /** Look like this; traits that are left out stay as they are, and so does the name. */
  reshape: {
    readonly look?: Readonly<Record<string, unknown>>
    readonly name?: string | null
  }
}

/** What an event says, by its name. */
export interface EventFields {
  /** Somebody spoke. */
  said: {
    readonly entity: number
    readonly text: string
  }
  /** Somebody waved. */
  waved: {
    readonly entity: number
    readonly hand: string
  }
  /** Somebody showed a feeling. */
  emoted: {
    readonly entity: number
    readonly kind: string
  }
  /** Somebody sat down. */
  sat: {
    readonly entity: number
  }
  /** It is yours and in the books under receipt; balance is what you have now, number your wish's. */
  crystal_gained: {
    readonly receipt: string
    readonly crystal: number
    readonly value: number
    readonly balance: number
    readonly number: number
  }
  /** You have picked up a crystal of a rehearsal: it would be worth value, and brings nothing. */
  crystal_rehearsed: {
    readonly crystal: number
    readonly value: number
    readonly number: number
  }
  /** Somebody has picked up a crystal. */
  crystal_taken: {
    readonly entity: number
    readonly crystal: number
  }
  /** It rises from (x, y, z) at start_tick, bursts height cm above at burst_tick and is gone after end_tick. */
  firework_launched: {
    readonly entity: number
    readonly kind: string
    readonly colours: readonly string[]
    readonly seed: number
    readonly x: number
    readonly y: number
    readonly z: number
    readonly start_tick: number
    readonly burst_tick: number
    readonly end_tick: number
    readonly height: number
    readonly importance: number
  }
  /** Yours is paid and rises at start_tick; balance is what you have now, number your wish's. */
  firework_settled: {
    readonly receipt: string
    readonly number: number
    readonly cost: number
    readonly balance: number
    readonly start_tick: number
  }
  /** Yours was paid, could not be launched for a reason, and is paid back. */
  firework_refunded: {
    readonly receipt: string
    readonly number: number
    readonly reason: string
    readonly balance: number
  }
  /** The rain or show of this name is idle, running, paused or ending now; kind is rain or show. */
  event_changed: {
    readonly event: string
    readonly kind: string
    readonly state: string
  }
  /** Whoever runs the city has said this. It has a serial, and no cap keeps it from anybody. */
  announced: {
    readonly text: string
  }
  /** From now on these kinds of fireworks are for sale, each for so many crystals, and no others. */
  prices_changed: {
    readonly fireworks: Readonly<Record<string, unknown>>
  }
  /** Your deed of this number is still being stored; it will be confirmed or refused. */
  settlement_pending: {
    readonly deed: string
    readonly number: number
  }
  /** entity, you or another, belongs to your party from now on; so many of it are in this zone, you among them. */
  party_joined: {
    readonly entity: number
    readonly members: number
  }
  /** entity, you or another, belongs to your party no more; so many of it are left in this zone. */
  party_left: {
    readonly entity: number
    readonly members: number
  }
  /** You are called called and look like this now, the whole of it; everybody else gets your new profile. */
  reshaped: {
    readonly entity: number
    readonly version: number
    readonly called: string
    readonly look: Readonly<Record<string, unknown>>
  }
}

/** Deeds that are settled in the books, and the events that answer one by the number in them. */
export const ANSWERS: Readonly<Record<string, readonly string[]>> = { pick_up_crystal: ['crystal_gained', 'crystal_rehearsed'], light_firework: ['firework_settled', 'firework_refunded'] }

/** What the rule of movement feeds on: paces of stand, walk and run in 256ths of a cm, and gravity of one tick. */
export interface MovementNumbers {
  readonly paces: readonly number[]
  readonly step_cm: number
  readonly jump_cm_s: number
  readonly gravity_cm_s: number
  readonly fall_cm_s: number
  readonly intent_ticks: number
}

/** A terrace or a building: level at top. */
export interface BlockChart {
  readonly name: string
  readonly x: number
  readonly z: number
  readonly width: number
  readonly depth: number
  readonly top: number
}

/** Ground that climbs evenly from low to high, towards the side it rises to. */
export interface RampChart {
  readonly name: string
  readonly x: number
  readonly z: number
  readonly width: number
  readonly depth: number
  readonly low: number
  readonly high: number
  readonly rises: 'east' | 'north' | 'south' | 'west'
}

/** People appear anywhere in the square of twice spread around it. */
export interface SpawnChart {
  readonly name: string
  readonly x: number
  readonly z: number
  readonly spread: number
  readonly facing: number
}

/** Where a digital person stands. */
export interface HostChart {
  readonly name: string
  readonly title: string
  readonly x: number
  readonly z: number
  readonly facing: number
}

/** One zone: its number in frames, its rectangle, the height of its ground, and what stands on it. */
export interface ZoneChart {
  readonly number: number
  readonly name: string
  readonly x: number
  readonly z: number
  readonly width: number
  readonly depth: number
  readonly ground: number
  readonly spawns: readonly SpawnChart[]
  readonly terraces: readonly BlockChart[]
  readonly ramps: readonly RampChart[]
  readonly buildings: readonly BlockChart[]
  readonly hosts: readonly HostChart[]
}

/** A kind of crystal; its place in the list is its number on the wire. */
export interface CrystalChart {
  readonly name: string
  readonly value: number
}

/** A kind of firework; one that costs nothing is for shows only. height is how far up it bursts. */
export interface FireworkChart {
  readonly name: string
  readonly cost: number
  readonly height: number
  readonly importance: number
}

/** A colour of fireworks as #rrggbb. */
export interface ColourChart {
  readonly name: string
  readonly rgb: string
}

/** The whole city; two that differ in anything differ in fingerprint. */
export interface CityMap {
  readonly fingerprint: string
  readonly format: number
  readonly name: string
  readonly tick_rate_hz: number
  readonly cell_cm: number
  readonly gate: number
  readonly reach_cm: number
  readonly movement: MovementNumbers
  readonly zones: readonly ZoneChart[]
  readonly crystals: readonly CrystalChart[]
  readonly fireworks: readonly FireworkChart[]
  readonly colours: readonly ColourChart[]
  readonly avatar: Readonly<Record<string, unknown>> | null
}

/** How /city.json is checked. */
export const CITY_MAP: Layout = {
  type: 'record',
  fields: [
    { name: 'fingerprint', type: 'str' },
    { name: 'format', type: 'int' },
    { name: 'name', type: 'str' },
    { name: 'tick_rate_hz', type: 'int' },
    { name: 'cell_cm', type: 'int' },
    { name: 'gate', type: 'int' },
    { name: 'reach_cm', type: 'int' },
    {
      name: 'movement',
      type: 'record',
      fields: [
        { name: 'paces', type: 'array', of: { type: 'int' } },
        { name: 'step_cm', type: 'int' },
        { name: 'jump_cm_s', type: 'int' },
        { name: 'gravity_cm_s', type: 'int' },
        { name: 'fall_cm_s', type: 'int' },
        { name: 'intent_ticks', type: 'int' },
      ],
    },
    {
      name: 'zones',
      type: 'array',
      of: {
        type: 'record',
        fields: [
          { name: 'number', type: 'int' },
          { name: 'name', type: 'str' },
          { name: 'x', type: 'int' },
          { name: 'z', type: 'int' },
          { name: 'width', type: 'int' },
          { name: 'depth', type: 'int' },
          { name: 'ground', type: 'int' },
          {
            name: 'spawns',
            type: 'array',
            of: {
              type: 'record',
              fields: [
                { name: 'name', type: 'str' },
                { name: 'x', type: 'int' },
                { name: 'z', type: 'int' },
                { name: 'spread', type: 'int' },
                { name: 'facing', type: 'int' },
              ],
            },
          },
          {
            name: 'terraces',
            type: 'array',
            of: {
              type: 'record',
              fields: [
                { name: 'name', type: 'str' },
                { name: 'x', type: 'int' },
                { name: 'z', type: 'int' },
                { name: 'width', type: 'int' },
                { name: 'depth', type: 'int' },
                { name: 'top', type: 'int' },
              ],
            },
          },
          {
            name: 'ramps',
            type: 'array',
            of: {
              type: 'record',
              fields: [
                { name: 'name', type: 'str' },
                { name: 'x', type: 'int' },
                { name: 'z', type: 'int' },
                { name: 'width', type: 'int' },
                { name: 'depth', type: 'int' },
                { name: 'low', type: 'int' },
                { name: 'high', type: 'int' },
                { name: 'rises', type: 'str' },
              ],
            },
          },
          {
            name: 'buildings',
            type: 'array',
            of: {
              type: 'record',
              fields: [
                { name: 'name', type: 'str' },
                { name: 'x', type: 'int' },
                { name: 'z', type: 'int' },
                { name: 'width', type: 'int' },
                { name: 'depth', type: 'int' },
                { name: 'top', type: 'int' },
              ],
            },
          },
          {
            name: 'hosts',
            type: 'array',
            of: {
              type: 'record',
              fields: [
                { name: 'name', type: 'str' },
                { name: 'title', type: 'str' },
                { name: 'x', type: 'int' },
                { name: 'z', type: 'int' },
                { name: 'facing', type: 'int' },
              ],
            },
          },
        ],
      },
    },
    {
      name: 'crystals',
      type: 'array',
      of: { type: 'record', fields: [{ name: 'name', type: 'str' }, { name: 'value', type: 'int' }] },
    },
    {
      name: 'fireworks',
      type: 'array',
      of: {
        type: 'record',
        fields: [
          { name: 'name', type: 'str' },
          { name: 'cost', type: 'int' },
          { name: 'height', type: 'int' },
          { name: 'importance', type: 'int' },
        ],
      },
    },
    {
      name: 'colours',
      type: 'array',
      of: { type: 'record', fields: [{ name: 'name', type: 'str' }, { name: 'rgb', type: 'str' }] },
    },
    { name: 'avatar', type: 'map', nullable: true, default: null },
  ],
}
