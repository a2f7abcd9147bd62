/** Compares what was seen of an open with what the model says. The first broken law is the result. */
import type { StoreErrorCode } from '@batpak/core'
import { breach, messageOf, type Breach } from '../core/law.ts'
import { expectOpen } from './expect-open.ts'
import type { Expectation, LaneSpec } from './lane-spec.ts'
import { closedBreach, keptBreach, temporaryBreach } from './left-behind.ts'
import { openedBreach } from './opened-laws.ts'
import type { LaneObservation } from './run-open-lane.ts'

/** The first law that the observation breaks, if any. */
export function checkLane(spec: LaneSpec, seen: LaneObservation): Breach | undefined {
  const expected = expectOpen(spec)
  return (
    verdictBreach(expected, seen) ??
    temporaryBreach(seen) ??
    orderBreach(seen) ??
    (expected.verdict === 'refused'
      ? (errorBreach(expected, seen) ?? closedBreach(spec, expected.at, seen))
      : openedBreach(spec, seen)) ??
    keptBreach(seen)
  )
}

type Refused = Extract<Expectation, { verdict: 'refused' }>

function verdictBreach(expected: Expectation, seen: LaneObservation): Breach | undefined {
  const actual = describeSeen(seen)
  if (expected.verdict === 'open') {
    if (seen.verdict === 'open') return undefined
    return breach('L-OPEN', 'an open that must succeed was refused', 'open', actual)
  }
  const wanted = `refused with ${expected.code} at ${expected.at}`
  if (seen.verdict === 'open') {
    return breach('L-CLOSED', 'an open that must be refused succeeded', wanted, actual)
  }
  if (!KNOWN_CODES.has(seen.code ?? '')) {
    return breach(
      'L-OPEN',
      'an open was refused with something else than a known store error',
      wanted,
      actual,
    )
  }
  if (seen.code === expected.code) return undefined
  return breach('order table', 'another refusal came first', wanted, actual)
}

/** What an open may be refused with. */
const KNOWN_CODES: ReadonlySet<string> = new Set<StoreErrorCode>([
  'EventPayloadRegistry',
  'Io',
  'Configuration',
  'PlatformAdmissionFailed',
  'StoreLocked',
  'PlatformProfileInvalid',
  'PlatformProfileMismatch',
  'CorruptSegment',
  'CorruptFrame',
  'CrcMismatch',
  'DataDirMalformed',
  'HiddenRangesCorrupt',
  'InvariantViolation',
  'Serialization',
  'UnsafeInteger',
])

function describeSeen(seen: LaneObservation): string {
  return seen.verdict === 'open' ? 'open' : `refused with ${seen.code} (${messageOf(seen.error)})`
}

/** Lock, then profile, then the directory's content, then new files. */
function orderBreach({ calls, paths }: LaneObservation): Breach | undefined {
  const first = (found: (call: (typeof calls)[number]) => boolean): number => calls.findIndex(found)
  const steps = [
    ['take the lock', first(({ call, ok, result }) => call === 'tryLock' && ok && result === true)],
    ['read the profile', first(({ call, path }) => call === 'open' && path === paths.profilePath)],
    ['list the directory', first(({ call }) => call === 'readdir')],
    ['create a file', first(({ call, mode }) => call === 'open' && mode === 'create-new')],
  ] as const
  const order = (list: typeof steps | readonly (typeof steps)[number][]): string =>
    list.map(([name]) => name).join(', ')
  const [locked, profile, , created] = steps.map(([, at]) => at) as [number, number, number, number]
  if (created >= 0 && profile > created) {
    const what = 'a file was created before the profile was checked'
    return breach('L-CLOSED', what, 'no file yet', calls[created]!.path)
  }
  const done = steps.filter(([, at]) => at >= 0)
  const inTime = [...done].sort(([, a], [, b]) => a - b)
  if (order(done) !== order(inTime)) {
    return breach(
      'order table',
      'the open did its steps in another order',
      order(done),
      order(inTime),
    )
  }
  // Without the lock nothing of the directory, and not the profile, is anybody's business.
  if (done.length > 0 && locked < 0) {
    return breach(
      'order table',
      'the open went on without the lock',
      'no further step',
      order(done),
    )
  }
  return undefined
}

function errorBreach(expected: Refused, seen: LaneObservation): Breach | undefined {
  const error = seen.error as Readonly<Record<string, unknown>>
  const { profilePath, canonicalDir } = seen.paths
  const fields: Record<string, unknown> = {
    ...expected.fields,
    ...(expected.code === 'StoreLocked' && { path: canonicalDir }),
    ...(expected.code.startsWith('PlatformProfile') && { path: profilePath }),
  }
  for (const [name, value] of Object.entries(fields)) {
    if (contains(error[name], value)) continue
    const what = `the ${expected.code} error carries another ${name}`
    return breach('L-OPEN', what, value, error[name] ?? `no ${name}`)
  }
  return undefined
}

function contains(actual: unknown, wanted: unknown): boolean {
  if (typeof wanted !== 'object' || wanted === null) return actual === wanted
  return Object.entries(wanted).every(([name, value]) =>
    contains((actual as Record<string, unknown> | undefined)?.[name], value),
  )
}
