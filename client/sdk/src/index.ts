/** A player's side of Future City: connection, clock, prediction, and everything that is seen and heard. */

export * from './types.js'
export { City } from './city.js'
export { Emitter, type Listener } from './emitter.js'
export type { CityEvents, ConnectOptions, Resume, Welcome } from './city.js'
export type * from './generated/wire.js'
