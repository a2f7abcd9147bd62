import { formatKind, type IndexEntry, type ReadOnlyStore, type Region } from '@batpak/core'
import type { LogOptions } from '../args/store.ts'
import { entryJson } from '../event/json.ts'
import { kindFromText } from '../event/kind.ts'
import { EXIT, type ExitCode } from '../exit-codes.ts'
import { Interrupt } from '../interrupt.ts'
import { openForReading } from '../store/reading-store.ts'
import type { Session } from '../output/session.ts'
import { storeDirectory, underLock } from '../store/store-directory.ts'
import { counted, fitted, padEnd, padStart, printable } from '../output/text.ts'
import { timeOfMs } from '../output/wire.ts'

/** Lists what is visible when it starts; the lock is free again before the first line is printed. */
export async function logCommand(
  session: Session,
  given: string | undefined,
  options: LogOptions,
): Promise<ExitCode> {
  const region = regionOf(options)
  const place = storeDirectory(session, given)
  const open = async (): Promise<ReadOnlyStore> => openForReading(session, place.dir)
  const store = await underLock(session, place, options.unlocked === true, open)
  const interrupt = new Interrupt()
  try {
    const listed = await list(session, store, region, options, interrupt)
    if (!interrupt.requested) return EXIT.ok
    process.stderr.write(`interrupted after ${counted(listed, 'event')}\n`)
    return EXIT.interrupted
  } finally {
    interrupt.dispose()
    store.close()
  }
}

function regionOf({ entity, scope, kind }: LogOptions): Region {
  return {
    ...(entity === undefined ? {} : { entity }),
    ...(scope === undefined ? {} : { scope }),
    ...(kind === undefined ? {} : { kind: kindFromText(kind) }),
  }
}

async function list(
  session: Session,
  store: ReadOnlyStore,
  region: Region,
  { after, limit, reverse = false }: LogOptions,
  interrupt: Interrupt,
): Promise<number> {
  const entries = store.entries(region, {
    reverse,
    ...(after === undefined ? {} : { after }),
    // One more than is shown tells whether there is a next page.
    ...(limit === undefined ? {} : { limit: limit + 1 }),
  })
  const lineOf = session.json ? documentOf : textLine(session, store.stats().globalSequence)
  let listed = 0
  let last: IndexEntry | undefined
  for (const entry of entries) {
    if (listed === limit) {
      await session.flush()
      session.note(`more events follow: add --after ${last!.sequence}`)
      return listed
    }
    await interrupt.race(session.write(lineOf(session, entry)))
    if (interrupt.requested) return listed
    last = entry
    listed += 1
  }
  await interrupt.race(session.flush())
  return listed
}

function documentOf({ schema }: Session, entry: IndexEntry): string {
  return `${JSON.stringify({ schema, ...entryJson(entry) })}\n`
}

/** Below so many columns the time gives way to the names. */
const TIME_FROM_COLUMNS = 100

/** Fixed columns first, the names last: they alone are cut where a terminal is narrow. */
function textLine(
  { width, paint }: Session,
  globalSequence: number,
): (session: Session, entry: IndexEntry) => string {
  const digits = Math.max(3, String(globalSequence).length)
  const withTime = width === undefined || width >= TIME_FROM_COLUMNS
  return (_session, entry) => {
    const time = timeOfMs(entry.wallMs) ?? `${entry.wallMs} ms`
    const number = padStart(String(entry.sequence), digits)
    const head = withTime ? `${number}  ${padEnd(time, 24)}  ` : `${number}  `
    const clock = padStart(String(entry.clock), 4)
    const rest = `  ${formatKind(entry.kind)} ${clock} ${printable(entry.entity)} @ ${printable(entry.scope)}`
    const left =
      width === undefined ? undefined : Math.max(1, width - head.length - entry.eventId.length)
    return `${head}${paint.yellow(entry.eventId)}${fitted(rest, left)}\n`
  }
}
