/** What must be true of a store while it is open. */
import { isStoreError } from '@batpak/core'
import { breach, messageOf, type Breach } from '../core/law.ts'
import { admissionByTable } from './evidence-values.ts'
import { evidenceFor, type LaneSpec } from './lane-spec.ts'
import { touchedBreach } from './left-behind.ts'
import type { LaneObservation, OpenedObservation } from './run-open-lane.ts'

/** The first law that an open store breaks. */
export function openedBreach(spec: LaneSpec, seen: LaneObservation): Breach | undefined {
  const opened = seen.opened!
  return (
    reportBreach(seen) ??
    evidenceBreach(spec, seen, opened) ??
    touchedBreach(spec, opened) ??
    durableBreach(spec, opened) ??
    ownerBreach(opened) ??
    readBreach(spec, seen, opened) ??
    (opened.closeError === undefined
      ? undefined
      : breach(
          'L-OPEN',
          'a store that had opened could not be closed',
          'closed',
          messageOf(opened.closeError),
        ))
  )
}

function reportBreach({ reports }: LaneObservation): Breach | undefined {
  if (reports.length === 1) return undefined
  const what =
    reports.length === 0
      ? 'the report observer was not called (does open pass config.openReportObserver on?)'
      : 'the report observer was called more than once'
  return breach('L-OPEN', what, '1 call', `${reports.length} calls`)
}

function evidenceBreach(
  spec: LaneSpec,
  { paths }: LaneObservation,
  { diagnostics }: OpenedObservation,
): Breach | undefined {
  const { dataDir, platformEvidence } = diagnostics
  if (dataDir !== paths.canonicalDir) {
    return breach('L-OPEN', 'diagnostics name another directory', paths.canonicalDir, dataDir)
  }
  const evidence = evidenceFor(spec)
  const { host, storePath, admission } = platformEvidence
  const reported = { monotonicClock: host.monotonicClock, ...storePath }
  if (!equal(reported, evidence)) {
    const what = 'diagnostics report other evidence than the host gives'
    return breach('L-OPEN', what, evidence, reported)
  }
  const table = admissionByTable(evidence)
  if (equal(admission, table)) return undefined
  return breach('admission table', 'diagnostics admit something else', table, admission)
}

function equal(a: object, b: object): boolean {
  const text = (value: object): string =>
    JSON.stringify(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)))
  return text(a) === text(b)
}

/** An application may have written more than core does, which need not be durable yet. */
function durableBreach(spec: LaneSpec, opened: OpenedObservation): Breach | undefined {
  const { diff, unsynced = [], diagnostics, eventCount } = opened
  if (spec.mode === 'ReadOnly') return undefined
  if (eventCount !== diagnostics.openReport.restoredEntries + 1) return undefined
  const segments = diff.created.filter((path) => path.endsWith('.fbat'))
  const volatile = unsynced.filter((path) => segments.includes(path) || isStore(path, opened))
  if (volatile.length === 0) return undefined
  const what = 'an open returned before its event and its segment were durable'
  return breach('L-DUR', what, 'all synced', volatile)
}

/** The store directory itself, where its names are made durable by syncing it. */
function isStore(path: string, { diagnostics }: OpenedObservation): boolean {
  const { admission } = diagnostics.platformEvidence
  return path === diagnostics.dataDir && admission.parentDirSync === 'UnixFsync'
}

function ownerBreach({ secondOwner }: OpenedObservation): Breach | undefined {
  for (const [mode, outcome] of Object.entries(secondOwner)) {
    if (outcome === 'StoreLocked') continue
    return breach(
      'L-LOCK',
      `a second, ${mode} owner got in beside the first`,
      'StoreLocked',
      outcome,
    )
  }
  return undefined
}

function readBreach(
  spec: LaneSpec,
  { reports }: LaneObservation,
  { read, maps, eventCount }: OpenedObservation,
): Breach | undefined {
  const admitted = admissionByTable(evidenceFor(spec)).sealedSegmentMmap === 'FileBacked'
  if (maps > 0 && !admitted) {
    const what = 'a file was mapped although no map is admitted'
    return breach('admission table', what, '0 maps', `${maps} maps`)
  }
  const actual = typeof read === 'number' ? `${read} events` : messageOf(read)
  // The reference's posture: where a map is required and none is admitted, no sealed segment is read.
  if (spec.mmap === 'required' && !admitted && reports[0]!.restoredEntries > 0) {
    if (isStoreError(read, 'PlatformAdmissionFailed')) return undefined
    return breach(
      'admission table',
      'a required map was not missed',
      'PlatformAdmissionFailed',
      actual,
    )
  }
  if (read === eventCount) return undefined
  return breach('L-AVAIL', 'not every event could be read', `${eventCount} events`, actual)
}
