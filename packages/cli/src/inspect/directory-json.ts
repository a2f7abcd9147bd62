/** A store directory as JSON. */
import type { ArtifactInfo, SegmentInfo } from '@batpak/core/inspect'
import { decimal, present, timeOfNs } from '../output/wire.ts'
import type { SegmentSummary } from './directory.ts'

export function segmentJson({ info, events, state }: SegmentSummary): object {
  const { header, headerError, footer } = info
  return present({
    segmentId: decimal(info.segmentId),
    bytes: decimal(info.bytes),
    events: decimal(events),
    state,
    sealed: info.sealed,
    framesFrom: decimal(info.framesFrom),
    framesEnd: decimal(info.framesEnd),
    header: header === undefined ? undefined : headerJson(header),
    headerError: headerError?.message,
    footer: footer === undefined ? undefined : footerJson(footer),
  })
}

export function headerJson(header: NonNullable<SegmentInfo['header']>): object {
  const { version, flags, createdNs, segmentId } = header
  const created = timeOfNs(createdNs)
  return present({
    version,
    flags,
    createdNs: decimal(createdNs),
    created,
    segmentId: decimal(segmentId),
  })
}

export function footerJson(footer: NonNullable<SegmentInfo['footer']>): object {
  const { firstSequence, lastSequence, ...rest } = footer
  return present({
    ...rest,
    firstSequence: firstSequence === undefined ? undefined : decimal(firstSequence),
    lastSequence: lastSequence === undefined ? undefined : decimal(lastSequence),
  })
}

export function artifactJson(artifact: ArtifactInfo): object {
  const { name, kind } = artifact
  const bytes = decimal(artifact.bytes)
  switch (artifact.kind) {
    case 'hidden-ranges': {
      const ranges = artifact.ranges?.map(({ start, end }) => ({
        start: decimal(start),
        end: decimal(end),
      }))
      return present({ name, kind, bytes, ranges, defect: artifact.error?.message })
    }
    case 'compaction-marker': {
      const mergedId = artifact.marker === undefined ? undefined : decimal(artifact.marker.mergedId)
      const sourceIds = artifact.marker?.sourceIds.map(decimal)
      return present({ name, kind, bytes, mergedId, sourceIds, defect: artifact.error?.message })
    }
    case 'cursor': {
      const position = artifact.position === undefined ? undefined : decimal(artifact.position)
      return present({
        name,
        kind,
        bytes,
        position,
        regionIdentity: artifact.regionIdentity,
        defect: artifact.defect,
      })
    }
    default: {
      const { version, watermark, allocated, entryCount, defect } = artifact
      return present({
        name,
        kind,
        bytes,
        version,
        watermark: watermark && {
          segmentId: decimal(watermark.segmentId),
          offset: decimal(watermark.offset),
        },
        allocated: allocated === undefined ? undefined : decimal(allocated),
        entryCount: entryCount === undefined ? undefined : decimal(entryCount),
        defect,
      })
    }
  }
}
