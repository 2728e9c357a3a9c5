/** The city that stands still: ground, terraces, ramps and buildings of the map in two merged meshes, dusk above them. */

import * as three from 'three'
import { mergeGeometries } from 'three/addons/utils/BufferGeometryUtils.js'
import type { BlockChart, CityMap, RampChart, ZoneChart } from '@futurecity/client'
import { Chance, mixed } from './chance'

/** From the city's cm (z north) to the scene's metres (z south). */
export const M = 0.01

const ZONE_COLOURS: Readonly<Record<string, number>> = {
  gate: 0x5a5480, crystal_plaza: 0x6a5f92, brand_street: 0x4d4670, stage: 0x5b4a7d, fireworks_bay: 0x2f4a72,
  park: 0x3f6b54,
}
const NEON = [0xff5ca8, 0x5ce1ff, 0xffc94d, 0x8f7bff, 0x3ddc97, 0xff8a5c, 0x7ab8ff, 0xff6f6f]
/** Windows on one city; the brand houses have some hundred each. */
const WINDOWS_MAX = 4000

/** What stands: solid things take the light, glowing ones give it. Two draw calls for the whole city, and the sky's. */
export function scenery(map: CityMap): three.Group {
  const solid: three.BufferGeometry[] = []
  const glow: three.BufferGeometry[] = []
  for (const zone of map.zones) build(zone, solid, glow)
  const group = new three.Group()
  group.add(merged(solid, new three.MeshLambertMaterial({ vertexColors: true })))
  group.add(merged(glow, new three.MeshBasicMaterial({ vertexColors: true, fog: false })))
  group.add(sky(), stars(), water(map))
  return group
}

function merged(parts: three.BufferGeometry[], material: three.Material): three.Mesh {
  const mesh = new three.Mesh(mergeGeometries(parts), material)
  mesh.matrixAutoUpdate = false
  for (const part of parts) part.dispose()
  return mesh
}

function build(zone: ZoneChart, solid: three.BufferGeometry[], glow: three.BufferGeometry[]): void {
  const ground = ZONE_COLOURS[zone.name] ?? 0x57507c
  paving(zone, ground, solid)
  glow.push(edge({ name: '', x: zone.x, z: zone.z, width: zone.width, depth: zone.depth, top: zone.ground }, zone.ground - 10, tint(neon(zone.name), 0x1a1438, 0.35)))
  for (const terrace of zone.terraces) {
    solid.push(block(terrace, zone.ground, tint(ground, terrace.name.includes('bench') ? 0x9a6a4a : 0xffffff, 0.16)))
    if (terrace.top - zone.ground >= 120) glow.push(edge(terrace, terrace.top, neon(terrace.name)))
  }
  for (const ramp of zone.ramps) solid.push(wedge(ramp, tint(ground, 0xffffff, 0.1)))
  for (const building of zone.buildings) raise(building, zone.ground, solid, glow)
}

/** Slabs of four metres, each a little different, so that one sees oneself walk. */
function paving(zone: ZoneChart, colour: number, solid: three.BufferGeometry[]): void {
  const slab = 400
  for (let x = zone.x; x < zone.x + zone.width; x += slab) {
    for (let z = zone.z; z < zone.z + zone.depth; z += slab) {
      const width = Math.min(slab, zone.x + zone.width - x)
      const depth = Math.min(slab, zone.z + zone.depth - z)
      const shade = 0.04 + 0.09 * ((mixed(x, z) & 0xff) / 255) + (((x + z) / slab) % 2 === 0 ? 0.04 : 0)
      const plane = new three.PlaneGeometry(width * M, depth * M).rotateX(-Math.PI / 2)
      plane.translate((x + width / 2) * M, zone.ground * M, -(z + depth / 2) * M)
      solid.push(coloured(plane, tint(colour, 0xffe9ff, shade)))
    }
  }
}

function raise(building: BlockChart, ground: number, solid: three.BufferGeometry[], glow: three.BufferGeometry[]): void {
  const { name, top } = building
  if (name.includes('tree')) tree(building, ground, solid)
  else if (name === 'great_crystal') glow.push(greatCrystal(building, ground))
  else if (name.includes('lantern')) lantern(building, ground, solid, glow)
  else {
    const house = name.startsWith('house_')
    solid.push(block(building, ground, tint(neon(name), 0x2a2350, house ? 0.72 : 0.66)))
    if (top - ground > 400) glow.push(edge(building, top, neon(name)))
    if (house || name.includes('office') || name.includes('gatehouse')) windows(building, ground, glow)
    if (name.includes('screen') || name.includes('wall') || name === 'backdrop') screen(building, ground, glow)
    if (name === 'lighthouse') glow.push(ball(building, top + 150, 2.2, 0xfff0c0))
    if (house) glow.push(sign(building, ground))
  }
}

function block(area: BlockChart, from: number, colour: number): three.BufferGeometry {
  const height = Math.max(1, area.top - from)
  const box = new three.BoxGeometry(area.width * M, height * M, area.depth * M)
  box.translate((area.x + area.width / 2) * M, (from + height / 2) * M, -(area.z + area.depth / 2) * M)
  return coloured(box, colour)
}

