/** What an open may leave on disk, and what it may keep open. */
import { breach, type Breach } from '../core/law.ts'
import { isBefore, type LaneSpec, type LaneState } from './lane-spec.ts'
import type { LaneObservation, OpenedObservation } from './run-open-lane.ts'

/** What a refusal may leave behind, by the state that it kept from. */
export function closedBreach(
  spec: LaneSpec,
  at: LaneState,
  seen: LaneObservation,
): Breach | undefined {
  const { diff, calls, reports } = seen
  const vanished = calls.some(({ call, ok }) => call === 'readdir' && !ok)
  const [allowed, rule] = leftBehind(at, spec.mode)
  const touched = [
    ...diff.created.filter((path) => !rule.test(path)).map((path) => `created ${path}`),
    ...diff.changed.filter((path) => !mayHeal(spec, at, path)).map((path) => `changed ${path}`),
    ...(vanished ? [] : diff.removed.map((path) => `removed ${path}`)),
  ]
  if (touched.length > 0) {
    return breach(
      'L-CLOSED',
      `an open refused at ${at} left something behind`,
      allowed,
      touched.join(', '),
    )
  }
  if (isBefore(at, 'Reported') && reports.length > 0) {
    return breach(
      'L-CLOSED',
      'a refused open called the report observer',
      'no call',
      `${reports.length} calls`,
    )
  }
  const named = calls.find(
    ({ call, path, mode, ok }) =>
      ok && SEGMENT.test(path) && (call === 'rename' || mode === 'create-new'),
  )
  if (isBefore(at, 'Writing') && named !== undefined) {
    return breach('L-CLOSED', 'a refused open made a segment for a while', 'no segment', named.path)
  }
  return undefined
}

/** What an open that succeeds may touch. */
export function touchedBreach(spec: LaneSpec, { diff }: OpenedObservation): Breach | undefined {
  const mutable = spec.mode !== 'ReadOnly'
  const [allowed, rule] = mutable ? STARTED : LOCK_FILE
  const touched = [
    ...diff.created.filter((path) => !rule.test(path)).map((path) => `created ${path}`),
    ...diff.changed.filter((path) => !mayHeal(spec, 'Open', path)).map((path) => `changed ${path}`),
    ...diff.removed.map((path) => `removed ${path}`),
  ]
  if (touched.length > 0) {
    return breach('L-OPEN', 'an open touched what is not its own', allowed, touched.join(', '))
  }
  const segments = diff.created.filter((path) => SEGMENT.test(path))
  if (mutable ? segments.length === 0 : segments.length > 0) {
    const wanted = mutable ? 'a new segment' : 'no new segment'
    return breach(
      'L-OPEN',
      `a ${spec.mode ?? 'Mutable'} open made segments`,
      wanted,
      segments.join(', '),
    )
  }
  return undefined
}

/** Whether it was the open itself that left it, or a probe. */
export function temporaryBreach({ diff, opened }: LaneObservation): Breach | undefined {
  const created = [...diff.created, ...(opened?.diff.created ?? [])]
  const temporary = created.filter((path) => /[\\/]\.tmp[^\\/]*$/.test(path))
  if (temporary.length === 0) return undefined
  return breach(
    'L-CLOSED',
    'a temporary file was left behind',
    'none',
    [...new Set(temporary)].join(', '),
  )
}

/** What no open may keep, refused or closed again. */
export function keptBreach(seen: LaneObservation): Breach | undefined {
  if (seen.openDescriptors.length > 0) {
    const law = seen.openDescriptors.some((path) => path.endsWith('.batpak.lock'))
      ? 'a lock'
      : 'a file'
    return breach('L-CLOSED', `${law} was left open`, 'none', seen.openDescriptors.join(', '))
  }
  if (seen.afterwards === 'StoreLocked') {
    return breach('L-CLOSED', 'the lock is still held', 'a free lock', 'StoreLocked')
  }
  return undefined
}

const SEGMENT = /\d\.fbat$/

/** In words, and the paths that may be new. */
type Allowed = readonly [words: string, paths: RegExp]

const NOTHING: Allowed = ['nothing', /(?!)/]
const LOCK_FILE: Allowed = ['the lock file', /[\\/]store[\\/]\.batpak\.lock$/]
const DIRECTORY: Allowed = ['the directory', /[\\/]store$/]
const LOCK: Allowed = ['the directory, the lock file', /[\\/]store(?:[\\/]\.batpak\.lock)?$/]
const HEALED: Allowed = [
  'the directory, the lock file, healed tails',
  /[\\/]store(?:[\\/](?:\.batpak\.lock|\d+\.fbat\.healed-\d+))?$/,
]
const STARTED: Allowed = [
  'the directory, the lock file, healed tails, a segment',
  /[\\/]store(?:[\\/](?:\.batpak\.lock|\d+\.fbat(?:\.healed-\d+)?))?$/,
]

function leftBehind(at: LaneState, mode: LaneSpec['mode']): Allowed {
  if (mode === 'ReadOnly') return isBefore(at, 'Locked') ? NOTHING : LOCK_FILE
  if (isBefore(at, 'Locked')) return DIRECTORY
  if (isBefore(at, 'Writing')) return LOCK
  return at === 'Writing' ? HEALED : STARTED
}

function mayHeal(spec: LaneSpec, at: LaneState, path: string): boolean {
  const heals = spec.dir === 'crashed' && spec.mode !== 'ReadOnly'
  return heals && !isBefore(at, 'Writing') && path.endsWith('000001.fbat')
}
