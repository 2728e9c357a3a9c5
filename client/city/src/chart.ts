/** The map from above, on a canvas: small in a corner, or the whole city where there is no WebGL. */

import type { CityMap, CrowdMap } from '@futurecity/client'

export interface Seen {
  readonly me: { readonly x: number; readonly z: number; readonly heading: number } | null
  readonly people: readonly { readonly x: number; readonly z: number }[]
  readonly crystals: readonly { readonly x: number; readonly z: number }[]
  readonly fireworks: readonly { readonly x: number; readonly z: number }[]
  readonly crowd: CrowdMap | null
}

const ZONES = ['#4c4673', '#5b5288', '#423c63', '#50426e', '#243c60', '#2f5644', '#4d4a55']

export class Chart {
  readonly #pen: CanvasRenderingContext2D
  readonly #bounds: { west: number; south: number; width: number; depth: number }

  constructor(readonly canvas: HTMLCanvasElement, private readonly map: CityMap, private readonly spanM: number) {
    this.#pen = canvas.getContext('2d')!
    const west = Math.min(...map.zones.map((zone) => zone.x))
    const south = Math.min(...map.zones.map((zone) => zone.z))
    const width = Math.max(...map.zones.map((zone) => zone.x + zone.width)) - west
    this.#bounds = { west, south, width, depth: Math.max(...map.zones.map((zone) => zone.z + zone.depth)) - south }
  }

  /** North is up; `spanM` metres around us, or the whole city if it is 0. */
  draw(seen: Seen): void {
    const { canvas } = this
    const pen = this.#pen
    const ratio = Math.min(2, window.devicePixelRatio)
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)]
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height })
    pen.setTransform(1, 0, 0, 1, 0, 0)
    pen.fillStyle = '#120d2b'
    pen.fillRect(0, 0, width, height)
    const { west, south, width: wide, depth } = this.#bounds
    const whole = this.spanM === 0 || seen.me === null
    const scale = whole ? Math.min(width / wide, height / depth) : Math.min(width, height) / (this.spanM * 100)
    const [x, z] = whole ? [west + wide / 2, south + depth / 2] : [seen.me!.x, seen.me!.z]
    pen.setTransform(scale, 0, 0, -scale, width / 2 - x * scale, height / 2 + z * scale)
    this.#ground()
    this.#crowd(seen.crowd)
    const dot = (Math.max(2, width / 90) * 1) / scale
    this.#dots(seen.people, '#ffd9a8', dot)
    this.#dots(seen.crystals, '#7ff0ff', dot * 0.9)
    this.#dots(seen.fireworks, '#ff6fb5', dot * 1.6)
    if (seen.me) this.#arrow(seen.me, dot * 2.4)
  }

  #ground(): void {
    const pen = this.#pen
    for (const zone of this.map.zones) {
      pen.fillStyle = ZONES[zone.number % ZONES.length]!
      pen.fillRect(zone.x, zone.z, zone.width, zone.depth)
      pen.fillStyle = '#ffffff1c'
      for (const each of [...zone.terraces, ...zone.ramps]) pen.fillRect(each.x, each.z, each.width, each.depth)
      pen.fillStyle = '#181233'
      for (const each of zone.buildings) pen.fillRect(each.x, each.z, each.width, each.depth)
    }
  }

  #crowd(crowd: CrowdMap | null): void {
    if (crowd === null) return
    for (let n = 0; n < crowd.counts.length; n += 1) {
      const count = crowd.counts[n]!
      if (count === 0) continue
      this.#pen.fillStyle = `rgba(255, 170, 110, ${Math.min(0.6, 0.08 + count / 60)})`
      const [column, row] = [n % crowd.columns, Math.floor(n / crowd.columns)]
      this.#pen.fillRect(crowd.x + column * crowd.cell, crowd.z + row * crowd.cell, crowd.cell, crowd.cell)
    }
  }

  #dots(places: Seen['people'], colour: string, size: number): void {
    this.#pen.fillStyle = colour
    for (const place of places) {
      this.#pen.beginPath()
      this.#pen.arc(place.x, place.z, size / 2, 0, 2 * Math.PI)
      this.#pen.fill()
    }
  }

  #arrow(me: NonNullable<Seen['me']>, size: number): void {
    const pen = this.#pen
    const turn = (me.heading / 256) * 2 * Math.PI
    const [east, north] = [Math.sin(turn), Math.cos(turn)]
    pen.fillStyle = '#ffffff'
    pen.beginPath()
    pen.moveTo(me.x + east * size, me.z + north * size)
    pen.lineTo(me.x - (east * 0.6 + north * 0.6) * size, me.z - (north * 0.6 - east * 0.6) * size)
    pen.lineTo(me.x - (east * 0.6 - north * 0.6) * size, me.z - (north * 0.6 + east * 0.6) * size)
    pen.fill()
  }
}
