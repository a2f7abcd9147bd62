/** What a call did, as far as its caller can know. */
import { isStoreError } from '@batpak/core'

export type StepOutcome<T> =
  | { readonly kind: 'ok'; readonly value: T }
  /** Refused before any byte could reach a file. */
  | { readonly kind: 'denied'; readonly code: string; readonly error: unknown }
  /** Something may have been written: a read or a reopen decides. */
  | { readonly kind: 'unknown'; readonly code: string; readonly error: unknown }

const UNKNOWN: ReadonlySet<string> = new Set([
  'Io',
  'SyncFailed',
  'BatchSyncFailed',
  'WaitTimeout',
  'WriterCrashed',
])

/** Runs `work` and says how it went. What is no refusal of a store is thrown on. */
function outcomeOf<T>(work: () => T): StepOutcome<T> {
  try {
    return { kind: 'ok', value: work() }
  } catch (error) {
    if (!isStoreError(error)) throw error
    return failedOutcome(error)
  }
}

/** The outcome of a call that threw. */
export function failedOutcome(error: unknown): Exclude<StepOutcome<never>, { kind: 'ok' }> {
  const code = codeOf(error)
  return isUnknown(error) ? { kind: 'unknown', code, error } : { kind: 'denied', code, error }
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
