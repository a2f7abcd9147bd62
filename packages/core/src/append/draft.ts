/** Events that are encoded but not yet written: the items of a batch, an outbox or a decision. */
import { copyBytes, uninitializedBytes } from '../encoding/bytes.ts'
import { returnScratch, takeScratch } from '../encoding/scratch.ts'
import type { Coordinate } from '../event/coordinate.ts'
import { DefinedEvent, type AnyEventType, type EventType } from '../event/event-type.ts'
import type { CausationId } from '../event/id.ts'
import type { EventKind } from '../event/kind.ts'
import { checkOptionNames, describeType } from '../options.ts'
import { foreignBytes, requireBytes, requireKind, requireType } from './arguments.ts'
import {
  APPEND_OPTION_NAMES,
  PLAIN_REQUEST,
  idWords,
  readAppendOptions,
  type AppendOptions,
  type AppendRequest,
} from './options.ts'

/** The cause of a batch item: another item of the same batch. Made by `prior`. */
export interface PriorItem {
  readonly prior: number
}

export type CausedBy = PriorItem | CausationId | 'none'

export interface DraftOptions extends Omit<AppendOptions, 'expected' | 'until' | 'causationId'> {
  /**
   * What caused the event: an earlier item of its batch (`prior(i)`), an event, or `'none'`, which
   * also holds in `appendReactions`. Default: nothing.
   */
  readonly causedBy?: CausedBy
}

/** An encoded event on its way into a batch. It holds no part of any store and may be used again. */
export interface Draft {
  readonly at: Coordinate
  readonly kind: EventKind
  /** The payload as it will be written; a copy. */
  readonly payloadBytes: Uint8Array
}

/**
 * Encodes an event for a batch; its coordinate is checked when the batch is written.
 *
 * @throws StoreError `ReservedKind`, `ValidationFailed`, `Serialization`, `InvalidUnicode`
 * @throws TypeError, RangeError for arguments of the wrong type or out of range
 */
export function draft<T, In = T>(
  at: Coordinate,
  type: EventType<T, In>,
  value: NoInfer<In>,
  options?: DraftOptions,
): Draft {
  const kind = requireType(type)
  return new EncodedDraft(at, kind, encoded(type, value), options)
}

/**
 * As `draft`, of payload bytes that are MessagePack already; they are copied and not checked.
 * @throws as `draft`
 */
export function draftBytes(
  at: Coordinate,
  kind: EventKind,
  payload: Uint8Array,
  options?: DraftOptions,
): Draft {
  requireKind(kind)
  requireBytes(payload)
  return new EncodedDraft(at, kind, copyBytes(payload, 0, payload.length), options)
}

/**
 * Names item `index` of the same batch as a cause.
 * @throws RangeError unless `index` is a whole number from 0
 */
export function prior(index: number): PriorItem {
  if (!Number.isSafeInteger(index) || index < 0) {
    throw new RangeError(`prior: expected the index of an earlier item, got ${String(index)}`)
  }
  return Object.freeze({ prior: index })
}

/** What `causedBy` asked for; undefined when it was not given. */
export type Cause = Uint32Array | PriorItem | 'none' | undefined

export class EncodedDraft implements Draft {
  readonly at: Coordinate
  readonly kind: EventKind
  readonly #payload: Uint8Array
  #request: AppendRequest
  #cause: Cause

  constructor(at: Coordinate, kind: EventKind, payload: Uint8Array, options?: DraftOptions) {
    if (typeof at !== 'object' || at === null) {
      throw new TypeError(`at must be { entity, scope }, got ${describeType(at)}`)
    }
    this.at = frozen(at)
    this.kind = kind
    this.#payload = payload
    if (options === undefined) {
      this.#request = PLAIN_REQUEST
      this.#cause = undefined
    } else {
      checkOptionNames('draft options', options, NAMES)
      const { causedBy, ...rest } = options
      this.#request = readAppendOptions(rest)
      this.#cause = readCause(causedBy)
    }
    Object.freeze(this)
  }

  get payloadBytes(): Uint8Array {
    return this.#payload.slice()
  }

  /** The same event with another request and, unless the draft names its own, another cause. */
  static with(draft: EncodedDraft, request: AppendRequest, cause: Cause): EncodedDraft {
    const other = new EncodedDraft(draft.at, draft.kind, draft.#payload)
    other.#request = request
    other.#cause = draft.#cause ?? cause
    return other
  }

  static payload(draft: EncodedDraft): Uint8Array {
    return draft.#payload
  }

  static request(draft: EncodedDraft): AppendRequest {
    return draft.#request
  }

  static cause(draft: EncodedDraft): Cause {
    return draft.#cause
  }
}

let lastAt: Coordinate = Object.freeze({ entity: '', scope: '' })

/** A copy of `at`; drafts that follow one another usually share theirs. */
function frozen(at: Coordinate): Coordinate {
  const { entity, scope } = at
  if (entity !== lastAt.entity || scope !== lastAt.scope) {
    lastAt = Object.freeze({ entity, scope })
  }
  return lastAt
}

/** @throws TypeError naming the argument unless `value` came from `draft` or `draftBytes` */
export function requireDraft(name: string, value: unknown): EncodedDraft {
  if (value instanceof EncodedDraft) return value
  throw new TypeError(`${name} must be made by draft or draftBytes, got ${describeType(value)}`)
}

function encoded(type: AnyEventType, value: unknown): Uint8Array {
  if (!(type instanceof DefinedEvent)) return foreignBytes(type, value).slice()
  const scratch = takeScratch()
  try {
    type.encodeInto(scratch, value)
    const payload = uninitializedBytes(scratch.pos)
    payload.set(scratch.view(0, scratch.pos))
    return payload
  } finally {
    returnScratch(scratch)
  }
}

function readCause(causedBy: CausedBy | undefined): Cause {
  if (causedBy === undefined) return undefined
  if (causedBy === 'none') return 'none'
  if (typeof causedBy === 'string') return idWords('causedBy', causedBy)
  if (typeof causedBy === 'object' && causedBy !== null && 'prior' in causedBy) {
    return prior(causedBy.prior)
  }
  const got = describeType(causedBy)
  throw new TypeError(`causedBy must be prior(index), an id or 'none', got ${got}`)
}

// `expected` passes here although its type forbids it: the batch refuses it and can say which item.
const NAMES: ReadonlySet<string> = new Set([
  ...[...APPEND_OPTION_NAMES].filter((name) => name !== 'causationId' && name !== 'until'),
  'causedBy',
])
