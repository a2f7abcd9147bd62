/** The store behind `log` and `cat`. */
import { Store, type ReadOnlyStore } from '@batpak/core'
import { CliError, failureOf } from '../failure.ts'
import type { Session } from '../output/session.ts'
import { shellWord } from '../output/text.ts'

/** Opening a damaged store fails with a typed error: these say where to look. */
const DAMAGE: ReadonlySet<string> = new Set([
  'CrcMismatch',
  'CorruptFrame',
  'CorruptSegment',
  'UnsafeInteger',
  'Coordinate',
  'CoordinateNulByte',
  'CoordinateControlChar',
  'CoordinatePathTraversal',
  'HiddenRangesCorrupt',
  'DataDirMalformed',
  'InvariantViolation',
])

/**
 * Opens the store so that nothing on disk changes, not even for a moment: no lock of its own, no
 * probe, no map. Whoever calls holds the lock, or has said that it does not.
 *
 * @throws StoreError; damage gets the hint to run `batpak verify`
 */
export function openForReading(session: Session, dir: string): ReadOnlyStore {
  const start = performance.now()
  const store = withHint(dir, () => Store.openUnlocked({ dataDir: dir }))
  const { eventCount } = store.stats()
  session.detail(
    `opened ${dir}: ${eventCount} events in ${Math.round(performance.now() - start)} ms`,
  )
  return store
}

/** Runs a read; damage that it meets gets the hint to run `batpak verify`. */
export function withHint<T>(dir: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    const failure = failureOf(error)
    if (!DAMAGE.has(failure.code) || failure.hint !== undefined) throw error
    // Of an unfinished compaction `verify` only says again what the error says.
    const { path = '' } = failure.cause as { readonly path?: string }
    const hint = path.endsWith('compaction.pending.json')
      ? `\`batpak inspect ${shellWord(dir)}\` shows which segments it concerns`
      : `run \`batpak verify ${shellWord(dir)}\``
    throw new CliError({ ...failure, hint })
  }
}
