/** What a receipt's signature covers: a hash of the event's identity, place and content. */
import { returnScratch, takeScratch } from '../encoding/scratch.ts'
import type { Writer } from '../encoding/writer.ts'
import type { Coordinate } from '../event/coordinate.ts'
import { blake3 } from '../event/hash.ts'

export interface Covered {
  /** Four big-endian words. */
  readonly eventId: Uint32Array
  readonly sequence: number
  readonly coordinate: Coordinate
  readonly kind: number
  readonly prevHash: Uint8Array
  readonly contentHash: Uint8Array
  /** The extension map, encoded. */
  readonly extensions: Uint8Array
}

const VERSION = 1

/** The 32 bytes that are signed. Position on disk, times, causes, flags and branch are not covered. */
export function receiptCover(covered: Covered): Uint8Array {
  const out = takeScratch()
  writeCover(out, covered)
  const hash = blake3(out.view(0, out.pos))
  returnScratch(out)
  return hash
}

function writeCover(out: Writer, covered: Covered): void {
  out.u8(VERSION)
  for (let word = 3; word >= 0; word -= 1) out.u32le(covered.eventId[word]!)
  out.u64le(covered.sequence)
  out.mapHeader(2)
  out.str('entity')
  out.str(covered.coordinate.entity)
  out.str('scope')
  out.str(covered.coordinate.scope)
  out.u8(covered.kind & 0xff)
  out.u8(covered.kind >>> 8)
  out.raw(covered.prevHash)
  out.raw(covered.contentHash)
  out.raw(covered.extensions)
}
