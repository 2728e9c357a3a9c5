/** How high the ground is for whoever is drawn without the city saying so: the highest terrace or ramp over a point. */

import type { CityMap, RampChart, ZoneChart } from '@futurecity/client'

interface Area {
  readonly x: number
  readonly z: number
  readonly width: number
  readonly depth: number
}

function inside(area: Area, x: number, z: number): boolean {
  return x >= area.x && x < area.x + area.width && z >= area.z && z < area.z + area.depth
}

/** The height of a ramp at a point of it, cm. */
export function rampHeight(ramp: RampChart, x: number, z: number): number {
  const along = {
    east: (x - ramp.x) / ramp.width,
    west: 1 - (x - ramp.x) / ramp.width,
    north: (z - ramp.z) / ramp.depth,
    south: 1 - (z - ramp.z) / ramp.depth,
  }[ramp.rises]
  return ramp.low + (ramp.high - ramp.low) * along
}

/** The zone over a point, if there is one. */
export function zoneAt(map: CityMap, x: number, z: number): ZoneChart | undefined {
  return map.zones.find((zone) => inside(zone, x, z))
}

/** The height to stand on at a point in cm; null inside of buildings and outside of the city. */
export function groundAt(map: CityMap, x: number, z: number): number | null {
  const zone = zoneAt(map, x, z)
  if (zone === undefined || zone.buildings.some((building) => inside(building, x, z))) return null
  let height = zone.ground
  for (const terrace of zone.terraces) if (inside(terrace, x, z)) height = Math.max(height, terrace.top)
  for (const ramp of zone.ramps) if (inside(ramp, x, z)) height = Math.max(height, rampHeight(ramp, x, z))
  return height
}
