import { codeOf } from '../core/outcome.ts'
import { BrokenLaw } from './broken-law.ts'

/** How a call ended: it returned, or the error it threw. */
export type CallOutcome<T = unknown> =
  | { readonly kind: 'ok'; readonly value: T }
  | { readonly kind: 'denied'; readonly code: string; readonly error: unknown }

/** Runs `call` to its end. @throws BrokenLaw that came up inside it */
export async function outcomeOf(call: () => unknown): Promise<CallOutcome> {
  try {
    const value = call()
    return { kind: 'ok', value: value instanceof Promise ? await value : value }
  } catch (error) {
    return denied(error)
  }
}

/** As `outcomeOf`, of a call that returns at once. */
export function syncOutcomeOf<T>(call: () => T): CallOutcome<T> {
  try {
    return { kind: 'ok', value: call() }
  } catch (error) {
    return denied(error)
  }
}

function denied(error: unknown): CallOutcome<never> {
  if (error instanceof BrokenLaw) throw error
  return { kind: 'denied', code: codeOf(error), error }
}
