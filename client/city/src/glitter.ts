/** What shines in the air: fireworks, crystals, and the glow of those too far to be told of. Three draw calls. */

import * as three from 'three'
import type { CityMap, Crystal, Firework, SkyGlow } from '@futurecity/client'
import { rgb } from './look'
import { Part } from './parts'
import { M } from './scenery'
import { SPARKS_MAX, SPARK_STRIDE, sparks } from './sparks'

/** Sparks in one frame: thirty grand fireworks in the middle of their burst. */
const POINTS_MAX = 12_000
const CRYSTALS_MAX = 64
const CRYSTAL_COLOURS = [0x9ff1ff, 0xc08bff, 0xffc94d]

export class Glitter {
  readonly group = new three.Group()
  /** Sparks of the last frame. */
  sparks = 0
  readonly #points: three.Points
  readonly #crystals: Part
  readonly #room = new Float32Array(SPARKS_MAX * SPARK_STRIDE)
  readonly #colours: Map<string, number>
  readonly #colour = new three.Color()
  readonly #matrix = new three.Matrix4()
  readonly #turn = new three.Quaternion()
  readonly #place = new three.Vector3()
  readonly #size = new three.Vector3()

  constructor(map: CityMap, private readonly still: boolean) {
    this.#colours = new Map(map.colours.map((colour) => [colour.name, rgb(colour.rgb)]))
    const shape = new three.BufferGeometry()
    shape.setAttribute('position', new three.BufferAttribute(new Float32Array(POINTS_MAX * 3), 3))
    shape.setAttribute('color', new three.BufferAttribute(new Float32Array(POINTS_MAX * 3), 3))
    const material = new three.PointsMaterial({
      size: still ? 14 : 2.6, map: disc(), vertexColors: true, transparent: true, blending: three.AdditiveBlending,
      depthWrite: false, fog: false,
    })
    this.#points = new three.Points(shape, material)
    this.#points.frustumCulled = false
    const gem = new three.OctahedronGeometry(0.26).scale(0.75, 1.25, 0.75)
    this.#crystals = new Part(gem, CRYSTALS_MAX, new three.MeshPhongMaterial({ emissive: 0x555577, shininess: 120, flatShading: true }))
    this.group.add(this.#points, this.#crystals.mesh)
  }

  draw(tick: number, fireworks: readonly Firework[], crystals: readonly Crystal[], timeS: number): void {
    this.sparks = 0
    for (const firework of fireworks) this.#firework(firework, tick)
    for (const crystal of crystals) if (!this.still) this.#twinkle(crystal, timeS)
    const shape = this.#points.geometry
    shape.setDrawRange(0, this.sparks)
    this.#points.visible = this.sparks > 0
    shape.getAttribute('position').needsUpdate = true
    shape.getAttribute('color').needsUpdate = true
    this.#crystals.clear()
    for (const crystal of crystals) this.#crystal(crystal, timeS)
    this.#crystals.done()
  }

  /** Light from fireworks beyond those we know: how bright the night is, from 0 to 1. */
  static glow(sky: SkyGlow | null, tick: number): number {
    if (sky === null || tick - sky.tick > 40) return 0
    return Math.min(1, sky.counts.reduce((sum, count) => sum + count, 0) / 60)
  }

  #firework(firework: Firework, tick: number): void {
    if (this.still) {
      this.#flash(firework, tick)
      return
    }
    const count = sparks(firework, tick, this.#room)
    for (let n = 0; n < count; n += 1) {
      const [x, y, z, glow, colour] = this.#room.subarray(n * SPARK_STRIDE, (n + 1) * SPARK_STRIDE) as unknown as number[]
      this.#point(x!, y!, z!, this.#of(firework, colour!), glow!)
    }
  }

  /** Where motion is not wanted, a burst is one light that comes softly and goes. */
  #flash(firework: Firework, tick: number): void {
    if (tick < firework.burstTick || tick > firework.endTick) return
    const t = (tick - firework.burstTick) / Math.max(1, firework.endTick - firework.burstTick)
    this.#point(firework.x, firework.y + firework.height, firework.z, this.#of(firework, 0), 4 * t * (1 - t) * 0.8)
  }

  #of(firework: Firework, colour: number): number {
    const name = firework.colours[colour % Math.max(1, firework.colours.length)] ?? ''
    return this.#colours.get(name) ?? 0xfff6e8
  }

  #twinkle(crystal: Crystal, timeS: number): void {
    const phase = timeS * 2.3 + (crystal.crystal % 61)
    const glow = Math.max(0, Math.sin(phase)) ** 6
    this.#point(crystal.x, crystal.y + 90 + 10 * Math.sin(phase * 0.7), crystal.z, this.#kind(crystal), 0.25 + glow * 0.75)
  }

  #kind(crystal: Crystal): number {
    return CRYSTAL_COLOURS[crystal.kind] ?? CRYSTAL_COLOURS[0]!
  }

  #crystal(crystal: Crystal, timeS: number): void {
    const t = this.still ? 0 : timeS
    this.#place.set(crystal.x * M, crystal.y * M + 0.75 + 0.1 * Math.sin(t * 2 + (crystal.crystal % 13)), -crystal.z * M)
    this.#turn.setFromAxisAngle(UP, t * 1.4 + (crystal.crystal % 7))
    const size = 0.8 + 0.35 * Math.min(2, crystal.kind)
    this.#matrix.compose(this.#place, this.#turn, this.#size.setScalar(size))
    this.#crystals.add(this.#matrix, this.#colour.set(this.#kind(crystal)))
  }

  #point(x: number, y: number, z: number, colour: number, glow: number): void {
    if (this.sparks === POINTS_MAX) return
    const shape = this.#points.geometry
    shape.getAttribute('position').setXYZ(this.sparks, x * M, y * M, -z * M)
    this.#colour.set(colour).multiplyScalar(glow)
    shape.getAttribute('color').setXYZ(this.sparks, this.#colour.r, this.#colour.g, this.#colour.b)
    this.sparks += 1
  }
}

const UP = new three.Vector3(0, 1, 0)

/** A soft round light, made here: the page loads no pictures. */
function disc(): three.DataTexture {
  const side = 32
  const data = new Uint8Array(side * side * 4)
  for (let n = 0; n < side * side; n += 1) {
    const [x, y] = [(n % side) - side / 2 + 0.5, Math.floor(n / side) - side / 2 + 0.5]
    const light = Math.max(0, 1 - Math.hypot(x, y) / (side / 2)) ** 2
    data.fill(Math.round(255 * light), n * 4, n * 4 + 4)
  }
  const texture = new three.DataTexture(data, side, side)
  texture.needsUpdate = true
  return texture
}
