/** What a call did, as far as its caller can know. */
import { isStoreError } from '@batpak/core'

export interface FailedOutcome {
  /**
   * `denied`: refused before any byte could reach a file. `unknown`: something may have been written,
   * a read or a reopen decides.
   */
  readonly kind: 'denied' | 'unknown'
  readonly code: string
}

const UNKNOWN: ReadonlySet<string> = new Set(['Io', 'SyncFailed', 'BatchSyncFailed', 'WaitTimeout'])

/** The outcome of a call that threw. */
export function failedOutcome(error: unknown): FailedOutcome {
  return { kind: isUnknown(error) ? 'unknown' : 'denied', code: codeOf(error) }
}

/** A failed batch is as unknown as its cause. */
function isUnknown(error: unknown): boolean {
  if (isStoreError(error, 'BatchFailed')) return isUnknown(error.cause)
  return isStoreError(error) ? UNKNOWN.has(error.code) : false
}

/** The code of a store error, or the name of what else was thrown. */
export function codeOf(error: unknown): string {
  if (isStoreError(error)) return error.code
  return error instanceof Error ? `${error.name}: ${error.message}` : String(error)
}
