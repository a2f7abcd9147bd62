/**
 * The one error class of the store.
 *
 * `code` says what happened and narrows the other fields; messages are for people. Errors are
 * recognised by a global symbol, so two copies of this package agree on them.
 */
import { ERROR_TABLE } from './errors/table.ts'
import type { StoreErrorCode, StoreErrorFields } from './errors/fields.ts'

/**
 * How a caller may react: `domain` = correct the input or the usage; `retryable` = the same call may
 * succeed later; `failClosed` = stop and look, data or the writer is in doubt.
 */
export type ErrorClass = 'domain' | 'retryable' | 'failClosed'

/** An error of the store with its code's fields, distributed over the codes so that `code` narrows. */
export type StoreError<C extends StoreErrorCode = StoreErrorCode> = C extends StoreErrorCode
  ? Error & {
      readonly name: 'StoreError'
      readonly code: C
      readonly cause?: unknown
    } & StoreErrorFields[C]
  : never

export interface StoreErrorConstructor {
  new <C extends StoreErrorCode>(
    code: C,
    fields: StoreErrorFields[C],
    options?: { readonly cause?: unknown },
  ): StoreError<C>
  [Symbol.hasInstance](value: unknown): value is StoreError
}

const BRAND = Symbol.for('batpak.StoreError')

class StoreErrorImpl extends Error {
  declare readonly code: StoreErrorCode

  constructor(code: StoreErrorCode, fields: object, options?: { readonly cause?: unknown }) {
    const describe = ERROR_TABLE[code].message as (fields: object, cause: unknown) => string
    super(
      describe(fields, options?.cause),
      options?.cause === undefined ? undefined : { cause: options.cause },
    )
    Object.assign(this, fields)
    this.code = code
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && BRAND in value
  }
}
// What stacks and consoles show.
Object.defineProperty(StoreErrorImpl, 'name', { value: 'StoreError' })
Object.defineProperties(StoreErrorImpl.prototype, {
  name: { value: 'StoreError', writable: true, configurable: true },
  [BRAND]: { value: true },
})

export const StoreError: StoreErrorConstructor = StoreErrorImpl as unknown as StoreErrorConstructor

/** Tells whether `value` is a `StoreError`, optionally of one code, and narrows it. */
export function isStoreError(value: unknown): value is StoreError
export function isStoreError<C extends StoreErrorCode>(
  value: unknown,
  code: C,
): value is StoreError<C>
export function isStoreError(value: unknown, code?: StoreErrorCode): boolean {
  return value instanceof StoreError && (code === undefined || value.code === code)
}

/** Classifies an error; a batch error has the class of what caused it. */
export function errorClass(error: StoreError): ErrorClass {
  // Another copy of this package may know codes that this one does not.
  const own = ERROR_TABLE[error.code]?.class ?? 'failClosed'
  if (own !== 'cause') return own
  return isStoreError(error.cause) ? errorClass(error.cause) : 'retryable'
}

/** A failed system call as `Io`; anything else, a `StoreError` or a bug, as it is. */
export function asStoreError(error: unknown, operation: string, path?: string): unknown {
  const system = error as { code?: unknown; path?: string; syscall?: string } | null
  if (error instanceof StoreError || typeof system?.code !== 'string') return error
  const where = path ?? system.path
  return new StoreError(
    'Io',
    {
      operation,
      ...(where === undefined ? {} : { path: where }),
      ...(system.syscall === undefined ? {} : { syscall: system.syscall }),
    },
    { cause: error },
  )
}

/** Runs file work; what the system refuses is thrown as `Io` naming the operation. */
export function io<T>(operation: string, path: string | undefined, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw asStoreError(error, operation, path)
  }
}

export type { StoreErrorCode, StoreErrorFields } from './errors/fields.ts'
