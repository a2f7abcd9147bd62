/** What an open changed in the files of its store must stand in its report, and nothing else. */
import type { Heal } from '@batpak/core'
import { breach, type Breach } from '../core/law.ts'
import type { SimDisk } from '../sim/sim-disk.ts'

/** The files of a store directory, by name. */
export type Files = ReadonlyMap<string, Uint8Array>

export function filesOf(disk: SimDisk, dir: string): Files {
  const files = new Map<string, Uint8Array>()
  for (const [path, { bytes }] of disk.snapshot()) {
    if (bytes !== undefined && path.startsWith(`${dir}/`))
      files.set(path.slice(dir.length + 1), bytes)
  }
  return files
}

const SEGMENT = /^0*(\d+)\.fbat$/

export function checkHeals(
  before: Files,
  after: Files,
  healed: readonly Heal[],
): Breach | undefined {
  const unexplained = healed.filter(({ reason }) => reason !== 'HiddenRangesBeyondLog')
  for (const [name, bytes] of before) {
    const id = SEGMENT.exec(name)?.[1]
    if (id === undefined) continue
    // The id of a removed segment is given to the next one.
    const gone = healed.some(
      (heal) => heal.reason === 'ShortHeader' && heal.segmentId === Number(id),
    )
    const now = gone ? undefined : after.get(name)
    const kept = now?.length ?? 0
    if (now !== undefined && !startsWith(bytes, now)) {
      return breach(
        'L-OPEN',
        `the open changed bytes of ${name}`,
        'the same bytes, or fewer',
        'others',
      )
    }
    if (now !== undefined && kept === bytes.length) continue
    const at = unexplained.findIndex(
      (heal) =>
        heal.segmentId === Number(id) &&
        heal.offset === kept &&
        heal.bytesRemoved === bytes.length - kept,
    )
    if (at < 0) {
      const cut = `${bytes.length - kept} bytes of ${name} at ${kept}`
      return breach('L-OPEN', `the open cut off ${cut} and did not say so`, 'a heal', healed)
    }
    unexplained.splice(at, 1)
    const saved = after.get(`${name}.healed-${kept}`)
    if (bytes.length > kept && (saved === undefined || !startsWith(bytes.subarray(kept), saved))) {
      return breach('L-OPEN', `what a heal cut off ${name} was not saved`, 'the bytes', 'others')
    }
  }
  const idle = unexplained[0]
  if (idle === undefined) return undefined
  return breach('L-OPEN', 'the open reports a heal that it did not do', 'no such heal', idle)
}

/** A refused open leaves every segment as it was, and no new one. */
export function checkUnchanged(before: Files, after: Files): Breach | undefined {
  const names = new Set([...before.keys(), ...after.keys()].filter((name) => SEGMENT.test(name)))
  const changed = [...names].filter((name) => {
    const [was, is] = [before.get(name), after.get(name)]
    return was === undefined || is === undefined || Buffer.compare(was, is) !== 0
  })
  if (changed.length === 0) return undefined
  return breach('L-CLOSED', 'a refused open changed segments', 'none', changed)
}

/** A last frame that lost fewer bytes at its end is refused as damage. */
const TORN_BYTES = 16

/**
 * Where segments hold something else than a beginning of what was written, with nothing or zeros
 * behind it, by segment id: there damage cannot be told from a tail, and an open may refuse (F10).
 */
export function damageIn(image: Files, asCalled: Files): ReadonlyMap<number, number> {
  const damaged = new Map<number, number>()
  for (const [name, bytes] of image) {
    const written = asCalled.get(name)
    const id = SEGMENT.exec(name)?.[1]
    if (id === undefined || written === undefined) continue
    let at = 0
    while (at < bytes.length && bytes[at] === written[at]) at += 1
    if (at < bytes.length && at < written.length && !isTail(bytes, written, at)) {
      damaged.set(Number(id), at)
    }
  }
  return damaged
}

function isTail(bytes: Uint8Array, written: Uint8Array, at: number): boolean {
  if (bytes.subarray(at).some((byte) => byte !== 0)) return false
  const end = frameEnd(written, at)
  return end - at >= TORN_BYTES || bytes.length >= end + PREFIX_BYTES
}

/** Where the frame ends that holds the byte at `at`. */
function frameEnd(segment: Uint8Array, at: number): number {
  const view = new DataView(segment.buffer, segment.byteOffset, segment.byteLength)
  let end = PREFIX_BYTES + view.getUint32(4)
  while (end <= at && end + PREFIX_BYTES <= segment.length)
    end += PREFIX_BYTES + view.getUint32(end)
  return end
}

const PREFIX_BYTES = 8

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  if (start.length > bytes.length) return false
  return Buffer.compare(bytes.subarray(0, start.length), start) === 0
}
