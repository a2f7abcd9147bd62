/** The files of store directories in every state that the lane starts from. Made once, by core itself. */
import { crc32 } from 'node:zlib'
import { Store, defineEvent } from '@batpak/core'
import { simPlatform, type SimPlatform } from '../sim/sim-platform.ts'
import type { DirSpec } from './lane-spec.ts'

/** File names and their bytes. */
export type StoreImage = Readonly<Record<string, Uint8Array>>

/** The files that stand in the directory before the open; undefined where there is no store. */
export function storeImage(dir: DirSpec): StoreImage | undefined {
  const make = MAKERS[dir]
  if (make === undefined) return undefined
  let image = made.get(dir)
  if (image === undefined) {
    image = make()
    made.set(dir, image)
  }
  return image
}

const made = new Map<DirSpec, StoreImage>()

const MAKERS: Partial<Readonly<Record<DirSpec, () => StoreImage>>> = {
  store: closedStore,
  linked: closedStore,
  relative: closedStore,
  crashed: () => edit(killedStore(), '000001.fbat', (bytes) => bytes.subarray(0, -5)),
  badHeader: () => edit(killedStore(), '000001.fbat', (bytes) => flip(bytes, 0)),
  badFrame: () =>
    edit(killedStore(), '000001.fbat', (bytes) => flip(bytes, framesOf(bytes)[1]!.start + 40)),
  unreadable: killedStore,
  badHidden: () => ({ ...killedStore(), 'visibility_ranges.fbv': new Uint8Array(40) }),
  badMarker: () => ({ ...killedStore(), 'compaction.pending.json': Buffer.from('{') }),
  closeRegression,
}

const Noted = defineEvent<{ text: string }>({ name: 'lane.Noted', category: 0xf, typeId: 0x7a })

/** Two segments, both closed in order. */
function closedStore(): StoreImage {
  const machine = simPlatform()
  for (const texts of [['one', 'two', 'three'], ['four']]) fill(machine.process(), texts).close()
  return filesOf(machine)
}

/** One segment without a footer: its process was killed after a sync. */
function killedStore(): StoreImage {
  const machine = simPlatform()
  const process = machine.process()
  fill(process, ['one', 'two', 'three']).sync()
  process.kill()
  return filesOf(machine)
}

/** Two CLOSE events of which the later one has the earlier time. */
function closeRegression(): StoreImage {
  const image = closedStore()
  const bytes = image['000001.fbat']!.slice()
  const frames = framesOf(bytes)
  const last = frames.at(-1)!
  const at = bytes.indexOf(0xcf, findText(bytes, 'wall_ms', last.start)) + 1
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  view.setBigUint64(at, view.getBigUint64(at) + 86_400_000n)
  view.setUint32(last.start + 4, crc32(bytes.subarray(last.start + 8, last.end)))
  return {
    // Without footers, so that the frames are what counts.
    '000001.fbat': bytes.subarray(0, last.end),
    '000002.fbat': image['000002.fbat']!.subarray(0, framesOf(image['000002.fbat']!).at(-1)!.end),
  }
}

function fill(platform: SimPlatform, texts: readonly string[]): Store {
  const store = Store.open({ dataDir: platform.dir, platform })
  for (const text of texts) store.append({ entity: 'note:1', scope: 'lane' }, Noted, { text })
  return store
}

function filesOf({ disk, dir }: SimPlatform): StoreImage {
  const paths = disk.list(dir).filter((path) => !path.endsWith('.batpak.lock'))
  return Object.fromEntries(paths.map((path) => [path.slice(dir.length + 1), disk.readFile(path)]))
}

function edit(
  image: StoreImage,
  name: string,
  change: (bytes: Uint8Array) => Uint8Array,
): StoreImage {
  return { ...image, [name]: change(image[name]!) }
}

function flip(bytes: Uint8Array, at: number): Uint8Array {
  const copy = bytes.slice()
  copy[at]! ^= 0xff
  return copy
}

/** Where the frames of a segment stand: a length and a checksum of 4 bytes each, then the body. */
function framesOf(bytes: Uint8Array): { readonly start: number; readonly end: number }[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const frames = []
  let start = 8 + view.getUint32(4)
  while (start + 8 <= bytes.length) {
    const end = start + 8 + view.getUint32(start)
    if (end > bytes.length || crc32(bytes.subarray(start + 8, end)) !== view.getUint32(start + 4))
      break
    frames.push({ start, end })
    start = end
  }
  return frames
}

function findText(bytes: Uint8Array, text: string, from: number): number {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).indexOf(text, from)
}
