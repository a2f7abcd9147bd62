import { EventId, type StoredEvent } from '@batpak/core'
import type { CatOptions } from '../args/store.ts'
import { eventJson } from '../event/json.ts'
import { kindText } from '../event/kind.ts'
import { payloadText } from '../event/payload-text.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { openForReading, withHint } from '../store/reading-store.ts'
import type { Session } from '../output/session.ts'
import { storeDirectory, underLock } from '../store/store-directory.ts'
import { fields } from '../output/text.ts'
import { hex, timeOfMs, timeOfUs } from '../output/wire.ts'

export async function catCommand(
  session: Session,
  words: readonly (string | undefined)[],
  { raw = false, unlocked = false }: CatOptions,
): Promise<ExitCode> {
  if (raw && session.json) throw usageError('--raw and --json exclude each other')
  const given = words.filter((word) => word !== undefined)
  const id = eventIdOf(given.pop())
  const place = storeDirectory(session, given[0])
  const event = await underLock(session, place, unlocked, async () => {
    const store = openForReading(session, place.dir)
    try {
      return withHint(place.dir, () => store.get(id))
    } finally {
      store.close()
    }
  })
  if (raw) await session.print(event.payloadBytes)
  else if (session.json) await session.document(true, { event: eventJson(event) })
  else await session.print(textOf(session, event))
  return EXIT.ok
}

/** @throws CliError exit 2 */
function eventIdOf(word: string | undefined): EventId {
  if (word === undefined) throw usageError('no event id given', '`batpak log` lists them')
  const text = word.replace(/^event:/, '')
  try {
    return EventId.fromHex(text)
  } catch {
    throw usageError(
      `'${word}' is no event id`,
      'an id is 32 lower-case hex digits, see `batpak log`',
    )
  }
}

function textOf(session: Session, event: StoredEvent): string {
  const { diskPos } = event
  const time = timeOfMs(event.wallMs)
  const stamp = timeOfUs(event.timestampUs)
  const head = fields([
    ['event', event.eventId],
    ['sequence', String(event.sequence)],
    ['entity', event.entity],
    ['scope', event.scope],
    ['kind', kindText(event.kind)],
    ['clock', String(event.clock)],
    ['wall', `${event.wallMs} ms${time === undefined ? '' : ` (${time})`}`],
    ['timestamp', `${event.timestampUs} us${stamp === undefined ? '' : ` (${stamp})`}`],
    ['lane', event.lane === 0 ? undefined : String(event.lane)],
    ['depth', event.depth === 0 ? undefined : String(event.depth)],
    ['flags', event.flags === 0 ? undefined : `0x${event.flags.toString(16).padStart(2, '0')}`],
    ['correlation', event.correlationId],
    ['causation', event.causationId],
    ['content hash', hex(event.contentHash)],
    ['event hash', hex(event.eventHash)],
    ['previous hash', hex(event.prevHash)],
    ['on disk', `segment ${diskPos.segmentId}, offset ${diskPos.offset}, ${diskPos.length} bytes`],
    ...[...event.extensions].map(([key, value]) => [key, hex(value)] as const),
  ])
  const rewritten = event.payloadRewritten === true ? ', rewritten by a compaction' : ''
  const title = `payload (${event.payloadBytes.length} bytes${rewritten})`
  return `${head}\n${session.paint.dim(title)}\n${payloadText(event.payloadBytes, () => event.payload)}\n`
}
