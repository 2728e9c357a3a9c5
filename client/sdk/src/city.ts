/** A player in the city: what is known of it, what may be done in it, and how to stay in it. */

import { Allowance } from './allowance.js'
import { TickClock } from './clock.js'
import { check } from './codec.js'
import { Emitter } from './emitter.js'
import { readHeader } from './frames.js'
import {
  CITY_MAP, LAYOUTS, PROTOCOL_VERSION,
  type CityMap, type ClientMessage, type DeedFields, type FieldLayout, type FrameMessage, type HappenedMessage,
  type QueuedMessage, type ServerMessage, type WelcomeMessage, type Zone,
} from './generated/wire.js'
import { Link } from './link.js'
import { Neighbours } from './neighbours.js'
import { Self } from './self.js'
import { Sight } from './sight.js'
import { surroundings, type Surroundings } from './surroundings.js'
import {
  AVATAR_STRIDE,
  type Avatar, type AvatarColumns, type CityClock, type CityEvents, type ConnectOptions, type Crystal, type CrowdMap,
  type Ending, type Firework, type Happening, type Intent, type Me, type Profile, type Quality, type Queue, type Resume,
  type SkyGlow, type Status, type Welcome,
} from './types.js'
import { Denied, Wishes } from './wishes.js'

/** Five Pings at once to know the time, then one every few seconds: a third of what keeps a connection alive. */
const FIRST_PINGS = 5
const FIRST_PING_MS = 200
const PING_MS = 5000
/** How long a Goodbye is waited for after our Bye. */
const LEAVE_MS = 2000
/** Timers are late; a little before the tick is early enough to find it begun. */
const WAKE_MS_MIN = 1
const FRAMES_COUNTED_MS = 1000
const AVATARS_MAX = 128
/** What is said now arrives half a tick before our own, or else in the next one. */
const HALF_TICK = 0.5
const CLIENT = '@futurecity/client'

/** The fields of a deed that was known when this was written; any for others, which the catalogue describes. */
export type FieldsOf<Name extends string> = Name extends keyof DeedFields
  ? DeedFields[Name]
  : Readonly<Record<string, unknown>>

/** A player in the city. Made by `City.connect`. */
export class City extends Emitter<CityEvents> {
  readonly url: string
  /** The city's one clock. */
  readonly clock: CityClock
  readonly #around: Surroundings
  readonly #options: ConnectOptions
  readonly #link: Link
  readonly #ticks = new TickClock()
  readonly #self = new Self()
  readonly #neighbours = new Neighbours()
  readonly #sight = new Sight()
  readonly #wishes = new Wishes()
  readonly #allowance = new Allowance()
  #status: Status = 'connecting'
  #queue: Queue | null = null
  #welcome: WelcomeMessage | null = null
  #map: CityMap | null = null
  #secret: string | null
  #secretIsTicket = false
  #heard: number
  #token: string | null
  #balance = 0
  #number: number
  #pings = 0
  #frameTimes: number[] = []
  #stop: () => void = () => undefined
  #stopPings: () => void = () => undefined

