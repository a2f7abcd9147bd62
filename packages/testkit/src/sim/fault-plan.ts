/** A failure at one chosen call: the N-th of its kind, once or from then on. Plain JSON. */
import { systemError } from '@batpak/platform'
import { matches, type FsCall, type FsUse } from '../host/host-spec.ts'

/** `create` is an `open` that may make a file; `fsync` is also the one of `fsyncAsync`. */
export type FaultCall = Exclude<FsCall, 'open' | 'fsyncAsync'> | 'create'

/** A transfer that stops early. Alone it is no error: the caller must go on. */
export interface ShortTransfer {
  /** Half of the bytes, or so many of them; at least one. */
  readonly short: 'half' | number
  /** The error of the following call of the same kind, for example `ENOSPC`. */
  readonly next?: string
}

/** The call does all that it should, and fails all the same. */
export interface LateError {
  readonly late: string
}

/** A system error such as `EIO`, before the call had any effect; or one of the others. */
export type FaultError = string | ShortTransfer | LateError

export interface FaultPlan {
  readonly call: FaultCall
  /** Which of these calls fails, from 1; counted from when the plan is set. */
  readonly nth: number
  readonly error: FaultError
  /** `sticky`: every later call of the kind fails too; default `once`. */
  readonly mode?: 'once' | 'sticky'
  /** Only calls for such files: the last component of the path, `*` for any run of characters. */
  readonly file?: string
}

/** What happens to one call. */
export type Decision =
  | { readonly code: string }
  | { readonly transfer: 'half' | number }
  /** Afterwards. */
  | { readonly late: string }

/** What is wrong with a call that begins all the same. */
export type Flaw = Exclude<Decision, { readonly code: string }>

/** Counts the calls of one process and says which of them fail. */
export class PlannedFaults {
  readonly plan: FaultPlan
  /** Calls of the planned kind so far. */
  calls = 0
  /** How many of them were made to fail. */
  hits = 0
  #next: string | undefined

  /** @throws TypeError for a plan that could never strike */
  constructor(plan: FaultPlan) {
    const { nth, error, call } = plan
    if (!Number.isSafeInteger(nth) || nth < 1) {
      throw new TypeError(`fault plan: nth must be a number from 1, got ${String(nth)}`)
    }
    const kind = typeof error === 'string' ? 'early' : 'late' in error ? 'late' : 'short'
    if (kind === 'short' && call !== 'pwrite' && call !== 'pread') {
      throw new TypeError(`fault plan: only pwrite and pread can be short, not ${call}`)
    }
    if (kind === 'late' && !LATE.has(call)) {
      throw new TypeError(`fault plan: only ${[...LATE].join(', ')} can fail late, not ${call}`)
    }
    this.plan = plan
  }

  decide(use: FsUse): Decision | undefined {
    const { plan } = this
    if (kindOf(use) !== plan.call) return undefined
    if (plan.file !== undefined && !matches(plan.file, use.file ?? '')) return undefined
    this.calls += 1
    const code = this.#next
    this.#next = undefined
    if (code !== undefined) return { code }
    const strikes = plan.mode === 'sticky' ? this.calls >= plan.nth : this.calls === plan.nth
    if (!strikes) return undefined
    this.hits += 1
    if (typeof plan.error === 'string') return { code: plan.error }
    if ('late' in plan.error) return plan.error
    this.#next = plan.error.next
    return { transfer: plan.error.short }
  }
}

/** The calls whose effect can be there although they failed. */
export const LATE: ReadonlySet<string> = new Set(['pwrite', 'rename', 'unlink', 'ftruncate'])

function kindOf({ call, mode }: FsUse): string {
  if (call === 'open') return mode === 'create-new' || mode === 'lock-nofollow' ? 'create' : 'open'
  return call === 'fsyncAsync' ? 'fsync' : call
}

/** How many of `length` bytes a short transfer moves. */
export function shortened(length: number, { transfer }: { transfer: 'half' | number }): number {
  const wanted = transfer === 'half' ? Math.floor(length / 2) : transfer
  return Math.min(length, Math.max(1, wanted))
}

/** The end of a call that has done all it should. @throws the error that it has all the same */
export function failLate(flaw: Flaw | undefined, syscall: string): void {
  if (flaw !== undefined && 'late' in flaw) throw systemError(flaw.late, syscall)
}
