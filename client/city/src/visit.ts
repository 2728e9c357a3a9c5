/** One visit to the city: from the gate to the goodbye, everything that is seen, done and heard in it. */

import { City, CLOSE_CODES, Denied, Undecided, type CityMap, type Intent } from '@futurecity/client'
import { Chart } from './chart'
import { Editor } from './editor'
import { isStale, STALE, wordsFor, wordsWhileAway } from './endings'
import { EMOTES, Hud } from './hud'
import { Input } from './input'
import { catalogueOf, type Look } from './look'
import { memory } from './memory'
import { News } from './news'
import { Plates, type Labelled } from './plates'
import type { Screens } from './screens'
import { Surroundings } from './surroundings'
import { words } from './text'
import { canDraw, View, type Stats } from './view'
import { heading256, intentFor, same } from './walking'

const CLIENT = 'futurecity-browser/0.1'
/** The map in the corner and the numbers beside it. */
const REFRESH_MS = 200
const MAP_M = 130
/** A crystal is asked for once, and again only if it still lies there after this. */
const ASK_AGAIN_MS = 3000
const ASKED_MAX = 64
/** Names stand this high over the ground, cm. */
const PLATE_CM = 205

export class Visit {
  readonly city: City
  readonly flat = !canDraw()
  look: Look = {}
  #view: View | null = null
  #hud: Hud | null = null
  readonly #news: News
  #stale = false
  #stop: () => void = () => undefined

  constructor(private readonly root: HTMLElement, private readonly screens: Screens, name: string | null) {
    const { protocol, host } = window.location
    const token = memory.token()
    const resume = memory.takeResume()
    this.city = City.connect(`${protocol === 'https:' ? 'wss' : 'ws'}://${host}/play`, {
      client: CLIENT, ...(name === null ? {} : { name }), ...(token === null ? {} : { token }), ...(resume === null ? {} : { resume }),
    })
    this.#news = new News(this.city)
    screens.connecting()
    this.#listen()
    window.addEventListener('pagehide', () => memory.keepResume(this.city.resume))
  }

  stats(): Stats | null {
    return this.#view?.stats() ?? null
  }

  #listen(): void {
    const { city, screens } = this
    city.on('queued', ({ position, estimateS }) => screens.waiting(position, estimateS))
    city.on('welcome', (welcome) => {
      memory.keep(welcome.token, welcome.name)
      // What we look like is told to others; ourselves it is told when we ask to change nothing.
      if ('reshape' in city.deeds) void this.#try('reshape', {})
      this.#enter()
    })
    city.on('map', () => this.#enter())
    // We alone are told.
    city.on('event:reshaped', ({ fields }) => (this.look = fields.look))
    city.on('away', ({ code, reason, retryInMs }) => screens.away(wordsWhileAway(code, reason), retryInMs ?? 0))
    city.on('closed', ({ code, reason }) => {
      this.#stop()
      if (code === CLOSE_CODES.BAD_TOKEN) memory.forget()
      // A page that is too old has said goodbye itself, and not because anybody wanted to leave.
      screens.closed(this.#stale ? STALE : wordsFor(code, reason))
    })
  }

  /** As soon as there are both, a welcome and a map. */
  #enter(): void {
    const { map, status } = this.city
    if (map === null || status !== 'in') return
    this.screens.hide()
    void this.#reloadIfStale()
    if (this.#hud === null) this.#begin(map)
  }

  /** The page that this city serves now may be newer than ours, if it was started again while we were away. */
  async #reloadIfStale(): Promise<void> {
    const ours = document.querySelector<HTMLScriptElement>('script[type=module]')?.src
    try {
      const page = await (await fetch('/', { cache: 'no-cache' })).text()
      if (ours === undefined || !isStale(page, new URL(ours).pathname)) return
      this.#stale = true
      this.city.leave()
    } catch {
      // Whoever cannot ask goes on with the page they have.
    }
  }

