/** Bytes to messages and back. Whatever arrives, it is a message of its layout or a WireError; nothing else. */

import { Decoder, Encoder, ExtensionCodec } from '@msgpack/msgpack'
import {
  CLIENT_MESSAGE_BYTES_MAX, CLOSE_CODES, CRYSTAL_ROW_BYTES, LAYOUTS, RECORD_BYTES, SERVER_MESSAGE_BYTES_MAX,
  SETTINGS_BYTES_MAX, SETTINGS_LEVELS_MAX,
  type ClientMessage, type FieldLayout, type Layout, type MessageLayout, type MessageName, type ServerMessage,
} from './generated/wire.js'

/** A message that does not fit; `code` is the name that the wire has for it, the text names the field and the limit. */
export class WireError extends Error {
  constructor(
    readonly code: keyof typeof CLOSE_CODES,
    reason: string,
  ) {
    super(reason)
    this.name = 'WireError'
  }
}

// The wire has no extension types, not even time.
const plain = new ExtensionCodec()
plain.register({
  type: -1,
  encode: () => null,
  decode: () => {
    throw new WireError('MALFORMED', 'a timestamp, which this wire does not have')
  },
})
const most = SERVER_MESSAGE_BYTES_MAX
const unpacker = new Decoder({
  extensionCodec: plain, maxStrLength: most, maxBinLength: most, maxArrayLength: most, maxMapLength: most, maxExtLength: 0,
  mapKeyConverter: (key) => {
    if (typeof key !== 'string') throw new WireError('MALFORMED', 'a map with keys other than str')
    return key
  },
})
// As deep as Hello and Do can be with six levels, and one to spare for the message itself.
const packer = new Encoder({ extensionCodec: plain, maxDepth: 8 })
const names = new Map<number, MessageName>()
for (const [name, layout] of Object.entries(LAYOUTS)) names.set(layout.kind, name as MessageName)

/** A message of the server's; null for a kind of a later server, which is skipped. Throws WireError. */
export function decodeServer(payload: Uint8Array): ServerMessage | null {
  try {
    return decodeMessage(payload, 'server') as unknown as ServerMessage
  } catch (error) {
    if (error instanceof WireError && error.code === 'UNKNOWN_KIND') return null
    throw error
  }
}

/** Any message of one side, its fields checked by its layout. Throws WireError. */
export function decodeMessage(payload: Uint8Array, says: 'client' | 'server'): Record<string, unknown> {
  const bytesMax = says === 'server' ? SERVER_MESSAGE_BYTES_MAX : CLIENT_MESSAGE_BYTES_MAX
  if (payload.length > bytesMax) throw new WireError('TOO_BIG', `a ${says}'s message has at most ${bytesMax} bytes`)
  const value = unpack(payload)
  if (!Array.isArray(value)) throw new WireError('INVALID', 'a message is an array')
  const [kind, ...fields] = value as unknown[]
  if (typeof kind !== 'number') throw new WireError('INVALID', "a message begins with its kind, which is an int")
  const name = names.get(kind)
  if (name === undefined || LAYOUTS[name].says !== says) {
    const range = says === 'server' ? '16 and up' : '1 to 6'
    throw new WireError('UNKNOWN_KIND', `no such kind; a ${says}'s are ${range}`)
  }
  return { kind, ...checkFields(name, fields) }
}

/** A client's message as bytes. Throws WireError, which names the field and its limit. */
export function encodeClient(message: ClientMessage): Uint8Array {
  const name = names.get(message.kind)
  if (name === undefined) throw new WireError('UNKNOWN_KIND', `${String(message.kind)} is no kind of a client's message`)
  if (message.kind === 4) return packedPing(message.sent)
  const given = message as unknown as Record<string, unknown>
  const fields = LAYOUTS[name].fields.map((field) => check(given[field.name], field, field.name))
  if (message.kind === 6) checkSettings(message.settings)
  const payload = pack([message.kind, ...fields])
  if (payload.length > CLIENT_MESSAGE_BYTES_MAX) {
    throw new WireError('TOO_BIG', `a client's message has at most ${CLIENT_MESSAGE_BYTES_MAX} bytes`)
  }
  return payload
}

/** A value that fits its layout: records become objects, what was left off gets its default. Throws WireError. */
export function check(value: unknown, layout: Layout, path: string): unknown {
  if (value === null && layout.nullable) return null
  switch (layout.type) {
    case 'int':
      return measured(value, layout, path, Number.isInteger(value), value as number)
    case 'float':
      return measured(value, layout, path, typeof value === 'number', value as number)
    case 'str':
      return measured(value, layout, path, typeof value === 'string', [...String(value)].length)
    case 'bin':
      return measured(value, layout, path, value instanceof Uint8Array, (value as Uint8Array)?.length)
    case 'bool':
      return expect(typeof value === 'boolean', value, layout, path)
    case 'map':
      return expect(isMap(value), value, layout, path)
    case 'array':
      expect(Array.isArray(value), value, layout, path)
      return (value as unknown[]).map((each, place) => check(each, layout.of!, `${path}[${place}]`))
    case 'record':
      expect(isMap(value), value, layout, path)
      return record((field) => (value as Record<string, unknown>)[field.name], layout.fields!, path)
    case 'row':
      expect(Array.isArray(value), value, layout, path)
      return record((_, place) => (value as unknown[])[place], layout.fields!, path)
  }
}

