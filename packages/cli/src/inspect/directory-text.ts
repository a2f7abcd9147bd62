/** A store directory in words. */
import type { ArtifactInfo, SegmentInfo } from '@batpak/core/inspect'
import { counted, fields, grouped, table } from '../output/text.ts'
import { timeOfNs } from '../output/wire.ts'
import type { LockState } from '../store/lock-holder.ts'
import type { DirectorySummary } from './directory.ts'

export function directoryText(summary: DirectorySummary, width: number | undefined): string {
  const { dir, lock, segments, artifacts, others } = summary
  const bytes = segments.reduce((sum, { info }) => sum + info.bytes, 0)
  const events = segments.reduce((sum, segment) => sum + segment.events, 0)
  const head = fields([
    ['store', dir],
    ['lock', lockText(lock)],
    [
      'content',
      `${counted(events, 'event')} in ${counted(segments.length, 'segment')}, ${counted(bytes, 'byte')}`,
    ],
    ...artifacts.map((artifact) => [artifact.name, artifactText(artifact)] as const),
    ...others.map(({ name, kind, bytes }) => [name, `${kind}, ${counted(bytes, 'byte')}`] as const),
  ])
  if (segments.length === 0) return head
  const rows = segments.map(({ info, events, state }) => [
    String(info.segmentId),
    grouped(info.bytes),
    grouped(events),
    sequencesText(info),
    info.header === undefined ? '-' : (timeOfNs(info.header.createdNs) ?? '-'),
    state,
  ])
  return `${head}\n${table(COLUMNS, rows, width)}`
}

const COLUMNS = [
  { title: 'SEGMENT', align: 'right' },
  { title: 'BYTES', align: 'right' },
  { title: 'EVENTS', align: 'right' },
  { title: 'SEQUENCES' },
  { title: 'CREATED' },
  { title: 'STATE' },
] as const

function sequencesText({ footer }: SegmentInfo): string {
  if (footer?.firstSequence === undefined) return '-'
  return `${footer.firstSequence}..${footer.lastSequence ?? '?'}`
}

function lockText(lock: LockState): string {
  switch (lock.state) {
    case 'no-lock-file':
      return 'no lock file'
    case 'free':
      return 'free'
    case 'unknown':
      return `not known: ${lock.reason}`
    default:
      return `held by ${lock.holders.map(({ pid, command }) => (pid === undefined ? 'an unknown process' : `process ${pid} (${command ?? '?'})`)).join(', ')}`
  }
}

function artifactText(artifact: ArtifactInfo): string {
  switch (artifact.kind) {
    case 'hidden-ranges':
      return (
        artifact.error?.message ??
        (artifact.ranges ?? [])
          .map(({ start, end }) => `sequences ${start} to ${end - 1} hidden`)
          .join(', ')
      )
    case 'compaction-marker': {
      const { marker, error } = artifact
      return (
        error?.message ??
        `compaction of segments ${marker?.sourceIds.join(', ')} into ${marker?.mergedId} pending`
      )
    }
    case 'cursor': {
      const at =
        artifact.position === undefined ? 'at the beginning' : `at sequence ${artifact.position}`
      return artifact.defect ?? `${at}, region ${artifact.regionIdentity ?? '-'}`
    }
    default: {
      const { version, entryCount, watermark, defect } = artifact
      if (defect !== undefined) return `not usable: ${defect}`
      return `version ${version}, ${counted(entryCount ?? 0, 'entry').replace('entrys', 'entries')}, up to segment ${watermark?.segmentId} offset ${watermark?.offset}`
    }
  }
}
