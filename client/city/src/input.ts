/** Keyboard, mouse and touch, as one intent: where to, how fast, and where to look. */

export interface Wanted {
  /** Forward and to the right, each from -1 to 1. */
  ahead: number
  right: number
  run: boolean
  jump: boolean
}

const KEYS: Readonly<Record<string, string>> = {
  KeyW: 'ahead', ArrowUp: 'ahead', KeyS: 'back', ArrowDown: 'back', KeyA: 'left', KeyD: 'right',
  ArrowLeft: 'turnLeft', ArrowRight: 'turnRight', KeyQ: 'turnLeft', KeyE: 'turnRight',
  ShiftLeft: 'run', ShiftRight: 'run', Space: 'jump',
}
/** Radians a second with the keys, and for each pixel of a drag. */
const TURN_S = 2.2
const TURN_PX = 0.006
const PITCH_LEAST = -0.35
const PITCH_MOST = 1.2
const STICK_PX = 52

/** Where the view is turned to, and what is pressed. */
export class Input {
  /** The camera's direction: clockwise from north, and down. */
  yaw = 0
  pitch = 0.28
  distanceM = 6
  firstPerson = false
  /** How far below the head the view is aimed, in metres: what is above a panel at the bottom is then oneself. */
  belowM = 0
  /** Running without a held key, for those who cannot hold one. */
  alwaysRun = false
  readonly stick: HTMLElement
  /** What a key other than those for walking does. */
  onKey: (code: string) => void = () => undefined
  readonly #held = new Set<string>()
  #jump = false
  #stick = { ahead: 0, right: 0, run: false }
  #drag: number | null = null

  constructor(surface: HTMLElement, stick: HTMLElement) {
    this.stick = stick
    window.addEventListener('keydown', (event) => this.#keyDown(event))
    window.addEventListener('keyup', (event) => void this.#held.delete(KEYS[event.code] ?? ''))
    window.addEventListener('blur', () => this.letGo())
    surface.addEventListener('pointerdown', (event) => {
      ;(document.activeElement as HTMLElement | null)?.blur()
      this.#drag = event.pointerId
      surface.setPointerCapture(event.pointerId)
    })
    surface.addEventListener('pointermove', (event) => {
      if (event.pointerId === this.#drag) this.#turn(event.movementX * TURN_PX, event.movementY * TURN_PX)
    })
    for (const end of ['pointerup', 'pointercancel'] as const) surface.addEventListener(end, () => (this.#drag = null))
    surface.addEventListener('wheel', (event) => this.zoom(event.deltaY * 0.01), { passive: true })
    this.#listenToStick(stick)
  }

  /** What is wanted now; `stepS` seconds of held turning keys are turned. A jump is wanted once. */
  take(stepS: number): Wanted {
    const held = (name: string): number => (this.#held.has(name) ? 1 : 0)
    this.#turn((held('turnRight') - held('turnLeft')) * TURN_S * stepS, 0)
    const jump = this.#jump || this.#held.has('jump')
    this.#jump = false
    return {
      ahead: held('ahead') - held('back') || this.#stick.ahead,
      right: held('right') - held('left') || this.#stick.right,
      run: this.#held.has('run') !== this.alwaysRun || this.#stick.run,
      jump,
    }
  }

  jump(): void {
    this.#jump = true
  }

  /** Whoever is not here any more holds nothing: nobody will tell us when they let go. */
  letGo(): void {
    this.#held.clear()
    this.#stick = { ahead: 0, right: 0, run: false }
  }

  /** Nearer or farther by metres; nearer than an arm's length is through one's own eyes. */
  zoom(byM: number): void {
    this.distanceM = Math.min(18, Math.max(1, this.distanceM + byM))
    this.firstPerson = this.distanceM <= 1
  }

  toggleView(): void {
    this.firstPerson = !this.firstPerson
    if (!this.firstPerson && this.distanceM <= 1) this.distanceM = 6
  }

  #turn(yaw: number, pitch: number): void {
    this.yaw += yaw
    this.pitch = Math.min(PITCH_MOST, Math.max(PITCH_LEAST, this.pitch + pitch))
  }

  #keyDown(event: KeyboardEvent): void {
    const writing = event.target instanceof HTMLInputElement || event.target instanceof HTMLSelectElement
    if (writing || event.ctrlKey || event.metaKey || event.altKey) return
    const name = KEYS[event.code]
    // With the focus on a button, space presses it and does not jump.
    if (name === 'jump' && event.target instanceof HTMLButtonElement) return
    if (name === undefined) {
      if (!event.repeat) this.onKey(event.code)
      return
    }
    event.preventDefault()
    this.#held.add(name)
  }

  #listenToStick(stick: HTMLElement): void {
    const knob = stick.firstElementChild as HTMLElement
    const put = (x: number, y: number): void => {
      const size = Math.hypot(x, y)
      const part = Math.min(1, size / STICK_PX)
      const [right, down] = size < 6 ? [0, 0] : [(x / size) * part, (y / size) * part]
      this.#stick = { ahead: -down, right, run: part > 0.8 }
      knob.style.transform = `translate(${right * STICK_PX}px, ${down * STICK_PX}px)`
    }
    let held: number | null = null
    stick.addEventListener('pointerdown', (event) => {
      held = event.pointerId
      stick.setPointerCapture(event.pointerId)
    })
    stick.addEventListener('pointermove', (event) => {
      if (event.pointerId !== held) return
      const box = stick.getBoundingClientRect()
      put(event.clientX - box.left - box.width / 2, event.clientY - box.top - box.height / 2)
    })
    for (const end of ['pointerup', 'pointercancel'] as const) {
      stick.addEventListener(end, () => {
        held = null
        put(0, 0)
      })
    }
  }
}
