/** `batpak inspect DIR --segment N [--frame OFFSET]`. */
import { readFrame, readFrames, readSegmentInfo, type SegmentInfo } from '@batpak/core/inspect'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { CliError, failureOf } from '../failure.ts'
import { JsonStream } from '../output/json-stream.ts'
import type { Session } from '../output/session.ts'
import { fields, shellWord } from '../output/text.ts'
import { decimal, present, timeOfNs } from '../output/wire.ts'
import type { StoreDirectory } from '../store/store-directory.ts'
import { footerJson, headerJson } from './directory-json.ts'
import { detailJson, recordJson } from './frame-json.ts'
import { detailText, recordLine } from './frame-text.ts'

export async function inspectSegment(
  session: Session,
  place: StoreDirectory,
  segmentId: number,
): Promise<ExitCode> {
  requireSegment(place, segmentId)
  const { dir, fs } = place
  const info = readSegmentInfo(fs, dir, segmentId)
  if (session.json) return segmentDocument(session, place, info)
  await session.write(`${infoText(info)}\n`)
  for (const record of readFrames(fs, dir, segmentId)) {
    await session.write(recordLine(record, session.paint, session.width))
  }
  await session.flush()
  return EXIT.ok
}

export async function inspectFrame(
  session: Session,
  place: StoreDirectory,
  segmentId: number,
  offset: number,
): Promise<ExitCode> {
  requireSegment(place, segmentId)
  const { dir, fs } = place
  let detail: ReturnType<typeof readFrame>
  try {
    detail = readFrame(fs, dir, segmentId, offset)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    const hint = `batpak inspect ${shellWord(dir)} --segment ${segmentId} lists the frames`
    throw new CliError({ exit: EXIT.notFound, code: 'NotFound', message: error.message, hint })
  }
  if (session.json) {
    await session.document(true, { dir, segmentId: decimal(segmentId), frame: detailJson(detail) })
  } else await session.print(detailText(detail, session.paint))
  return EXIT.ok
}

async function segmentDocument(
  session: Session,
  { dir, fs }: StoreDirectory,
  info: SegmentInfo,
): Promise<ExitCode> {
  const { segmentId } = info
  const json = await JsonStream.begin(session, { dir, segment: infoJson(info) }, 'frames')
  try {
    for (const record of readFrames(fs, dir, segmentId)) await json.item(recordJson(record))
  } catch (error) {
    const { exit, code, message } = failureOf(error)
    await json.end({ ok: false, error: { code, message } })
    return exit
  }
  await json.end({ ok: true })
  return EXIT.ok
}

function requireSegment({ dir, files }: StoreDirectory, segmentId: number): void {
  const ids = files.flatMap((file) => file.segmentId ?? [])
  if (ids.includes(segmentId)) return
  const known = ids.length === 0 ? 'there are none' : `there are ${ids.join(', ')}`
  const message = `${dir} has no segment ${segmentId}; ${known}`
  throw new CliError({ exit: EXIT.notFound, code: 'NotFound', message })
}

function infoText(info: SegmentInfo): string {
  const { header, headerError, footer } = info
  return fields([
    ['segment', String(info.segmentId)],
    ['bytes', String(info.bytes)],
    [
      'header',
      headerError?.message ?? (header === undefined ? 'the file ends inside it' : undefined),
    ],
    ['version', header && String(header.version)],
    ['created', header && `${header.createdNs} ns (${timeOfNs(header.createdNs) ?? '-'})`],
    ['frames', `from ${info.framesFrom} to ${info.framesEnd}`],
    ['footer', footer === undefined ? 'none' : footerText(footer)],
  ])
}

function footerText(footer: NonNullable<SegmentInfo['footer']>): string {
  if (!footer.usable) return 'its structure does not hold'
  const { entryCount, stringCount, firstSequence, lastSequence } = footer
  const sequences =
    firstSequence === undefined ? '' : `, sequences ${firstSequence} to ${lastSequence}`
  return `${entryCount} events, ${stringCount} names${sequences}`
}

function infoJson(info: SegmentInfo): object {
  const { header, headerError, footer } = info
  return present({
    segmentId: decimal(info.segmentId),
    bytes: decimal(info.bytes),
    sealed: info.sealed,
    framesFrom: decimal(info.framesFrom),
    framesEnd: decimal(info.framesEnd),
    header: header && headerJson(header),
    headerError: headerError?.message,
    footer: footer && footerJson(footer),
  })
}
