/** The bytes of `cursors/ID.ckpt` (disk format 12.2), as batpak 0.8.0 writes them. */
import { MalformedError, type Reader } from '../encoding/reader.ts'
import { Writer } from '../encoding/writer.ts'

export interface CheckpointBody {
  /** The sequence of the last event handled; absent when none was. */
  readonly position?: number
  /** Absent in files of early versions; they belong to no region. */
  readonly regionIdentity?: string
}

export function encodeCheckpoint(position: number, regionIdentity: string): Uint8Array {
  const out = new Writer(128)
  out.mapHeader(4)
  out.str('position')
  out.int(position)
  out.str('started')
  out.bool(true)
  out.str('process_boot_ns')
  out.nil()
  out.str('region_identity')
  out.str(regionIdentity)
  return out.toBytes()
}

/** @throws MalformedError; StoreError `UnsafeInteger` for a position beyond 2^53-1 */
export function decodeCheckpoint(reader: Reader): CheckpointBody {
  let position: number | undefined
  let started: boolean | undefined
  let region: string | undefined
  for (let i = reader.mapHeader('cursor'); i > 0; i -= 1) {
    const key = reader.str('key')
    if (key === 'position') position = reader.uint(key)
    else if (key === 'started') started = reader.bool(key)
    else if (key === 'region_identity' && !reader.nil()) region = reader.str(key)
    else if (key !== 'region_identity') reader.skip()
  }
  if (position === undefined || started === undefined) {
    throw new MalformedError('no position or no started')
  }
  return {
    ...(started ? { position } : {}),
    ...(region === undefined ? {} : { regionIdentity: region }),
  }
}
