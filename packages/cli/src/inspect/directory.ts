/** `batpak inspect DIR`: every file of a store, and what it is. */
import {
  readArtifacts,
  readFrames,
  readSegmentInfo,
  type ArtifactInfo,
  type SegmentInfo,
  type StoreFileInfo,
} from '@batpak/core/inspect'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import type { Session } from '../output/session.ts'
import { lockState, type LockState } from '../store/lock-holder.ts'
import type { StoreDirectory } from '../store/store-directory.ts'
import { artifactJson, segmentJson } from './directory-json.ts'
import { directoryText } from './directory-text.ts'

export interface SegmentSummary {
  readonly info: SegmentInfo
  /** From the footer, else counted in the frames. */
  readonly events: number
  readonly state: string
}

/** What lies in the directory, at the moment of looking. */
export interface DirectorySummary {
  readonly dir: string
  readonly lock: LockState
  readonly segments: readonly SegmentSummary[]
  readonly artifacts: readonly ArtifactInfo[]
  readonly others: readonly StoreFileInfo[]
}

export async function inspectDirectory(session: Session, place: StoreDirectory): Promise<ExitCode> {
  const summary = summarize(place)
  if (!session.json) {
    await session.print(directoryText(summary, session.width))
    return EXIT.ok
  }
  const { dir, lock, segments, artifacts, others } = summary
  await session.document(true, {
    dir,
    lock,
    segments: segments.map(segmentJson),
    artifacts: artifacts.map(artifactJson),
    otherFiles: others.map(({ name, kind, bytes }) => ({ name, kind, bytes: String(bytes) })),
  })
  return EXIT.ok
}

function summarize(place: StoreDirectory): DirectorySummary {
  const { dir, fs, files } = place
  const ids = new Set(files.flatMap(({ segmentId }) => segmentId ?? []))
  return {
    dir,
    lock: lockState(fs, dir),
    segments: [...ids].map((id) => summaryOf(place, id)),
    artifacts: readArtifacts(fs, dir, files),
    others: files.filter(({ kind }) => OTHERS.has(kind)),
  }
}

const OTHERS: ReadonlySet<StoreFileInfo['kind']> = new Set([
  'malformed-segment',
  'compact-source',
  'temporary',
  'healed',
  'other',
])

function summaryOf({ dir, fs }: StoreDirectory, segmentId: number): SegmentSummary {
  const info = readSegmentInfo(fs, dir, segmentId)
  const problems: string[] = []
  if (info.headerError !== undefined) problems.push('damaged header')
  else if (info.header === undefined) problems.push('short header')
  if (info.footer?.usable === true) {
    return { info, events: info.footer.entryCount, state: problems.join(', ') || 'sealed' }
  }
  if (info.footer !== undefined) problems.push('unusable footer')
  let events = 0
  for (const record of readFrames(fs, dir, segmentId)) {
    if (record.state === 'frame') events += record.frame.role === 'event' ? 1 : 0
    else if (record.state === 'unfinished')
      problems.push(`${record.reason} of ${record.length} bytes`)
    else problems.push(`${record.state} at ${record.offset}`)
  }
  const state = info.sealed ? 'sealed' : 'no footer'
  return { info, events, state: [state, ...problems].join(', ') }
}
