/** Frames in words. */
import type { FrameDetail, FrameInfo, FrameRecord } from '@batpak/core/inspect'
import { formatKind } from '@batpak/core'
import { payloadText } from '../event/payload-text.ts'
import { kindText } from '../event/kind.ts'
import type { Paint } from '../output/color.ts'
import { fields, fitted, padEnd, padStart, printable } from '../output/text.ts'
import { hex, timeOfMs, timeOfUs } from '../output/wire.ts'
import { hexView } from './hex-view.ts'

/** One line of a segment's list. */
export function recordLine(record: FrameRecord, paint: Paint, width: number | undefined): string {
  const place = `${padStart(String(record.offset), 10)} ${padStart(String(record.length), 9)}`
  if (record.state === 'frame') return `${fitted(`${place}  ${frameText(record.frame)}`, width)}\n`
  const what =
    record.state === 'unfinished'
      ? `unfinished: ${record.reason}`
      : `${record.state}: ${record.error.message}`
  return `${paint.red(fitted(`${place}  ${printable(what)}`, width))}\n`
}

function frameText(frame: FrameInfo): string {
  if (frame.role === 'batch-begin') return `batch of ${frame.payloadSize} begins`
  if (frame.role === 'batch-commit') return 'batch is committed'
  const { eventId, kind, clock, entity, scope } = frame
  const name = `${printable(entity)} @ ${printable(scope)}`
  return `${eventId}  ${formatKind(kind)} ${padStart(String(clock), 4)} ${name}`
}

/** Everything about one frame, its bytes last. */
export function detailText(detail: FrameDetail, paint: Paint): string {
  const { record, bytes } = detail
  const parts = [detailFields(detail)]
  if (detail.payloadBytes !== undefined) {
    const title = `payload (${detail.payloadBytes.length} bytes)`
    const text = payloadText(detail.payloadBytes, () => {
      if (detail.payloadError !== undefined) throw detail.payloadError
      return detail.payload
    })
    parts.push(`${paint.dim(title)}\n${text}\n`)
  }
  const rest = record.length - bytes.length
  const more = rest > 0 ? `${padEnd('', 10)}… and ${rest} bytes more\n` : ''
  parts.push(`${paint.dim('bytes')}\n${hexView(bytes, record.offset)}${more}`)
  return parts.join('\n')
}

function detailFields({ record, extensions }: FrameDetail): string {
  const place = [
    ['offset', `${record.offset} (0x${record.offset.toString(16)})`],
    ['length', String(record.length)],
    ['state', record.state],
  ] as const
  if (record.state === 'unfinished') return fields([...place, ['reason', record.reason]])
  if (record.state !== 'frame') return fields([...place, ['problem', record.error.message]])
  const { frame } = record
  return fields([
    ...place,
    ['role', frame.role],
    ['event', frame.eventId],
    ['entity', frame.entity],
    ['scope', frame.scope],
    ['kind', kindText(frame.kind)],
    ['clock', String(frame.clock)],
    ['wall', `${frame.wallMs} ms (${timeOfMs(frame.wallMs) ?? '-'})`],
    ['timestamp', `${frame.timestampUs} us (${timeOfUs(frame.timestampUs) ?? '-'})`],
    ['lane, depth', `${frame.lane}, ${frame.depth}`],
    ['flags', `0x${frame.flags.toString(16).padStart(2, '0')}`],
    ['correlation', frame.correlationId],
    ['causation', frame.causationId],
    [frame.role === 'batch-begin' ? 'items' : 'payload size', String(frame.payloadSize)],
    ['content hash', hex(frame.contentHash)],
    ['event hash', frame.eventHash && hex(frame.eventHash)],
    ['previous hash', frame.prevHash && hex(frame.prevHash)],
    ...[...extensions].map(([key, value]) => [key, hex(value)] as const),
  ])
}
