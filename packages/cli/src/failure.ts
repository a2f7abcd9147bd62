/** Every way to fail: an exit code, a stable code for programs, a sentence and a next step. */
import { EXIT, type ExitCode } from './exit-codes.ts'

export interface Failure {
  readonly exit: ExitCode
  /** A code of `StoreError`, of the system (`EACCES`), or one of this program's own. */
  readonly code: string
  readonly message: string
  /** What to do next, usually a command. */
  readonly hint?: string
  readonly cause?: unknown
}

/** Thrown by commands; `main` prints it. */
export class CliError extends Error {
  readonly failure: Failure

  constructor(failure: Failure) {
    super(failure.message)
    this.failure = failure
  }
}

/** A failure of the command line itself: exit 2. */
export function usageError(message: string, hint?: string): CliError {
  return new CliError({
    exit: EXIT.usage,
    code: 'Usage',
    message,
    ...(hint === undefined ? {} : { hint }),
  })
}

/** Whatever was thrown, as a failure. Store errors are known by the symbol they carry (no import). */
export function failureOf(error: unknown): Failure {
  if (error instanceof CliError) return error.failure
  const { code, message, stack } = (error ?? {}) as {
    readonly code?: unknown
    readonly message?: string
    readonly stack?: string
  }
  const text = message ?? String(error)
  if (isStoreError(error)) {
    return { ...storeFailure(String(code), error), message: text, cause: error }
  }
  if (typeof code === 'string') return { exit: EXIT.failed, code, message: text, cause: error }
  return {
    exit: EXIT.failed,
    code: 'Internal',
    message: text,
    hint: `this is a bug of batpak, please report it: ${stack?.split('\n')[1]?.trim() ?? 'no stack'}`,
    cause: error,
  }
}

function storeFailure(code: string, error: object): Omit<Failure, 'message'> {
  const known = STORE_EXITS[code]
  if (code === 'CorruptSegment' && isOtherVersion(error)) {
    return { exit: EXIT.version, code, hint: 'read it with a later version of batpak' }
  }
  return known === undefined ? { exit: EXIT.failed, code } : { code, ...known }
}

/** As @batpak/core/inspect: the reference has no code for it, but the text is part of its contract. */
function isOtherVersion(error: { readonly detail?: unknown }): boolean {
  return String(error.detail).startsWith('unsupported segment version')
}

const STORE_EXITS: Readonly<
  Record<string, { readonly exit: ExitCode; readonly hint?: string } | undefined>
> = {
  NotFound: { exit: EXIT.notFound, hint: '`batpak log` lists the events that are there' },
  SequenceMismatch: { exit: EXIT.conflict },
  IdempotencyConflict: { exit: EXIT.conflict },
  StoreLocked: { exit: EXIT.locked, hint: 'add --unlocked to read beside the owner' },
  PlatformProfileInvalid: { exit: EXIT.platform },
  PlatformProfileMismatch: { exit: EXIT.platform },
  PlatformAdmissionFailed: { exit: EXIT.platform, hint: 'run `batpak doctor`' },
}

const STORE_ERROR = Symbol.for('batpak.StoreError')

function isStoreError(error: unknown): error is object {
  return typeof error === 'object' && error !== null && STORE_ERROR in error
}
