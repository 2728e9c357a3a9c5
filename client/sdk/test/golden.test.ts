/** The golden vectors hold: the same bytes as on the Python side, in both directions. */

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { decodeMessage, decodeServer, encodeClient, WireError } from '../src/codec.js'
import { eachRecord, packIntent, readCrystals, readHeader } from '../src/frames.js'
import { LAYOUTS, type ClientMessage, type FieldLayout, type MessageName } from '../src/generated/wire.js'

type Fields = Record<string, unknown>
interface Vector {
  meaning: string
  fields: Fields
  hex: string[]
  also?: { hex: string[] }[]
  intent?: Record<string, number>
  header?: Fields
  records?: Fields[]
  rows?: Record<string, number>[]
}
interface Document {
  message: MessageName
  kind: number
  says: 'client' | 'server'
  vectors: Vector[]
}

const GOLDEN = join(import.meta.dirname, '..', '..', '..', 'tests', 'golden')
const read = (name: string): unknown => JSON.parse(readFileSync(join(GOLDEN, name), 'utf8'))
const files = readdirSync(GOLDEN).filter((name) => name.endsWith('.json') && name !== 'refused.json')
const documents = files.map((name) => read(name) as Document)

/** The bytes of a `hex` list; `74 ×2048` is a byte repeated. */
function unhex(pieces: string[]): Uint8Array {
  const bytes = pieces.flatMap((piece) => {
    const [body = '', times = '1'] = piece.split(' ×')
    const once = body.split(' ').filter(Boolean).map((byte) => parseInt(byte, 16))
    return Array.from({ length: Number(times) }, () => once).flat()
  })
  return Uint8Array.from(bytes)
}

/** A vector's value as a client has it: bytes for `{"bytes": …}`, objects for rows. */
function value(given: unknown, layout?: FieldLayout): unknown {
  if (given !== null && typeof given === 'object' && 'bytes' in given) return unhex([String(given.bytes)])
  if (layout?.of?.type !== 'row') return given
  return (given as unknown[][]).map((row) => Object.fromEntries(layout.of!.fields!.map((field, at) => [field.name, value(row[at], field)])))
}

function message(document: Document, vector: Vector): Fields {
  const layouts = new Map(LAYOUTS[document.message].fields.map((field) => [field.name, field]))
  const fields = Object.entries(vector.fields).map(([name, given]) => [name, value(given, layouts.get(name))])
  return { kind: document.kind, ...Object.fromEntries(fields) }
}

const each = (says?: 'client' | 'server'): [string, Document, Vector][] =>
  documents
    .filter((document) => !says || document.says === says)
    .flatMap((document) => document.vectors.map((v): [string, Document, Vector] => [`${document.message}: ${v.meaning}`, document, v]))

test('every message of the wire has vectors', () => {
  expect(documents.map((document) => document.message).sort()).toEqual(Object.keys(LAYOUTS).sort())
  expect(each().length).toBeGreaterThan(50)
})

test.each(each())('a vector decodes to its message: %s', (_, document, vector) => {
  for (const form of [vector, ...(vector.also ?? [])]) {
    expect(decodeMessage(unhex(form.hex), document.says)).toEqual(message(document, vector))
  }
})

test.each(each('client'))('a client says exactly the bytes: %s', (_, document, vector) => {
  const payload = encodeClient(message(document, vector) as unknown as ClientMessage)
  // The one value that this language has no integer for, -2 ** 53, is said as the float that it is, which is as good.
  if (JSON.stringify(vector.fields).includes('-9007199254740992')) {
    expect(decodeMessage(payload, 'client')).toEqual(message(document, vector))
  } else expect(payload).toEqual(unhex(vector.hex))
})

test.each(each())('packed bytes hold what the vector says: %s', (_, document, vector) => {
  const said = message(document, vector)
  if (vector.intent) {
    const { input, steer, heading, gait, flags } = vector.intent as Record<string, number>
    expect(packIntent(input!, steer!, heading!, gait!, flags === 1)).toEqual(said['intent'])
  }
  if (vector.header) expect(readHeader(said['header'] as Uint8Array)).toEqual(vector.header)
  if (vector.records) {
    const records: Fields[] = []
    eachRecord(said['records'] as Uint8Array, (entity, dx, dy, dz, heading, animation) =>
      records.push({ entity, dx, dy, dz, heading, animation }))
    expect(records).toEqual(vector.records)
  }
  if (vector.rows) {
    const rows = vector.rows.map(({ crystal, dx, dy, dz, kind, value: worth }) => ({
      crystal, x: 100 + dx!, y: 200 + dy!, z: 300 + dz!, kind, value: worth,
    }))
    expect(readCrystals(said['rows'] as Uint8Array, 100, 200, 300)).toEqual(rows)
  }
})

interface Refused {
  meaning: string
  says: 'client' | 'server'
  code: string
  names: string[]
  hex: string[]
}

describe('what a server may not say is refused with its code, and says why', () => {
  const cases = (read('refused.json') as { refused: Refused[] }).refused.filter((each) => each.says === 'server')
  test.each(cases.map((each): [string, Refused] => [each.meaning, each]))('%s', (_, refused) => {
    let thrown: unknown
    try {
      decodeMessage(unhex(refused.hex), 'server')
    } catch (error) {
      thrown = error
    }
    expect(thrown).toBeInstanceOf(WireError)
    expect((thrown as WireError).code).toBe(refused.code)
    for (const word of refused.names) expect((thrown as WireError).message).toContain(word)
  })
})

test('a kind of a later server is skipped', () => {
  expect(decodeServer(Uint8Array.of(0x92, 0x1f, 0xc0))).toBeNull()
})

describe('what the wire has no room for is refused before it is said, by field and limit', () => {
  const hello = { kind: 1, version: 1, name: null, token: null, resume: null, client: '', heard: 0 } as const
  const deep = { a: [[[[1]]]] }
  test.each<[string, ClientMessage, RegExp]>([
    ['an empty name', { ...hello, name: '' }, /name.* 1 /],
    ['a name of 25 characters', { ...hello, name: 'a'.repeat(25) }, /name.* 24/],
    ['a token of 2,049 characters', { ...hello, token: 't'.repeat(2049) }, /token.* 2048/],
    ['a deed without a name', { kind: 3, number: 1, deed: '', fields: {} }, /deed.* 1 /],
    ['a negative number', { kind: 3, number: -1, deed: 'say', fields: {} }, /number.* 0 /],
    ['a time that is none', { kind: 4, sent: NaN }, /sent/],
    ['settings of five levels', { kind: 6, settings: deep }, /settings.*4 levels/],
    ['settings of 1,025 bytes', { kind: 6, settings: { a: 'a'.repeat(1019) } }, /settings.*1024/],
    ['settings that are not finite', { kind: 6, settings: { a: Infinity } }, /settings.*finite/],
    ['more than 4,096 bytes', { kind: 3, number: 1, deed: 'say', fields: { text: 'x'.repeat(4096) } }, /4096/],
  ])('%s', (_, said, words) => {
    expect(() => encodeClient(said)).toThrow(words)
  })
  test('24 characters are counted as people do, not in halves of pairs', () => {
    expect(() => encodeClient({ ...hello, name: '🎆'.repeat(24) })).not.toThrow()
  })
})
