/** Everybody in sight: bodies with limbs and faces near by, figures farther off, points of colour beyond. */

import * as three from 'three'
import { mergeGeometries } from 'three/addons/utils/BufferGeometryUtils.js'
import { mixed } from './chance'
import { STRANGERS_MAX, STRANGER_STRIDE, type Strangers } from './crowd'
import { detailOf, MIDDLE_MAX, NEAR_MAX, type Detail } from './detail'
import type { Figure } from './look'
import { Part } from './parts'
import { poseOf } from './poses'
import { M } from './scenery'

/** Somebody to be drawn: cm of the city and 256ths of a turn. */
export interface Somebody {
  readonly entity: number
  readonly x: number
  readonly y: number
  readonly z: number
  readonly heading: number
  readonly animation: number
  readonly presence: number
}

const FACE_M = 14
const TURN = (-2 * Math.PI) / 256
const CLOTHES = [0x2a9d8f, 0xf1c40f, 0xd64545, 0x3d78d8, 0xee8fb5, 0x7a5bc7, 0xe8833a, 0xf4f4f1, 0x27365c, 0x5a9e4b]
const SKINS = [0xf6dfd0, 0xe6b78f, 0xd59f70, 0xbd8453, 0x9c673f, 0x7a4b2e]
const DARK = new three.Color(0x1c1620)
const LIPS = new three.Color(0xa8485a)

/** Shapes are about the joint they turn on; a body without measures is 1.75 m high. */
function shapes(): Record<string, three.BufferGeometry> {
  const at = (shape: three.BufferGeometry, x: number, y: number, z: number): three.BufferGeometry => shape.translate(x, y, z)
  const ball = (size: number): three.BufferGeometry => new three.SphereGeometry(size, 12, 9)
  const cap = new three.SphereGeometry(0.165, 12, 8, 0, Math.PI * 2, 0, Math.PI * 0.55).rotateX(0.35)
  const fall = at(new three.CapsuleGeometry(0.13, 0.2, 3, 8).scale(1.15, 1, 0.6), 0, -0.14, 0.09)
  return {
    torso: new three.CapsuleGeometry(0.19, 0.34, 4, 10).scale(1, 1, 0.72),
    head: ball(0.155).scale(0.95, 1.08, 0.98),
    leg: at(new three.CapsuleGeometry(0.085, 0.62, 3, 7), 0, -0.4, 0),
    arm: at(new three.CapsuleGeometry(0.058, 0.5, 3, 7), 0, -0.28, 0),
    hand: at(ball(0.06), 0, -0.6, 0),
    shoe: at(new three.BoxGeometry(0.15, 0.1, 0.28), 0, -0.8, -0.04),
    skirt: new three.CylinderGeometry(0.17, 0.33, 0.5, 12, 1, true).scale(1, 1, 0.8),
    eyes: mergeGeometries([at(ball(0.024), -0.055, 0, 0), at(ball(0.024), 0.055, 0, 0)]),
    brow: mergeGeometries([
      at(new three.BoxGeometry(0.06, 0.014, 0.02), -0.056, 0, 0), at(new three.BoxGeometry(0.06, 0.014, 0.02), 0.056, 0, 0),
    ]),
    nose: new three.ConeGeometry(0.022, 0.06, 6).rotateX(-0.5),
    mouth: new three.BoxGeometry(0.07, 0.016, 0.02),
    'hair:cropped': cap.clone().scale(0.98, 0.98, 0.98),
    'hair:short': mergeGeometries([cap.clone(), at(ball(0.1), 0, 0.06, 0.08)]),
    'hair:bob': mergeGeometries([cap.clone(), at(ball(0.15).scale(1.15, 1, 0.75), 0, -0.05, 0.07)]),
    'hair:long': mergeGeometries([cap.clone(), fall]),
    'hair:afro': at(ball(0.25), 0, 0.08, 0.06),
    'hair:bun': mergeGeometries([cap.clone(), at(ball(0.085), 0, 0.19, 0.06)]),
    'hair:ponytail': mergeGeometries([cap.clone(), at(new three.CapsuleGeometry(0.05, 0.26, 3, 7).rotateX(-0.4), 0, -0.06, 0.22)]),
    'hair:mohawk': at(new three.BoxGeometry(0.05, 0.16, 0.3), 0, 0.17, 0.03),
    'on:glasses': mergeGeometries([
      at(new three.TorusGeometry(0.04, 0.008, 4, 10), -0.056, 0.02, -0.155), at(new three.TorusGeometry(0.04, 0.008, 4, 10), 0.056, 0.02, -0.155),
    ]),
    'on:sunglasses': at(new three.BoxGeometry(0.22, 0.06, 0.03), 0, 0.02, -0.15),
    'on:cap': mergeGeometries([at(cap.clone().scale(1.1, 1, 1.1), 0, 0.02, 0), at(new three.BoxGeometry(0.2, 0.02, 0.16), 0, 0.09, -0.2)]),
    'on:headphones': mergeGeometries([
      new three.TorusGeometry(0.175, 0.018, 5, 14, Math.PI), at(ball(0.055), -0.17, 0, 0), at(ball(0.055), 0.17, 0, 0),
    ]),
    'on:scarf': at(new three.TorusGeometry(0.12, 0.05, 6, 12).rotateX(Math.PI / 2), 0, -0.2, 0),
    'on:flower': at(new three.IcosahedronGeometry(0.06, 0), 0.13, 0.1, -0.06),
    'on:light_ring': at(new three.TorusGeometry(0.2, 0.016, 6, 20).rotateX(Math.PI / 2), 0, 0.3, 0),
    shadow: new three.CircleGeometry(0.36, 14).rotateX(-Math.PI / 2),
  }
}
// Styles that have no shape of their own are drawn like the nearest that has.
const ALIKE: Readonly<Record<string, string>> = { curls: 'afro', braids: 'long', beret: 'cap', jumper: 'hoodie' }
const ACCESSORY: Readonly<Record<string, number>> = {
  cap: 0xd64545, beret: 0x7d2940, headphones: 0x2b2b38, scarf: 0xff8a5c, flower: 0xff6fb5, light_ring: 0x9ff1ff,
}