/** A box whose upper corners are as high as the ramp is there. */
function wedge(ramp: RampChart, colour: number): three.BufferGeometry {
  const box = block({ name: '', x: ramp.x, z: ramp.z, width: ramp.width, depth: ramp.depth, top: ramp.high }, ramp.low - 1, colour)
  const places = box.getAttribute('position')
  for (let n = 0; n < places.count; n += 1) {
    if (places.getY(n) < ramp.high * M - 0.001) continue
    const east = places.getX(n) > (ramp.x + ramp.width / 2) * M
    const north = -places.getZ(n) > (ramp.z + ramp.depth / 2) * M
    const up = { east, west: !east, north, south: !north }[ramp.rises]
    places.setY(n, (up ? ramp.high : ramp.low) * M)
  }
  box.computeVertexNormals()
  return box
}

/** A line of light around the top. */
function edge(area: BlockChart, at: number, colour: number): three.BufferGeometry {
  const line = 12
  const sides = [
    { ...area, z: area.z - line / 2, depth: line },
    { ...area, z: area.z + area.depth - line / 2, depth: line },
    { ...area, x: area.x - line / 2, width: line },
    { ...area, x: area.x + area.width - line / 2, width: line },
  ]
  return mergeGeometries(sides.map((side) => block({ ...side, top: at + line }, at - line, colour)))
}

let windowsMade = 0

/** Lit at random, but the same for everybody. */
function windows(area: BlockChart, ground: number, glow: three.BufferGeometry[]): void {
  const chance = new Chance(mixed(area.x, area.z))
  for (let y = ground + 420; y < area.top - 150; y += 280) {
    for (const side of [0, 1, 2, 3]) {
      const along = side % 2 === 0 ? area.width : area.depth
      for (let at = 120; at < along - 120; at += 240) {
        const lit = chance.next()
        if (lit > 0.55 || windowsMade >= WINDOWS_MAX) continue
        windowsMade += 1
        glow.push(pane(area, side, at, y, lit < 0.08 ? neon(area.name) : tint(0xffc98a, 0x584878, 0.25 + lit)))
      }
    }
  }
}

function pane(area: BlockChart, side: number, at: number, y: number, colour: number): three.BufferGeometry {
  const plane = new three.PlaneGeometry(1.1, 1.5)
  const west = area.x * M
  const south = -area.z * M
  const off = 0.02
  if (side === 0) plane.translate(west + at * M, y * M, south + off)
  else if (side === 2) plane.rotateY(Math.PI).translate(west + at * M, y * M, south - area.depth * M - off)
  else if (side === 1) plane.rotateY(-Math.PI / 2).translate(west - off, y * M, south - at * M)
  else plane.rotateY(Math.PI / 2).translate(west + area.width * M + off, y * M, south - at * M)
  return coloured(plane, colour)
}

/** Bands of colour, until there is something on. */
function screen(area: BlockChart, ground: number, glow: three.BufferGeometry[]): void {
  const rows = 6
  const height = (area.top - ground) * 0.8
  for (let row = 0; row < rows; row += 1) {
    const low = ground + (area.top - ground) * 0.12 + (height / rows) * row
    const grown = { ...area, x: area.x - 8, z: area.z - 8, width: area.width + 16, depth: area.depth + 16 }
    glow.push(block({ ...grown, top: low + height / rows - 12 }, low, tint(neon(area.name + row), 0x120c2c, 0.35)))
  }
}

function sign(area: BlockChart, ground: number): three.BufferGeometry {
  const towardsStreet = area.name === 'house_aurora' || area.z % 10_000 > 5_000
  const z = towardsStreet ? area.z - 20 : area.z + area.depth
  const board = { name: '', x: area.x + 200, z, width: area.width - 400, depth: 20, top: ground + 400 }
  return block(board, ground + 300, neon(area.name))
}

function tree(area: BlockChart, ground: number, solid: three.BufferGeometry[]): void {
  const x = (area.x + area.width / 2) * M
  const z = -(area.z + area.depth / 2) * M
  const height = (area.top - ground) * M
  const trunk = new three.CylinderGeometry(0.22, 0.34, height * 0.5, 6).translate(x, ground * M + height * 0.25, z)
  solid.push(coloured(trunk, 0x5d4250))
  for (const [size, up, side] of [[2, 0.62, 0], [1.5, 0.84, 0.5], [1.3, 0.7, -0.9]] as const) {
    const crown = new three.IcosahedronGeometry(size, 1).translate(x + side, ground * M + height * up, z + side * 0.6)
    solid.push(coloured(crown, tint(0x2f8a63, 0xd06aa8, (mixed(area.x, area.z + size) & 0xff) / 500)))
  }
}

