/** The packed bytes of frames, crystals and intents: fixed layouts, integers little-endian. */

import { CRYSTAL_ROW_BYTES, RECORD_BYTES } from './generated/wire.js'
import type { Crystal } from './types.js'

/** Ourselves at a tick, as the server has us. */
export interface FrameHeader {
  readonly tick: number
  readonly input: number
  readonly x: number
  readonly y: number
  readonly z: number
  readonly vy: number
  readonly heading: number
  readonly animation: number
  readonly zone: number
  readonly shed: number
  readonly flags: number
  readonly layer: number
}

const GROUNDED = 1
const JUMP = 1

export const isGrounded = (header: FrameHeader): boolean => (header.flags & GROUNDED) !== 0

/** The 28 bytes of a frame's header. */
export function readHeader(bytes: Uint8Array): FrameHeader {
  const view = viewOf(bytes)
  return {
    tick: view.getUint32(0, true),
    input: view.getUint32(4, true),
    x: view.getInt32(8, true),
    y: view.getInt32(12, true),
    z: view.getInt32(16, true),
    vy: view.getInt16(20, true),
    heading: view.getUint8(22),
    animation: view.getUint8(23),
    zone: view.getUint8(24),
    shed: view.getUint8(25),
    flags: view.getUint8(26),
    layer: view.getUint8(27),
  }
}

/** Tells of each record of a frame: who, how far from us in cm, facing where, doing what. */
export function eachRecord(
  bytes: Uint8Array,
  tell: (entity: number, dx: number, dy: number, dz: number, heading: number, animation: number) => void,
): void {
  const view = viewOf(bytes)
  for (let at = 0; at + RECORD_BYTES <= bytes.length; at += RECORD_BYTES) {
    tell(
      view.getUint32(at, true), view.getInt16(at + 4, true), view.getInt16(at + 6, true), view.getInt16(at + 8, true),
      view.getUint8(at + 10), view.getUint8(at + 11),
    )
  }
}

/** The rows of `Crystals`, as places in the world; offsets are from (x, y, z). */
export function readCrystals(bytes: Uint8Array, x: number, y: number, z: number): Crystal[] {
  const view = viewOf(bytes)
  const crystals: Crystal[] = []
  for (let at = 0; at + CRYSTAL_ROW_BYTES <= bytes.length; at += CRYSTAL_ROW_BYTES) {
    crystals.push({
      crystal: view.getUint32(at, true),
      x: x + view.getInt16(at + 4, true),
      y: y + view.getInt16(at + 6, true),
      z: z + view.getInt16(at + 8, true),
      kind: view.getUint8(at + 10),
      value: view.getUint8(at + 11),
    })
  }
  return crystals
}

/** The eight bytes of a Move. */
export function packIntent(input: number, steer: number, heading: number, gait: number, jump: boolean): Uint8Array {
  const bytes = Uint8Array.of(0, 0, 0, 0, steer, heading, gait, jump ? JUMP : 0)
  viewOf(bytes).setUint32(0, input, true)
  return bytes
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}
