/** Every crash that a history can suffer, simplest first, within a budget. */
import type { Choices } from '../core/choices.ts'
import type { Fate, Images } from '../sim/images.ts'
import { isDataOp } from '../sim/persistence.ts'
import { VARIANT_KINDS, type CrashPoint, type Variant, type VariantKind } from './crash-point.ts'

export interface EnumerateOptions {
  /** The first cut: operations before it were judged elsewhere. */
  readonly from: number
  /** The most crash points. */
  readonly budget: number
  readonly choices: Choices
  /** Default: all that the model knows. */
  readonly kinds?: readonly VariantKind[]
}

export interface CrashPoints {
  readonly points: readonly CrashPoint[]
  /** How many more there would have been. */
  readonly skipped: number
}

/** How a budget that is too small is shared. */
const WEIGHTS: Readonly<Record<VariantKind, number>> = {
  prefix: 4,
  none: 4,
  cut: 3,
  drop: 3,
  keep: 2,
  zero: 3,
  junk: 2,
  subset: 3,
}

/** Chosen points, by kind in the order of `VARIANT_KINDS`, by cut within a kind. */
export function crashPoints(images: Images, options: EnumerateOptions): CrashPoints {
  const kinds = (options.kinds ?? VARIANT_KINDS).filter((kind) => isOf(images, kind))
  let weight = kinds.reduce((sum, kind) => sum + WEIGHTS[kind], 0)
  let left = options.budget
  let skipped = 0
  const points: CrashPoint[] = []
  for (const kind of kinds) {
    const share = Math.ceil((left * WEIGHTS[kind]) / weight)
    const all =
      kind === 'subset' ? subsets(images, options, share) : [...everyPoint(images, kind, options)]
    const chosen = thinned(all, share, options.choices)
    points.push(...chosen)
    skipped += all.length - chosen.length
    left -= chosen.length
    weight -= WEIGHTS[kind]
  }
  return { points, skipped }
}

/** After `kill -9` every completed call stands. */
function isOf({ model }: Images, kind: VariantKind): boolean {
  if (model === 'process') return kind === 'prefix' || kind === 'cut'
  return kind !== 'junk' || model === 'posix'
}

/** All points of one kind; of `subset` there are too many. */
export function* everyPoint(
  images: Images,
  kind: Exclude<VariantKind, 'subset'>,
  { from }: { readonly from: number },
): Generator<CrashPoint> {
  const { ops } = images.history
  for (let cut = from; cut <= ops.length; cut += 1) {
    for (const variant of variantsAt(images, kind, cut)) yield { cut, variant }
  }
}

function* variantsAt(
  images: Images,
  kind: Exclude<VariantKind, 'subset'>,
  cut: number,
): Generator<Variant> {
  const { ops } = images.history
  if (kind === 'prefix') yield { kind }
  else if (kind === 'cut') yield* cutsAt(images, cut)
  else {
    const pending = images.pending(cut)
    if (kind === 'none') {
      if (pending.length > 0) yield { kind }
      return
    }
    for (const op of pending) {
      const contentOnly = kind === 'zero' || kind === 'junk'
      if (!contentOnly || ops[op]!.op === 'write') yield { kind, op }
    }
  }
}

/** The last write that was not on stable storage, stopped inside itself. */
function* cutsAt(images: Images, cut: number): Generator<Variant> {
  const { ops } = images.history
  const { model } = images
  const last =
    model === 'process' ? cut - 1 : images.pending(cut).findLast((i) => isDataOp(ops[i]!))
  const op = last === undefined ? undefined : ops[last]
  if (op?.op !== 'write' || last === undefined) return
  const base = { kind: 'cut', op: last } as const
  for (const keep of cutLengths(op.at, op.data)) {
    yield { ...base, keep }
    if (model !== 'process') yield { ...base, keep, rest: 'zero' }
    if (model === 'posix') yield { ...base, keep, rest: 'junk' }
  }
}

const SECTOR_BYTES = 512

/** One byte, half, all but one, every sector of the disk, and every frame of a batch. */
function cutLengths(at: number, data: Uint8Array): readonly number[] {
  const { length } = data
  const lengths = new Set([1, Math.floor(length / 2), length - 1, ...frameEnds(data)])
  for (let end = SECTOR_BYTES - (at % SECTOR_BYTES); end < length; end += SECTOR_BYTES) {
    lengths.add(end)
  }
  return [...lengths].filter((keep) => keep > 0 && keep < length).sort((a, b) => a - b)
}

/** Where records end that begin with their length, four bytes of it, and a checksum. */
function* frameEnds(data: Uint8Array): Generator<number> {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  let end = 0
  while (end + PREFIX_BYTES < data.length) {
    end += PREFIX_BYTES + view.getUint32(end)
    if (end < data.length) yield end
  }
}

const PREFIX_BYTES = 8

function subsets(images: Images, { from, choices }: EnumerateOptions, count: number): CrashPoint[] {
  const { ops } = images.history
  const cuts: number[] = []
  for (let cut = from; cut <= ops.length; cut += 1) {
    if (images.pending(cut).length > 1) cuts.push(cut)
  }
  if (cuts.length === 0) return []
  const points = Array.from({ length: count }, (): CrashPoint => {
    const cut = cuts[choices.pick(cuts.length)]!
    const fates: Record<string, Fate> = {}
    for (const op of images.pending(cut)) {
      const fate = anyFate(images, op, choices)
      if (fate !== undefined) fates[op] = fate
    }
    return { cut, variant: { kind: 'subset', fates } }
  })
  return points.sort((a, b) => a.cut - b.cut)
}

function anyFate(images: Images, i: number, choices: Choices): Fate | undefined {
  const op = images.history.ops[i]!
  const choice = choices.pick(6)
  if (choice < 3) return undefined
  if (choice === 3 || op.op !== 'write') return 'lost'
  if (choice === 4) return { keep: 0, rest: 'zero' }
  const lengths = cutLengths(op.at, op.data)
  const keep = lengths[choices.pick(Math.max(1, lengths.length))] ?? 0
  const rests = images.model === 'posix' ? (['zero', 'junk'] as const) : (['zero'] as const)
  const rest = rests[choices.pick(rests.length + 1)]
  return rest === undefined ? { keep } : { keep, rest }
}

/** Evenly spread, so that no part of the history is left out. */
function thinned<T>(all: readonly T[], count: number, choices: Choices): readonly T[] {
  if (all.length <= count) return all
  if (count === 0) return []
  const phase = choices.pick(1000) / 1000
  return Array.from(
    { length: count },
    (_, i) => all[Math.floor(((i + phase) * all.length) / count)]!,
  )
}