  private constructor(url: string, options: ConnectOptions, around: Surroundings) {
    super()
    this.url = url
    this.#options = options
    this.#around = around
    this.#secret = options.resume?.resume ?? null
    this.#heard = options.resume?.heard ?? 0
    this.#token = options.token ?? null
    // Whoever had this body before us may have used any number; answers to theirs are none of ours.
    this.#number = Math.floor(around.random() * 2 ** 31)
    this.clock = viewOf(this.#ticks, around)
    this.#link = new Link(url, around, {
      opened: () => this.#hello(),
      heard: (message, nowMs) => this.#hear(message, nowMs),
      ended: (ending) => this.#ended(ending),
    })
    if (options.map) this.#know(options.map)
  }

  /**
   * Go to the city at `ws://host:port/play`. Comes back at once; events tell how it goes.
   * Throws TypeError where there is no WebSocket, WireError for a name or token that the wire has no room for.
   */
  static connect(url: string, options: ConnectOptions = {}, around: Partial<Surroundings> = {}): City {
    for (const field of LAYOUTS.Hello.fields) checkGiven(options, field)
    const given = options.WebSocket ? { ...around, WebSocket: options.WebSocket } : around
    const city = new City(url, options, surroundings(given))
    city.#link.connect()
    return city
  }

  /** Room for so many avatars, to be filled by `packAvatars`. */
  static columns(capacity = AVATARS_MAX): AvatarColumns {
    return { entities: new Uint32Array(capacity), values: new Float32Array(capacity * AVATAR_STRIDE), count: 0 }
  }

  get status(): Status {
    return this.#status
  }

  /** Our place in the waiting room, while we are there. */
  get queue(): Queue | null {
    return this.#queue
  }

  get welcome(): Welcome | null {
    return this.#welcome && told(this.#welcome)
  }

  /** The map, as soon as it is here. */
  get map(): CityMap | null {
    return this.#map
  }

  get zones(): readonly Zone[] {
    return this.#welcome?.zones ?? []
  }

  /** The deeds that may be done, with their fields: protocol/README.md, "Read the catalogue". */
  get deeds(): Readonly<Record<string, unknown>> {
    return this.#welcome?.deeds ?? {}
  }

  /** Ourselves, as we should be drawn now; null before the first frame. */
  get me(): Me | null {
    const nowMs = this.#around.now()
    this.#pass(nowMs)
    const [drawn, header, welcome] = [this.#self.drawn(nowMs), this.#self.header, this.#welcome]
    if (!drawn || !header || !welcome) return null
    const { entity, name, account } = welcome
    return { ...drawn, entity, name, account, balance: this.#balance, zone: header.zone, layer: header.layer }
  }

  get crowd(): CrowdMap | null {
    return this.#sight.crowd
  }

  get crystals(): readonly Crystal[] {
    return this.#sight.crystals
  }

  /** Fireworks that are in the air or about to be, the oldest first. */
  get fireworks(): readonly Firework[] {
    return this.#sight.fireworksAt(this.clock.tickNow())
  }

  get sky(): SkyGlow | null {
    return this.#sight.sky
  }

  /** How hard the server is pressed, 0 to 4. */
  get shedLevel(): number {
    return this.#self.header?.shed ?? 0
  }

  get quality(): Quality {
    const nowMs = this.#around.now()
    const { correctionCm, correctionMaxCm, corrections, lead } = this.#self
    return {
      rttMs: this.#ticks.rttMs,
      framesPerS: this.#frameTimes.filter((ms) => nowMs - ms <= FRAMES_COUNTED_MS).length,
      leadTicks: lead + (this.#ticks.rttMs / 2000) * this.#ticks.tickRateHz,
      correctionCm, correctionMaxCm, corrections,
      shed: this.shedLevel,
      avatars: this.#neighbours.size,
    }
  }

  /** Our way back into this body within half a minute, for instance when the page is loaded again. A secret. */
  get resume(): Resume | null {
    return this.#secret === null ? null : { resume: this.#secret, heard: this.#secretIsTicket ? 0 : this.#heard }
  }

  /** Go on like this until told otherwise. Throws RangeError for what is no direction or gait. */
  move(intent: Intent): void {
    this.#self.intend(intent)
    this.#pass(this.#around.now())
  }

  /**
   * Do something. Resolves with what happened once it is settled in the books (a crystal, a firework), and with null when
   * any other deed has not been refused. Rejects with `Denied`, with `Undecided` when the answer was lost, and with
   * `WireError` for what the wire has no room for.
   */
  async do<Name extends string>(deed: Name, fields?: FieldsOf<Name>): Promise<Happening | null> {
    const nowMs = this.#around.now()
    const number = (this.#number = (this.#number % 0xffffffff) + 1)
    const refusal = { number, deed, field: null }
    if (this.#status !== 'in') throw new Denied({ ...refusal, reason: 'not_in', message: 'we are not in the city' })
    if (this.#wishes.full) throw new Denied({ ...refusal, reason: 'busy', message: 'too many deeds wait for an answer' })
    if (!this.#allowance.spend(nowMs, true)) {
      throw new Denied({ ...refusal, reason: 'rate', message: 'more than the city listens to; slow down' })
    }
    this.#link.say({ kind: 3, number, deed, fields: (fields ?? {}) as Readonly<Record<string, unknown>> })
    const arrives = this.#ticks.tickAt(nowMs) + (this.#ticks.rttMs / 1000) * this.#ticks.tickRateHz
    return this.#wishes.wait(number, deed, arrives, nowMs)
  }

  /** Keep settings of ours: the next welcome brings them back. Throws WireError beyond 1024 bytes or four levels. */
  keep(settings: Readonly<Record<string, unknown>>): void {
    if (this.#status === 'in' && this.#allowance.spend(this.#around.now(), true)) this.#link.say({ kind: 6, settings })
  }

  /** Everybody near, where they should be drawn at a moment of `performance.now()`. The object is the same each time. */
  avatars(atMs: number = this.#around.now()): Iterable<Avatar> {
    return this.#neighbours.at(atMs, (entity) => this.#sight.profile(entity))
  }

  /** The same as plain arrays, for instancing: fills `into` and returns how many there are. */
  packAvatars(into: AvatarColumns, atMs: number = this.#around.now()): number {
    return this.#neighbours.pack(into, atMs)
  }

  profileOf(entity: number): Profile | undefined {
    return this.#sight.profile(entity)
  }

  /** Say goodbye and do not come back. */
  leave(): void {
    if (this.#status === 'closed') return
    const bye = { code: 1000, reason: 'goodbye', retryInMs: null }
    if (!this.#link.isOpen) return this.#ended(bye)
    this.#link.say({ kind: 5 })
    this.#stop()
    this.#stop = this.#around.later(() => this.#ended(bye), LEAVE_MS)
  }

  #hello(): ClientMessage {
    this.#pings = 0
    this.#stopPings = this.#around.later(() => this.#ping(), PING_MS)
    return {
      kind: 1, version: PROTOCOL_VERSION, name: this.#options.name ?? null, token: this.#token, resume: this.#secret,
      client: this.#options.client ?? CLIENT, heard: this.resume?.heard ?? 0,
    }
  }

  #hear(message: ServerMessage, nowMs: number): void {
    switch (message.kind) {
      case 16:
        return this.#frame(message, nowMs)
      case 17:
        return this.#enter(message, nowMs)
      case 18:
        for (const profile of this.#sight.introduce(message.profiles, (entity) => this.#neighbours.has(entity))) {
          this.emit('profile', profile)
        }
        return
      case 19:
        return this.#sight.hearCrowd(message)
      case 20:
        return this.#happened(message, nowMs)
      case 21:
        if (this.#isNews(message.serial)) {
          this.#wishes.denied(message)
          this.emit('denied', message)
        }
        return
      case 22:
        return this.#ticks.hear(message.sent, message.tick, message.into_tick_ms, nowMs)
      case 24:
        return this.#sight.hearCrystals(message)
      case 25:
        return this.#sight.hearSky(message)
      case 26:
        return this.#queued(message)
      case 27:
        return this.emit('closing', { inS: message.in_s, reason: message.reason })
    }
  }

  #queued(message: QueuedMessage): void {
    this.#link.arrived()
    this.#secret = message.ticket
    this.#secretIsTicket = true
    this.#queue = { position: message.position, estimateS: message.estimate_s }
    this.#become('queued')
    this.emit('queued', this.#queue)
  }

  #enter(message: WelcomeMessage, nowMs: number): void {
    this.#link.arrived()
    this.#welcome = message
    this.#queue = null
    this.#secret = message.resume
    this.#secretIsTicket = false
    this.#token = message.token ?? this.#token
    this.#balance = message.balance
    if (!message.resumed) this.#heard = 0
    if (!message.resumed || message.missed === null) this.#wishes.forget()
    this.#ticks.start(message.tick, message.tick_rate_hz, nowMs)
    this.#allowance.limit(message.limits, nowMs)
    this.#neighbours.clear()
    this.#sight.begin(traitsOf(message))
    this.#self.begin()
    this.#fetchMap()
    this.#become('in')
    this.#ping()
    this.emit('welcome', told(message))
    this.#wake()
  }

  #frame(message: FrameMessage, nowMs: number): void {
    const header = readHeader(message.header)
    this.#frameTimes = [...this.#frameTimes.filter((ms) => nowMs - ms <= FRAMES_COUNTED_MS), nowMs]
    this.#neighbours.hear(header, message.records, this.#ticks.msOf(header.tick), nowMs)
    this.#pass(nowMs)
    const byCm = this.#self.hear(header, nowMs)
    this.#wishes.frame(header.tick, nowMs)
    if (byCm > 0) this.emit('corrected', { byCm })
    this.emit('frame', header)
  }

  #happened(message: HappenedMessage, nowMs: number): void {
    if (!this.#isNews(message.serial)) return
    const { tick, event, fields, serial } = message
    const happening: Happening = { tick, event, fields, serial }
    const balance = fields['balance']
    if (serial > 0 && typeof balance === 'number') this.#balance = balance
    this.#wishes.happened(happening, nowMs)
    if (event === 'firework_launched') {
      const firework = this.#sight.launch(fields, this.#ticks.tickAt(nowMs))
      if (firework) this.emit('firework', firework)
    }
    this.emit('happened', happening)
    this.emit(`event:${event}`, happening)
  }

  /** What was told before the link was lost may be told again. */
  #isNews(serial: number): boolean {
    if (serial === 0) return true
    if (serial <= this.#heard) return false
    this.#heard = serial
    return true
  }

  #ended(ending: Ending): void {
    this.#stop()
    this.#stopPings()
    this.#queue = null
    if (ending.retryInMs !== null) {
      this.#become('away')
      return this.emit('away', ending)
    }
    this.#link.close()
    this.#wishes.forget()
    this.#become('closed')
    this.emit('closed', ending)
  }

  #become(status: Status): void {
    const before = this.#status
    if (before === status) return
    this.#status = status
    this.emit('status', { status, before })
  }

  #ping(): void {
    this.#stopPings()
    const nowMs = this.#around.now()
    this.#link.watch(nowMs)
    if (!this.#link.isOpen) return
    if (this.#allowance.spend(nowMs, false)) this.#link.say({ kind: 4, sent: nowMs })
    const first = this.#status === 'in' && ++this.#pings < FIRST_PINGS
    this.#stopPings = this.#around.later(() => this.#ping(), first ? FIRST_PING_MS : PING_MS)
  }

  /** Our own time passes, and a Move is said if one is due. */
  #pass(nowMs: number): void {
    if (this.#status !== 'in' || !this.#ticks.started) return
    const way = (this.#ticks.rttMs / 2000) * this.#ticks.tickRateHz
    const server = this.#ticks.tickAt(nowMs) + way
    const mine = server + this.#self.lead
    const intent = this.#self.pass(mine, Math.floor(mine + HALF_TICK))
    if (intent && this.#allowance.spend(nowMs, false)) this.#link.say({ kind: 2, intent })
  }

  /** Wake when the next tick of ours begins. */
  #wake(): void {
    this.#stop()
    const nowMs = this.#around.now()
    this.#pass(nowMs)
    const mine = this.#ticks.tickAt(nowMs) + (this.#ticks.rttMs / 2000) * this.#ticks.tickRateHz + this.#self.lead
    const untilMs = ((Math.floor(mine) + 1 - mine) / this.#ticks.tickRateHz) * 1000
    this.#stop = this.#around.later(() => this.#wake(), Math.max(untilMs, WAKE_MS_MIN))
  }

  #know(map: CityMap): void {
    if (map.fingerprint === this.#map?.fingerprint) return
    this.#map = map
    this.#self.walkOn(map)
    this.emit('map', map)
  }

  /** The map beside the game; without one we are drawn where frames say. */
  #fetchMap(): void {
    if (this.#options.map !== undefined) return
    const place = new URL('/city.json', this.url.replace(/^ws/, 'http')).href
    this.#around.fetch(place).then(
      (value) => this.#know(check(value, CITY_MAP, 'map') as CityMap),
      (error: Error) => this.emit('mapless', { reason: error.message }),
    )
  }
}

/** What `connect` was given for a field of Hello has room in it. */
function checkGiven(options: ConnectOptions, field: FieldLayout): void {
  const given = { name: options.name, token: options.token, client: options.client, ...options.resume }
  const value = (given as Record<string, unknown>)[field.name]
  if (value !== undefined) check(value, field, field.name)
}

function told(message: WelcomeMessage): Welcome {
  const { entity, name, account, balance, resumed, token, settings, missed, server, session, limits } = message
  return { entity, name, account, balance, resumed, token, settings, nothingMissed: missed !== null, server, session, limits }
}

/** The traits of a look in the order of its bytes: protocol/README.md, "Shape your avatar". */
function traitsOf({ deeds }: WelcomeMessage): string[] {
  const reshape = deeds['reshape'] as { look?: { keys?: object } } | undefined
  return Object.keys(reshape?.look?.keys ?? {})
}

function viewOf(ticks: TickClock, around: Surroundings): CityClock {
  return {
    tickNow: () => ticks.tickAt(around.now()),
    tickAt: (ms) => ticks.tickAt(ms),
    msOf: (tick) => ticks.msOf(tick),
    get tickRateHz() {
      return ticks.tickRateHz
    },
  }
}