  #begin(map: CityMap): void {
    const { city, root } = this
    const still = window.matchMedia('(prefers-reduced-motion: reduce)').matches
    const catalogue = catalogueOf(map.avatar)
    const surroundings = new Surroundings(city, map, catalogue)
    const plates = new Plates()
    let draft: Look | null = null
    let editor: Editor | null = null
    const edit = (): void => {
      if (editor !== null || catalogue === null || city.me === null) return
      hud.closePanels()
      const facing = input.yaw
      input.yaw = (city.me.heading / 256) * 2 * Math.PI + Math.PI
      const tall = window.innerHeight > window.innerWidth
      Object.assign(input, { firstPerson: false, distanceM: tall ? 3.4 : 2.6, pitch: 0.12, belowM: tall ? 1.6 : 0.4 })
      editor = new Editor(catalogue, {
        look: this.look, name: city.me.name,
        preview: (look) => (draft = look === null ? null : { ...look }),
        save: async (look, name) => {
          await city.do('reshape', name === null ? { look: { ...look } as Record<string, number> } : { look: { ...look } as Record<string, number>, name })
          this.look = look
        },
        done: () => {
          editor = null
          Object.assign(input, { yaw: facing, distanceM: 6, pitch: 0.28, belowM: 0 })
        },
      }, city.welcome?.limits.name_chars_max ?? 24)
      root.append(editor.root)
    }
    const hud = new Hud(map, {
      say: (text) => void this.#try('say', { text }),
      emote: (kind) => this.#emote(kind),
      firework: (kind, colours) => void this.#try('light_firework', { kind, colours: [...colours] }),
      jump: () => input.jump(),
      run: (on) => (input.alwaysRun = on),
      view: () => input.toggleView(),
      editor: edit,
      leave: () => city.leave(),
    })
    this.#hud = hud
    const view = this.flat ? null : new View(map, still)
    this.#view = view
    const surface = view?.canvas ?? document.createElement('canvas')
    surface.className = 'city'
    surface.dataset['testid'] = this.flat ? 'flat' : 'city'
    root.prepend(surface, plates.layer, hud.root)
    const corner = new Chart(hud.map, map, MAP_M)
    const chart = view === null ? new Chart(surface, map, 0) : null
    const input = new Input(surface, hud.stick)
    if (this.flat) hud.note('This browser has no WebGL: here is the city as a map.', performance.now())
    input.onKey = (code) => {
      if (code === 'Enter') hud.chat()
      else if (code === 'KeyF') hud.toggleMenu()
      else if (code === 'KeyG') this.#pick(true)
      else if (code === 'KeyH') hud.toggleHelp()
      else if (code === 'KeyL') edit()
      else if (code === 'KeyR') hud.toggleRun()
      else if (code === 'KeyV') input.toggleView()
      else if (code === 'Escape') {
        hud.closePanels()
        editor?.close()
      } else if (/^Digit[1-7]$/.test(code)) this.#emote(EMOTES[Number(code.at(-1)) - 1]!)
    }
    this.#hear(hud, plates)
    this.#news.showOn({
      note: (text) => hud.note(text, performance.now()),
      announce: (text) => hud.announce(text, performance.now()),
    })

    let said: Intent | null = null
    let lastMs = performance.now()
    let refreshedMs = 0
    const frame = (nowMs: number): void => {
      running = requestAnimationFrame(frame)
      const stepS = Math.min(0.1, (nowMs - lastMs) / 1000)
      lastMs = nowMs
      const { me } = city
      if (me === null) return
      const wanted = input.take(stepS)
      const yaw = this.flat ? 0 : input.yaw
      const face = input.firstPerson ? heading256(yaw) : (said?.heading ?? me.heading)
      const intent = intentFor(wanted, yaw, face)
      if (!same(said, intent)) {
        city.move(intent)
        said = intent
      }
      surroundings.look(performance.now())
      const { neighbours } = surroundings
      const crystals = city.crystals
      this.#pick(false)
      const seen = { me, people: neighbours.map(({ who }) => who), crystals, fireworks: city.fireworks, crowd: city.crowd }
      if (view !== null) {
        view.draw({
          timeS: nowMs / 1000, tick: city.clock.tickNow(), me: { ...me, presence: 1 },
          myFigure: surroundings.figure(me.entity, draft ?? this.look), others: neighbours, strangers: surroundings.strangers,
          crystals, fireworks: city.fireworks, sky: city.sky,
        }, input)
        plates.show(this.#labels(view, surroundings, input.firstPerson ? null : me), nowMs)
      }
      if (nowMs - refreshedMs < REFRESH_MS) return
      refreshedMs = nowMs
      corner.draw(seen)
      chart?.draw(seen)
      hud.balance(me.balance)
      hud.refresh(city.quality, this.#numbers(me.zone), nowMs)
    }
    let running = requestAnimationFrame(frame)
    // A page that is not seen draws nothing and reads no keys: whoever turned away from it would walk on for ever.
    const turnAway = (): void => {
      if (!document.hidden || said === null) return
      input.letGo()
      city.move((said = { ...said, gait: 0 }))
    }
    document.addEventListener('visibilitychange', turnAway)
    this.#stop = () => {
      cancelAnimationFrame(running)
      document.removeEventListener('visibilitychange', turnAway)
    }
  }

  #labels(view: View, surroundings: Surroundings, me: { entity: number; name: string; x: number; y: number; z: number } | null): Labelled[] {
    const labels: Labelled[] = []
    const add = (entity: number, name: string, who: { x: number; y: number; z: number }, height: number): void => {
      const place = view.project(who.x, who.y + PLATE_CM * height, who.z)
      if (place !== null) labels.push({ entity, name, place })
    }
    for (const { who, name, figure } of surroundings.neighbours) add(who.entity, name, who, figure.height)
    if (me !== null) add(me.entity, me.name, me, 1)
    return labels
  }

  #hear(hud: Hud, plates: Plates): void {
    const { city } = this
    const nameOf = (entity: number): string => (entity === city.me?.entity ? city.me.name : (city.profileOf(entity)?.name ?? 'somebody'))
    city.on('event:said', ({ fields }) => {
      plates.say(fields.entity, fields.text, performance.now())
      hud.line(nameOf(fields.entity), fields.text)
    })
    city.on('event:prices_changed', ({ fields }) => hud.sell(fields.fireworks))
  }

  readonly #asked = new Map<number, number>()

  /** Ask for the nearest crystal within reach, once; with `aloud`, say so if there is none. */
  #pick(aloud: boolean): void {
    const { me, map, crystals } = this.city
    if (me === null || map === null) return
    const nowMs = performance.now()
    const reach = map.reach_cm - 20
    const near = crystals.find((each) => (each.x - me.x) ** 2 + (each.y - me.y) ** 2 + (each.z - me.z) ** 2 < reach ** 2)
    if (near === undefined) {
      if (aloud) this.#news.note('No crystal is within reach.')
      return
    }
    if (nowMs - (this.#asked.get(near.crystal) ?? -Infinity) < ASK_AGAIN_MS) return
    this.#asked.set(near.crystal, nowMs)
    if (this.#asked.size > ASKED_MAX) this.#asked.delete(this.#asked.keys().next().value!)
    void this.#try('pick_up_crystal', { crystal: near.crystal }, ['taken', 'gone', 'too_far'])
  }

  #emote(kind: string): void {
    if (kind === 'wave') void this.#try('wave', { hand: 'right' })
    else if (kind === 'sit') void this.#try('sit', {})
    else void this.#try('emote', { kind })
  }

  /** Do it, and tell the player if it was not done, but for reasons that are nobody's news. */
  async #try(deed: string, fields: Record<string, unknown>, quiet: readonly string[] = []): Promise<void> {
    try {
      await this.city.do(deed, fields)
    } catch (error) {
      if (error instanceof Denied) {
        if (!quiet.includes(error.reason)) this.#news.note(`${words(deed)}: ${error.message}`)
      } else if (error instanceof Undecided) this.#news.note(`${words(deed)}: the answer was lost`)
      else throw error
    }
  }

  #numbers(zone: number): string[] {
    const stats = this.stats()
    const name = this.city.zones.find((each) => each.number === zone)?.name ?? ''
    const where = `${words(name)}, tick ${Math.floor(this.city.clock.tickNow())}`
    if (stats === null) return [where, 'drawn as a map']
    return [
      where, `${stats.drawCalls} draw calls, ${Math.round(stats.triangles / 1000)}k triangles`,
      `${stats.frameMs.toFixed(1)} ms a frame, every ${stats.intervalMs.toFixed(0)} ms`,
      `${stats.near} near, ${stats.middle} figures, ${stats.far} points`,
    ]
  }
}
