/** A player's side of Future City: connection, clock, prediction, and everything that is seen and heard. */

export { City, type FieldsOf } from './city.js'
export { WireError } from './codec.js'
export { Emitter, type Listener } from './emitter.js'
export type { FrameHeader } from './frames.js'
export { LOST } from './link.js'
export { Motion, type Body, type Ground } from './motion.js'
export type { SocketClass, SocketLike, Surroundings } from './surroundings.js'
export { Terrain, WALL_CM } from './terrain.js'
export * from './types.js'
export { Denied, Undecided } from './wishes.js'
export {
  ANIMATIONS, ANSWERS, CLOSE_CODES, CRYSTALS_MAX, INTEREST_MAX, NAME_CHARS_MAX, PROTOCOL_VERSION, REFUSALS, RETRY_AFTER_S,
  SETTINGS_BYTES_MAX,
} from './generated/wire.js'
export type {
  BlockChart, CityMap, ColourChart, CrystalChart, DeedFields, EventFields, FireworkChart, HostChart, Limits,
  MovementNumbers, RampChart, RefusalReason, SpawnChart, Zone, ZoneChart,
} from './generated/wire.js'
