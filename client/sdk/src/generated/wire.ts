/** The map as `GET /city.json` tells it: whole numbers, cm of the city. */
export interface CityMap {
  readonly format: number
  readonly fingerprint: string
  readonly name: string
  readonly tick_rate_hz: number
  readonly cell_cm: number
  readonly gate: number
  readonly movement: MovementNumbers
  readonly zones: readonly ZoneChart[]
  readonly crystals: readonly CrystalKind[]
  readonly fireworks: readonly FireworkKind[]
  readonly colours: readonly Colour[]
  /** What an avatar's look can be, for the editor; null in a city where it cannot be chosen. */
  readonly avatar: Readonly<Record<string, unknown>> | null
}
export interface MovementNumbers {
  /** stand, walk, run: 256ths of a cm in a tick */
  readonly paces: readonly number[]
  readonly step_cm: number
  readonly jump_cm_s: number
  readonly gravity_cm_s: number
  readonly fall_cm_s: number
  readonly intent_ticks: number
}
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
export interface BlockChart {
  readonly name: string
  readonly x: number
  readonly z: number
  readonly width: number
  readonly depth: number
  /** The height of its top. */
  readonly top: number
}
export interface RampChart {
  readonly name: string
  readonly x: number
  readonly z: number
  readonly width: number
  readonly depth: number
  readonly low: number
  readonly high: number
  readonly rises: 'north' | 'east' | 'south' | 'west'
}
export interface SpawnChart {
  readonly name: string
  readonly x: number
  readonly z: number
  readonly spread: number
  readonly facing: number
}
export interface HostChart {
  readonly name: string
  readonly title: string
  readonly x: number
  readonly z: number
  readonly facing: number
}
export interface CrystalKind {
  readonly name: string
  readonly value: number
}
export interface FireworkKind {
  readonly name: string
  /** 0: for shows only. */
  readonly cost: number
}
export interface Colour {
  readonly name: string
  /** `#rrggbb` */
  readonly rgb: string
}
export interface Zone {
  readonly number: number
  readonly name: string
  readonly x: number
  readonly z: number
  readonly width: number
  readonly depth: number
}
