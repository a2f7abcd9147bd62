/** One crash: after which operation, and what became of those that were not on stable storage. */
import type { JsonObject } from '../core/law.ts'
import type { DiskOp } from '../sim/inode.ts'
import type { Fate, Fates, Images } from '../sim/images.ts'
import { directoriesOf, isDataOp } from '../sim/persistence.ts'

/** Simplest first: a failure is reported as the first of these that shows it. */
export const VARIANT_KINDS = [
  'prefix',
  'none',
  'cut',
  'drop',
  'keep',
  'zero',
  'junk',
  'subset',
] as const

export type VariantKind = (typeof VARIANT_KINDS)[number]

export type Variant =
  /** Everything that was called happened; nothing pending did. */
  | { readonly kind: 'prefix' | 'none' }
  /** The last write stops after `keep` bytes; its length may have grown all the same. */
  | {
      readonly kind: 'cut'
      readonly op: number
      readonly keep: number
      readonly rest?: 'zero' | 'junk'
    }
  /** Only this pending operation is lost, is kept, or reached the disk as zeros or as junk. */
  | { readonly kind: 'drop' | 'keep' | 'zero' | 'junk'; readonly op: number }
  /** Any mixture, by the number of the operation. */
  | { readonly kind: 'subset'; readonly fates: Readonly<Record<string, Fate>> }

export interface CrashPoint {
  /** How many operations had completed. */
  readonly cut: number
  readonly variant: Variant
}

/** What the variant means for the pending operations; a lost one may take later ones with it. */
export function fatesOf(images: Images, { cut, variant }: CrashPoint): Fates {
  const fates = new Map<number, Fate>()
  const lose = (op: number): unknown => fates.set(op, 'lost')
  switch (variant.kind) {
    case 'prefix':
      return fates
    case 'cut': {
      const { op, keep, rest } = variant
      return fates.set(op, rest === undefined ? { keep } : { keep, rest })
    }
    case 'none':
      images.pending(cut).forEach(lose)
      break
    case 'drop':
      lose(variant.op)
      break
    case 'keep':
      images.pending(cut).forEach((op) => op !== variant.op && lose(op))
      break
    case 'zero':
    case 'junk':
      return fates.set(variant.op, { keep: 0, rest: variant.kind })
    case 'subset':
      for (const [op, fate] of Object.entries(variant.fates)) fates.set(Number(op), fate)
      break
    default:
      variant satisfies never
  }
  return images.model === 'ordered' ? inOrder(images, cut, fates) : fates
}

/** In a journal, nothing happens to a directory after an operation on it that is lost. */
function inOrder(images: Images, cut: number, fates: Map<number, Fate>): Fates {
  const { ops } = images.history
  const stopped = new Set<number>()
  for (const i of images.pending(cut)) {
    const directories = directoriesOf(ops[i]!)
    if (directories.length === 0) continue
    const lost = fates.get(i) === 'lost' || directories.some((directory) => stopped.has(directory))
    if (!lost) continue
    fates.set(i, 'lost')
    for (const directory of directories) stopped.add(directory)
  }
  return fates
}

/** Whether a variant of `process` undoes part of the last call, which then has not returned. */
export function isMidCall({ model }: Images, { variant }: CrashPoint): boolean {
  return model === 'process' && variant.kind === 'cut'
}

/** The crash in words, for example `CRASH(ordered, cut 14: drop write 000001.fbat@57+310)`. */
export function describePoint(images: Images, { cut, variant }: CrashPoint): string {
  const { ops } = images.history
  const name = (op: number): string => describeOp(images, ops[op]!)
  const where = `CRASH(${images.model}, cut ${cut}`
  switch (variant.kind) {
    case 'prefix':
      return `${where} of ${ops.length})`
    case 'none':
      return `${where}: nothing that was not synced)`
    case 'cut':
      return `${where}: ${name(variant.op)} stops after ${variant.keep} bytes${variant.rest === undefined ? '' : `, then ${variant.rest}`})`
    case 'subset': {
      const parts = Object.entries(variant.fates).map(
        ([op, fate]) => `${name(Number(op))} ${describeFate(fate)}`,
      )
      return `${where}: ${parts.join(', ')})`
    }
    default:
      return `${where}: ${variant.kind} ${name(variant.op)})`
  }
}

function describeFate(fate: Fate): string {
  return fate === 'lost' ? 'lost' : `kept for ${fate.keep} bytes, then ${fate.rest ?? 'nothing'}`
}

/** An operation with the name of its file. */
export function describeOp(images: Images, op: DiskOp): string {
  if (isDataOp(op)) {
    const file = nameOf(images, op.ino)
    return op.op === 'write'
      ? `write ${file}@${op.at}+${op.data.length}`
      : `truncate ${file} to ${op.size}`
  }
  if (op.op === 'rename') return `rename ${op.from.name} to ${op.to.name}`
  if (op.op === 'link' || op.op === 'unlink') return `${op.op} ${op.name}`
  return op.op === 'sync' || op.op === 'syncFailed'
    ? `${op.op} ${nameOf(images, op.ino)}`
    : `${op.op} inode ${op.ino}`
}

/** The last name that the history gives a file. */
export function nameOf({ history }: Images, ino: number): string {
  for (let i = history.ops.length - 1; i >= 0; i -= 1) {
    const op = history.ops[i]!
    if (op.op === 'link' && op.ino === ino) return op.name
    if (op.op === 'rename' && op.ino === ino) return op.to.name
  }
  return history.base.nameOf(ino) ?? `inode ${ino}`
}

export function pointToJson(point: CrashPoint): JsonObject {
  return JSON.parse(JSON.stringify(point)) as JsonObject
}