function unpack(payload: Uint8Array): unknown {
  try {
    return unpacker.decode(payload)
  } catch (error) {
    if (error instanceof WireError) throw error
    throw new WireError('MALFORMED', `not exactly one msgpack value: ${(error as Error).message}`)
  }
}

function pack(value: unknown): Uint8Array {
  try {
    return packer.encode(value)
  } catch (error) {
    throw new WireError('INVALID', `something that msgpack has no word for: ${(error as Error).message}`)
  }
}

function checkFields(name: MessageName, fields: unknown[]): Record<string, unknown> {
  const layout: MessageLayout = LAYOUTS[name]
  if (layout.says === 'client' && fields.length > layout.fields.length) {
    throw new WireError('INVALID', `${name} has at most ${layout.fields.length} fields`)
  }
  const needed = layout.fields.filter((field) => !('default' in field))
  if (fields.length < needed.length) {
    throw new WireError('INVALID', `${name} has at least ${needed.length} fields, and '${needed[fields.length]!.name}' is missing`)
  }
  const message = record((_, place) => fields[place], layout.fields, '')
  for (const [field, size] of Object.entries(rowsOf(name, message))) {
    const bytes = (message[field] as Uint8Array).length
    if (size.times === undefined ? bytes % size.bytes : bytes !== size.bytes * size.times) {
      throw new WireError('INVALID', `field '${field}': a multiple of ${size.bytes} bytes${size.times === undefined ? '' : `, ${size.times} times`}`)
    }
  }
  return message
}

/** What the packed bytes of a message are made of. */
function rowsOf(name: MessageName, message: Record<string, unknown>): Record<string, { bytes: number; times?: number }> {
  if (name === 'Frame') return { records: { bytes: RECORD_BYTES } }
  if (name === 'Crystals') return { rows: { bytes: CRYSTAL_ROW_BYTES } }
  if (name === 'Crowd') return { counts: { bytes: message['columns'] as number, times: message['rows'] as number } }
  return {}
}

function record(
  at: (field: FieldLayout, place: number) => unknown,
  fields: readonly FieldLayout[],
  path: string,
): Record<string, unknown> {
  const made: Record<string, unknown> = {}
  fields.forEach((field, place) => {
    const value = at(field, place)
    const known = value !== undefined || !('default' in field)
    made[field.name] = known ? check(value, field, path ? `${path}.${field.name}` : field.name) : field.default
  })
  return made
}

function measured(value: unknown, layout: Layout, path: string, fits: boolean, size: number): unknown {
  expect(fits, value, layout, path)
  const { least = -Infinity, most = Infinity } = layout
  if (!(size >= least && size <= most)) {
    const what = layout.type === 'int' || layout.type === 'float' ? layout.type : `${layout.type} of a length`
    throw new WireError('INVALID', `field '${path}': expected ${what} from ${least} to ${most}`)
  }
  return value
}

function expect(fits: boolean, value: unknown, layout: Layout, path: string): unknown {
  const word = layout.type === 'row' ? 'array' : layout.type === 'record' ? 'map' : layout.type
  if (!fits) throw new WireError('INVALID', `field '${path}': ${value === undefined ? 'missing, ' : ''}expected ${word}`)
  return value
}

function isMap(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
}

/** A time is a float 64 however whole it is; a general encoder would write an int. */
function packedPing(sent: number): Uint8Array {
  check(sent, LAYOUTS.Ping.fields[0]!, 'sent')
  const payload = Uint8Array.of(0x92, 4, 0xcb, 0, 0, 0, 0, 0, 0, 0, 0)
  new DataView(payload.buffer).setFloat64(3, sent)
  return payload
}

function checkSettings(settings: unknown): void {
  checkKept(settings, 1)
  if (pack(settings).length > SETTINGS_BYTES_MAX) {
    throw new WireError('INVALID', `field 'settings': at most ${SETTINGS_BYTES_MAX} bytes as packed`)
  }
}

/** Plain values only, four levels at most: they come back to other clients of ours. */
function checkKept(value: unknown, level: number): void {
  if (typeof value === 'number' && !Number.isFinite(value)) {
    throw new WireError('INVALID', "field 'settings': numbers are finite")
  }
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return
  if (level > SETTINGS_LEVELS_MAX) {
    throw new WireError('INVALID', `field 'settings': at most ${SETTINGS_LEVELS_MAX} levels of maps and arrays`)
  }
  for (const each of Object.values(value)) checkKept(each, level + 1)
}
