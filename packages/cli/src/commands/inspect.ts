import type { InspectOptions } from '../args/store.ts'
import type { ExitCode } from '../exit-codes.ts'
import { usageError } from '../failure.ts'
import { inspectDirectory } from '../inspect/directory.ts'
import { inspectFrame, inspectSegment } from '../inspect/segment.ts'
import type { Session } from '../output/session.ts'
import { storeDirectory } from '../store/store-directory.ts'

/** Looks without the lock: to take it would refuse a writer that starts just then. */
export async function inspectCommand(
  session: Session,
  given: string | undefined,
  { segment, frame }: InspectOptions,
): Promise<ExitCode> {
  if (frame !== undefined && segment === undefined) throw usageError('--frame needs --segment')
  const place = storeDirectory(session, given)
  if (segment === undefined) return inspectDirectory(session, place)
  if (frame === undefined) return inspectSegment(session, place, segment)
  return inspectFrame(session, place, segment, frame)
}