function greatCrystal(area: BlockChart, ground: number): three.BufferGeometry {
  const height = (area.top - ground) * M
  const shape = new three.OctahedronGeometry(1).scale(2.1, height / 2, 2.1)
  shape.translate((area.x + area.width / 2) * M, ground * M + height / 2, -(area.z + area.depth / 2) * M)
  const facets = [0x9ff1ff, 0x6fd2ff, 0xb9a0ff, 0xff9be0, 0x8ae6ff, 0xd6c2ff, 0x74b8ff, 0xffc4ec]
  const colours = new Float32Array(shape.getAttribute('position').count * 3)
  const colour = new three.Color()
  for (let n = 0; n < colours.length / 3; n += 1) colour.set(facets[Math.floor(n / 3) % 8]!).toArray(colours, n * 3)
  shape.setAttribute('color', new three.BufferAttribute(colours, 3))
  return indexed(shape)
}

function lantern(area: BlockChart, ground: number, solid: three.BufferGeometry[], glow: three.BufferGeometry[]): void {
  solid.push(block({ ...area, x: area.x + 35, z: area.z + 35, width: 30, depth: 30, top: area.top - 60 }, ground, 0x3a3060))
  glow.push(ball(area, area.top - 40, 0.7, 0xffd9a0))
  const pool = new three.RingGeometry(1.2, 1.5, 24).rotateX(-Math.PI / 2)
  pool.translate((area.x + area.width / 2) * M, ground * M + 0.03, -(area.z + area.depth / 2) * M)
  glow.push(coloured(pool, 0xffc98a))
}

function ball(area: BlockChart, at: number, radius: number, colour: number): three.BufferGeometry {
  const shape = new three.IcosahedronGeometry(radius, 2)
  shape.translate((area.x + area.width / 2) * M, at * M, -(area.z + area.depth / 2) * M)
  return coloured(shape, colour)
}

/** Every part has the same attributes and an index, or they would not merge. */
function coloured(shape: three.BufferGeometry, colour: number): three.BufferGeometry {
  shape.deleteAttribute('uv')
  const tone = new three.Color(colour)
  const count = shape.getAttribute('position').count
  const colours = new Float32Array(count * 3)
  for (let n = 0; n < count; n += 1) tone.toArray(colours, n * 3)
  shape.setAttribute('color', new three.BufferAttribute(colours, 3))
  return indexed(shape)
}

function indexed(shape: three.BufferGeometry): three.BufferGeometry {
  shape.deleteAttribute('uv')
  if (shape.index === null) shape.setIndex(Array.from({ length: shape.getAttribute('position').count }, (_, n) => n))
  return shape
}

function neon(name: string): number {
  let sum = 0
  for (const letter of name) sum = mixed(sum, letter.charCodeAt(0))
  return NEON[sum % NEON.length]!
}

const one = new three.Color()
const two = new three.Color()

function tint(from: number, towards: number, part: number): number {
  return one.set(from).lerp(two.set(towards), Math.min(1, part)).getHex()
}

/** From the afterglow at the horizon to the night above. */
function sky(): three.Mesh {
  const dome = new three.SphereGeometry(900, 24, 16)
  const places = dome.getAttribute('position')
  const colours = new Float32Array(places.count * 3)
  const bands: [number, three.Color][] = [
    [-1, new three.Color(0x241b4a)], [0, new three.Color(0xf08a6a)], [0.1, new three.Color(0xb4538f)],
    [0.3, new three.Color(0x4a2f80)], [1, new three.Color(0x0d0a26)],
  ]
  const colour = new three.Color()
  for (let n = 0; n < places.count; n += 1) {
    const up = places.getY(n) / 900
    const above = Math.max(1, bands.findIndex(([at]) => at >= up - 1e-6))
    const [low, from] = bands[above - 1]!
    const [high, to] = bands[above]!
    colour.copy(from).lerp(to, Math.min(1, Math.max(0, (up - low) / (high - low)))).toArray(colours, n * 3)
  }
  dome.setAttribute('color', new three.BufferAttribute(colours, 3))
  const material = new three.MeshBasicMaterial({ vertexColors: true, side: three.BackSide, fog: false, depthWrite: false })
  const mesh = new three.Mesh(dome, material)
  mesh.position.set(170, 0, -140)
  mesh.renderOrder = -1
  return mesh
}

function stars(): three.Points {
  const chance = new Chance(7)
  const places: number[] = []
  for (let n = 0; n < 500; n += 1) {
    const [x, z, y] = [chance.around(), chance.around(), 0.15 + 0.85 * chance.next()]
    const size = 800 / Math.sqrt(x * x + y * y + z * z)
    places.push(170 + x * size, y * size, -140 + z * size)
  }
  const shape = new three.BufferGeometry().setAttribute('position', new three.Float32BufferAttribute(places, 3))
  return new three.Points(shape, new three.PointsMaterial({ color: 0xcfc4ff, size: 1.6, sizeAttenuation: false, fog: false }))
}

/** The bay beyond the quay, and the dark land around. */
function water(map: CityMap): three.Mesh {
  const low = Math.min(...map.zones.map((zone) => zone.ground)) * M
  const plane = new three.CircleGeometry(850, 32).rotateX(-Math.PI / 2).translate(170, low - 0.4, -140)
  return new three.Mesh(plane, new three.MeshLambertMaterial({ color: 0x23306a }))
}