export class People {
  readonly group = new three.Group()
  /** How many are drawn in which detail. */
  readonly drawn: Record<Detail, number> = { near: 0, middle: 0, far: 0 }
  readonly #parts = new Map<string, Part>()
  readonly #figures = { body: figureShape(), head: new three.SphereGeometry(0.17, 7, 6).translate(0, 1.6, 0) }
  readonly #bodies: Part
  readonly #heads: Part
  readonly #dots: three.Points
  readonly #details = new Map<number, Detail>()
  readonly #base = new three.Matrix4()
  readonly #matrix = new three.Matrix4()
  readonly #local = new three.Matrix4()
  readonly #turn = new three.Quaternion()
  readonly #euler = new three.Euler()
  readonly #place = new three.Vector3()
  readonly #size = new three.Vector3()
  readonly #colour = new three.Color()

  constructor() {
    const cloth = new three.MeshLambertMaterial()
    const shade = new three.MeshBasicMaterial({ color: 0x120c24, transparent: true, opacity: 0.38, depthWrite: false })
    for (const [name, shape] of Object.entries(shapes())) {
      const many = ['leg', 'arm', 'hand', 'shoe'].includes(name) ? 2 * NEAR_MAX : NEAR_MAX
      const part = new Part(shape, name === 'shadow' ? NEAR_MAX + MIDDLE_MAX : many, name === 'shadow' ? shade : cloth)
      this.#parts.set(name, part)
      this.group.add(part.mesh)
    }
    this.#bodies = new Part(this.#figures.body, MIDDLE_MAX, new three.MeshLambertMaterial({ vertexColors: true }))
    this.#heads = new Part(this.#figures.head, MIDDLE_MAX, cloth)
    const dots = new three.BufferGeometry()
    dots.setAttribute('position', new three.BufferAttribute(new Float32Array(STRANGERS_MAX * 3), 3))
    dots.setAttribute('color', new three.BufferAttribute(new Float32Array(STRANGERS_MAX * 3), 3))
    this.#dots = new three.Points(dots, new three.PointsMaterial({ size: 0.7, vertexColors: true }))
    this.#dots.frustumCulled = false
    this.group.add(this.#bodies.mesh, this.#heads.mesh, this.#dots)
  }

  /** Begin a frame. */
  begin(): void {
    for (const part of this.#parts.values()) part.clear()
    this.#bodies.clear()
    this.#heads.clear()
    Object.assign(this.drawn, { near: 0, middle: 0, far: 0 })
    if (this.#details.size > 1024) this.#details.clear()
  }

  /** Somebody we know, as they look; `eye` is where the camera is. */
  add(who: Somebody, figure: Figure, eye: three.Vector3, timeS: number, still: boolean): void {
    this.#place.set(who.x * M, who.y * M, -who.z * M)
    const distance = this.#place.distanceTo(eye)
    const detail = detailOf(distance, this.#details.get(who.entity), this.drawn.near, this.drawn.middle)
    this.#details.set(who.entity, detail)
    if (detail === 'near') this.#body(who, figure, distance, timeS + (who.entity % 97) / 7, still)
    else if (detail === 'middle') {
      this.#figure(who.heading, figure.height * who.presence, figure.topColour, figure.skin)
    } else this.#dot(who.x, who.y, who.z, figure.topColour)
    this.drawn[detail] += 1
  }

  /** Those of whom only the crowd map tells. */
  addStrangers(strangers: Strangers, eye: three.Vector3, timeS: number, still: boolean): void {
    for (let n = 0; n < strangers.count; n += 1) {
      const offset = n * STRANGER_STRIDE
      const [x, y, z, heading, seed] = strangers.values.subarray(offset, offset + STRANGER_STRIDE) as unknown as number[]
      this.#place.set(x! * M, y! * M, -z! * M)
      const cloth = CLOTHES[mixed(seed!, 1) % CLOTHES.length]!
      // Nobody knows what they do: none is drawn with limbs.
      if (detailOf(this.#place.distanceTo(eye), undefined, NEAR_MAX, this.drawn.middle) === 'middle') {
        if (!still) this.#place.y += Math.abs(Math.sin(timeS * 5 + seed!)) * 0.03
        this.#figure(heading!, 0.9 + (seed! % 200) / 1000, cloth, SKINS[mixed(seed!, 2) % SKINS.length]!)
        this.drawn.middle += 1
      } else {
        this.#dot(x!, y!, z!, cloth)
        this.drawn.far += 1
      }
    }
  }

  /** What was added is what is drawn. */
  done(): void {
    for (const part of this.#parts.values()) part.done()
    this.#bodies.done()
    this.#heads.done()
    const shape = this.#dots.geometry
    shape.setDrawRange(0, Math.min(STRANGERS_MAX, this.drawn.far))
    this.#dots.visible = this.drawn.far > 0
    shape.getAttribute('position').needsUpdate = true
    shape.getAttribute('color').needsUpdate = true
  }

  #figure(heading: number, height: number, cloth: number, skin: number): void {
    this.#turn.setFromAxisAngle(UP, heading * TURN)
    this.#base.compose(this.#place, this.#turn, this.#size.setScalar(height))
    this.#bodies.add(this.#base, this.#colour.set(cloth))
    this.#heads.add(this.#base, this.#colour.set(skin))
    this.#shadow()
  }

  #dot(x: number, y: number, z: number, colour: number): void {
    const index = this.drawn.far
    if (index >= STRANGERS_MAX) return
    const shape = this.#dots.geometry
    shape.getAttribute('position').setXYZ(index, x * M, y * M + 1.1, -z * M)
    this.#colour.set(colour)
    shape.getAttribute('color').setXYZ(index, this.#colour.r, this.#colour.g, this.#colour.b)
  }

  #shadow(): void {
    this.#matrix.makeTranslation(this.#place.x, this.#place.y + 0.03, this.#place.z)
    this.#parts.get('shadow')!.add(this.#matrix, DARK)
  }

  #body(who: Somebody, figure: Figure, distance: number, timeS: number, still: boolean): void {
    this.#shadow()
    const pose = poseOf(who.animation, timeS, still)
    this.#euler.set(0, who.heading * TURN + pose.twist, 0)
    this.#turn.setFromEuler(this.#euler)
    this.#base.compose(this.#place, this.#turn, this.#size.setScalar(figure.height * Math.max(0.05, who.presence)))
    const { build, skin } = figure
    const dressed = figure.top === 'dress' || figure.top === 'qipao'
    const sleeves = figure.top === 'tee' || figure.top === 'vest' || dressed ? skin : figure.topColour
    const bare = figure.legs === 'shorts' || figure.legs === 'skirt' || dressed ? skin : figure.legsColour
    const hip = 0.86 + pose.lift
    this.#add('torso', 0, hip + 0.28, 0, -pose.lean, 0, build, 1, build, figure.topColour)
    for (const [side, leg, arm, spread] of [
      [-1, pose.legLeft, pose.armLeft, pose.spreadLeft], [1, pose.legRight, pose.armRight, pose.spreadRight],
    ] as const) {
      this.#add('leg', side * 0.1 * build, hip, 0, leg, 0, build, 1, build, bare)
      this.#add('shoe', side * 0.1 * build, hip, 0, leg, 0, 1, 1, 1, figure.shoesColour)
      const shoulder = hip + 0.48
      const forward = -Math.sin(pose.lean) * 0.45
      this.#add('arm', side * 0.235 * build, shoulder, forward, arm, side * spread, 1, 1, 1, sleeves)
      this.#add('hand', side * 0.235 * build, shoulder, forward, arm, side * spread, 1, 1, 1, skin)
    }
    if (dressed || figure.legs.includes('skirt')) {
      const long = figure.legs === 'long_skirt' ? 1.4 : 1
      this.#add('skirt', 0, hip - 0.12 * long, 0, 0, 0, build, long, build, dressed ? figure.topColour : figure.legsColour)
    }
    this.#head(figure, hip + 0.76, pose.lean, distance)
  }

  #head(figure: Figure, y: number, lean: number, distance: number): void {
    const forward = -Math.sin(lean) * 0.75
    const top = y - (1 - Math.cos(lean)) * 0.7
    const size = figure.head
    const on = (part: string, up: number, ahead: number, wide: number, high: number, colour: number): void => {
      this.#add(part, 0, top + up * size, forward - ahead * size, -lean, 0, size * wide, size * high, size, colour)
    }
    on('head', 0, 0, size, 1, figure.skin)
    const hair = `hair:${ALIKE[figure.hair] ?? figure.hair}`
    if (this.#parts.has(hair)) on(hair, 0.025, 0, 1, 1, figure.hairColour)
    const accessory = ALIKE[figure.accessory] ?? figure.accessory
    if (this.#parts.has(`on:${accessory}`)) on(`on:${accessory}`, 0, 0, 1, 1, ACCESSORY[figure.accessory] ?? 0x22222e)
    if (distance > FACE_M) return
    on('eyes', 0.02, 0.142, 1, figure.eyes, DARK.getHex())
    on('brow', 0.03 + 0.032 * figure.eyes, 0.145, 1, figure.brow, figure.hairColour)
    on('nose', -0.022, 0.165, 1, figure.nose, figure.skin)
    on('mouth', -0.075, 0.133, figure.mouth, 1, LIPS.getHex())
  }

  #add(
    part: string, x: number, y: number, z: number, swing: number, spread: number,
    wide: number, high: number, deep: number, colour: number,
  ): void {
    this.#euler.set(swing, 0, spread)
    this.#turn.setFromEuler(this.#euler)
    this.#local.compose(this.#place2.set(x, y, z), this.#turn, this.#size.set(wide, high, deep))
    this.#matrix.multiplyMatrices(this.#base, this.#local)
    this.#parts.get(part)!.add(this.#matrix, this.#colour.set(colour))
  }

  readonly #place2 = new three.Vector3()
}

const UP = new three.Vector3(0, 1, 0)

/** A whole figure in few triangles; white where the cloth's colour goes. */
function figureShape(): three.BufferGeometry {
  const tone = (shape: three.BufferGeometry, shade: number): three.BufferGeometry => {
    const plain = shape.index === null ? shape : shape.toNonIndexed()
    const colours = new Float32Array(plain.getAttribute('position').count * 3).fill(shade)
    plain.deleteAttribute('uv')
    return plain.setAttribute('color', new three.BufferAttribute(colours, 3))
  }
  return mergeGeometries([
    tone(new three.CylinderGeometry(0.16, 0.2, 0.62, 7).translate(0, 1.13, 0), 1),
    tone(new three.BoxGeometry(0.62, 0.12, 0.14).translate(0, 1.32, 0), 0.92),
    tone(new three.CylinderGeometry(0.17, 0.12, 0.84, 6).translate(0, 0.42, 0), 0.35),
  ])
}
