import { isStoreError, type StoreError, type StoreErrorCode } from '../../src/index.ts'

/** What `run` throws; a test that expects a failure fails when there is none. */
export function thrownBy(run: () => unknown): unknown {
  let result: unknown
  try {
    result = run()
  } catch (error) {
    return error
  }
  throw new Error(`expected a failure, got ${String(result)}`)
}

/** The `StoreError` of this code that `run` throws; anything else it throws goes on. */
export function refusal<C extends StoreErrorCode>(code: C, run: () => unknown): StoreError<C> {
  const error = thrownBy(run)
  if (isStoreError(error, code)) return error
  throw error
}

/** The message of the `TypeError` or `RangeError` that `run` throws. */
export function argumentError(
  type: typeof TypeError | typeof RangeError,
  run: () => unknown,
): string {
  const error = thrownBy(run)
  if (isStoreError(error) || !(error instanceof type)) throw error
  return error.message
}
