/** The city as it is seen: renderer, camera, and all that is drawn in one frame. */

import * as three from 'three'
import type { CityMap, Crystal, Firework, SkyGlow } from '@futurecity/client'
import type { Strangers } from './crowd'
import { Glitter } from './glitter'
import type { Input } from './input'
import type { Figure } from './look'
import { People, type Somebody } from './people'
import { M, scenery } from './scenery'

/** All that is drawn at one moment. */
export interface Moment {
  readonly timeS: number
  readonly tick: number
  readonly me: Somebody
  readonly myFigure: Figure
  readonly others: readonly { readonly who: Somebody; readonly figure: Figure }[]
  readonly strangers: Strangers
  readonly crystals: readonly Crystal[]
  readonly fireworks: readonly Firework[]
  readonly sky: SkyGlow | null
}

export interface Stats {
  drawCalls: number
  triangles: number
  /** Time of this page for one frame, and from one frame to the next: medians of the last second, ms. */
  frameMs: number
  intervalMs: number
  near: number
  middle: number
  far: number
  sparks: number
}

const EYES_M = 1.62
const FOG = 0x5d3a78
/** Slower than this for a second, and fewer pixels are drawn; so few that faces can still be told apart. */
const SLOW_MS = 30
const RATIO_LEAST = 0.6

/** Whether the browser can draw in three dimensions at all. */
export function canDraw(): boolean {
  try {
    return document.createElement('canvas').getContext('webgl2') !== null
  } catch {
    return false
  }
}

export class View {
  readonly canvas: HTMLCanvasElement
  readonly people = new People()
  readonly #renderer: three.WebGLRenderer
  readonly #scene = new three.Scene()
  readonly #camera = new three.PerspectiveCamera(62, 1, 0.1, 2000)
  readonly #glitter: Glitter
  readonly #night = new three.HemisphereLight(0xd9ccff, 0x6a4f74, 2.6)
  readonly #at = new three.Vector3()
  readonly #point = new three.Vector3()
  readonly #works: number[] = []
  readonly #gaps: number[] = []
  #last = 0
  #ratio = Math.min(2, window.devicePixelRatio)

  constructor(map: CityMap, private readonly still: boolean) {
    this.#renderer = new three.WebGLRenderer({ antialias: true, powerPreference: 'high-performance' })
    this.canvas = this.#renderer.domElement
    this.#glitter = new Glitter(map, still)
    this.#scene.fog = new three.Fog(FOG, 60, 420)
    const sun = new three.DirectionalLight(0xffc09a, 1.9)
    sun.position.set(-120, 60, -60)
    this.#scene.add(scenery(map), this.people.group, this.#glitter.group, this.#night, sun)
    this.#scene.matrixWorldAutoUpdate = true
  }

  /** Draw a moment, seen as `input` looks at it. */
  draw(moment: Moment, input: Input): void {
    const began = performance.now()
    this.#fit()
    this.#look(moment, input)
    const eye = this.#camera.position
    this.people.begin()
    if (!input.firstPerson) this.people.add(moment.me, moment.myFigure, eye, moment.timeS, this.still)
    for (const { who, figure } of moment.others) this.people.add(who, figure, eye, moment.timeS, this.still)
    this.people.addStrangers(moment.strangers, eye, moment.timeS, this.still)
    this.people.done()
    this.#glitter.draw(moment.tick, moment.fireworks, moment.crystals, moment.timeS)
    this.#night.intensity = 2.6 + (this.still ? 0 : Glitter.glow(moment.sky, moment.tick) * 0.9)
    this.#renderer.render(this.#scene, this.#camera)
    this.#measure(began)
  }

  /** Where a place (cm) is on the page, in CSS pixels, and how far away in metres; null behind us or out of the picture. */
  project(x: number, y: number, z: number): { left: number; top: number; distanceM: number } | null {
    this.#point.set(x * M, y * M, -z * M)
    const distanceM = this.#point.distanceTo(this.#camera.position)
    this.#point.project(this.#camera)
    if (this.#point.z > 1 || Math.abs(this.#point.x) > 1.05 || Math.abs(this.#point.y) > 1.05) return null
    const { clientWidth, clientHeight } = this.canvas
    return { left: ((this.#point.x + 1) / 2) * clientWidth, top: ((1 - this.#point.y) / 2) * clientHeight, distanceM }
  }

  stats(): Stats {
    const { render } = this.#renderer.info
    const { near, middle, far } = this.people.drawn
    return {
      drawCalls: render.calls, triangles: render.triangles, frameMs: median(this.#works), intervalMs: median(this.#gaps),
      near, middle, far, sparks: this.#glitter.sparks,
    }
  }

  #fit(): void {
    const { clientWidth: width, clientHeight: height } = this.canvas.parentElement ?? this.canvas
    const size = this.#renderer.getSize(new three.Vector2())
    if (size.x === width && size.y === height && this.#renderer.getPixelRatio() === this.#ratio) return
    this.#renderer.setPixelRatio(this.#ratio)
    this.#renderer.setSize(width, height)
    this.#camera.aspect = width / Math.max(1, height)
    this.#camera.fov = this.#camera.aspect < 0.8 ? 74 : 62
    this.#camera.updateProjectionMatrix()
  }

  /** From one's own eyes, or from behind and above; motion of steps is not shaken into the picture. */
  #look({ me }: Moment, input: Input): void {
    this.#at.set(me.x * M, me.y * M + EYES_M, -me.z * M)
    const [ahead, side] = [Math.cos(input.yaw), Math.sin(input.yaw)]
    const flat = Math.cos(input.pitch)
    const eye = this.#camera.position
    if (input.firstPerson) {
      eye.copy(this.#at)
      this.#point.set(side * flat, -Math.sin(input.pitch) + 0.2, -ahead * flat).add(eye)
      this.#camera.lookAt(this.#point)
      return
    }
    const back = input.distanceM
    eye.set(this.#at.x - side * back * flat, this.#at.y + Math.sin(input.pitch) * back + 0.2, this.#at.z + ahead * back * flat)
    eye.y = Math.max(eye.y, me.y * M + 0.3)
    // A little over the head: more of the sky, less of the ground.
    this.#camera.lookAt(this.#point.copy(this.#at).setY(this.#at.y + back * 0.12 - input.belowM))
  }

  #measure(began: number): void {
    const now = performance.now()
    this.#works.push(now - began)
    if (this.#last > 0) this.#gaps.push(began - this.#last)
    this.#last = began
    if (this.#works.length > 60) this.#works.shift()
    if (this.#gaps.length <= 60) return
    this.#gaps.shift()
    if (median(this.#gaps) > SLOW_MS && this.#ratio > RATIO_LEAST) {
      this.#ratio = Math.max(RATIO_LEAST, this.#ratio * 0.8)
      this.#gaps.length = 0
    }
  }
}

function median(numbers: readonly number[]): number {
  const sorted = [...numbers].sort((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? 0
}
