/** Event types: a name, a kind, and how a payload becomes a value and back. */
import { decodePayload } from '../encoding/payload-decode.ts'
import { encodePayload } from '../encoding/payload-encode.ts'
import { encodedBytes } from '../encoding/scratch.ts'
import type { Writer } from '../encoding/writer.ts'
import { StoreError } from '../errors.ts'
import type { KindCollision } from '../errors/fields.ts'
import { checkOptionNames, describeType } from '../options.ts'
import type { StoredEvent } from '../read/entry.ts'
import { kind, kindParts, type EventKind } from './kind.ts'
import { formatIssuePath, type StandardResult, type StandardSchema } from './standard-schema.ts'

/**
 * A declared event: `T` is what reading gives, `In` what appending takes.
 */
export interface EventType<T, In = T> {
  readonly name: string
  readonly kind: EventKind
  /**
   * The payload bytes that an append of `value` would store.
   * @throws StoreError `ValidationFailed`, `Serialization`, `InvalidUnicode`
   */
  encode(value: In): Uint8Array
  /** True for events of this kind, whether or not they decode. */
  is(event: { readonly kind: EventKind }): event is StoredEvent<T>
  /**
   * The value of an event of this kind: stored form, then `upcast`, then the schema.
   * @throws StoreError `KindMismatch` for another kind, `DecodeFailure` when it does not decode
   */
  decode(event: StoredEvent): T
  /** As `decode`, but undefined for another kind. @throws StoreError `DecodeFailure` */
  route(event: StoredEvent): T | undefined
}

export type AnyEventType = EventType<unknown, never>

interface Definition {
  /** For messages and collision reports. */
  readonly name: string
  /** 0x1-0xC, 0xE or 0xF. */
  readonly category: number
  /** 0x000-0xFFF. */
  readonly typeId: number
  /** Turns an older stored form into the present one, before the schema sees it. */
  readonly upcast?: (stored: unknown) => unknown
}

/**
 * Declares an event type. With a Standard Schema, appends must satisfy it and are stored as given;
 * its defaults and transforms act on reading. Without one `T` is taken on trust.
 *
 * @throws RangeError for a category or type id that is reserved or out of range
 */
export function defineEvent<T>(
  definition: Definition & { readonly schema?: undefined },
): EventType<T>
export function defineEvent<In, Out>(
  definition: Definition & { readonly schema: StandardSchema<In, Out> },
): EventType<Out, In>
export function defineEvent(
  definition: Definition & { readonly schema?: StandardSchema | undefined },
): EventType<unknown> {
  checkOptionNames('defineEvent', definition, DEFINITION_NAMES)
  const { name, category, typeId, schema, upcast } = definition
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`defineEvent: name must be a non-empty string, got ${describeType(name)}`)
  }
  if (upcast !== undefined && typeof upcast !== 'function') {
    throw new TypeError(`defineEvent: upcast must be a function, got ${describeType(upcast)}`)
  }
  if (schema !== undefined && typeof schema?.['~standard']?.validate !== 'function') {
    throw new TypeError(
      'defineEvent: schema must implement Standard Schema v1 (a "~standard" property)',
    )
  }
  return new DefinedEvent(name, kind(category, typeId), schema, upcast)
}

/** Every pair of different types that claim one kind; listing a type twice is none. */
export function findKindCollisions(types: readonly AnyEventType[]): readonly KindCollision[] {
  if (!Array.isArray(types)) {
    throw new TypeError(`types must be an array of event types, got ${describeType(types)}`)
  }
  const first = new Map<number, AnyEventType>()
  const collisions: KindCollision[] = []
  for (const type of types) {
    const other = first.get(type.kind)
    if (other === undefined) first.set(type.kind, type)
    else if (other.name !== type.name) {
      const { category, typeId } = kindParts(type.kind)
      collisions.push({ category, typeId, firstTypeName: other.name, secondTypeName: type.name })
    }
  }
  return collisions
}

/** The implementation behind `defineEvent`; append encodes through it without an extra copy. */
export class DefinedEvent implements EventType<unknown> {
  readonly name: string
  readonly kind: EventKind
  readonly #schema: StandardSchema | undefined
  readonly #upcast: ((stored: unknown) => unknown) | undefined

  constructor(
    name: string,
    eventKind: EventKind,
    schema: StandardSchema | undefined,
    upcast: ((stored: unknown) => unknown) | undefined,
  ) {
    this.name = name
    this.kind = eventKind
    this.#schema = schema
    this.#upcast = upcast
  }

  encodeInto(out: Writer, value: unknown): void {
    if (this.#schema !== undefined) {
      const result = validate(this.name, this.#schema, value)
      if (result.issues !== undefined) throw this.#refused(result.issues)
    }
    encodePayload(out, value)
  }

  encode(value: unknown): Uint8Array {
    return encodedBytes((out) => this.encodeInto(out, value))
  }

  is(event: { readonly kind: EventKind }): event is StoredEvent {
    return event.kind === this.kind
  }

  decode(event: StoredEvent): unknown {
    if (event.kind !== this.kind) {
      throw new StoreError('KindMismatch', { expected: this.kind, got: event.kind })
    }
    return this.decodeBytes(event.payloadBytes, event)
  }

  /** Decodes the payload of `event`, which is only looked at when that fails. */
  decodeBytes(
    payload: Uint8Array,
    event: Pick<StoredEvent, 'kind' | 'eventId' | 'entity'>,
  ): unknown {
    try {
      const stored = decodePayload(payload)
      const current = this.#upcast === undefined ? stored : this.#upcast(stored)
      if (this.#schema === undefined) return current
      const result = validate(this.name, this.#schema, current)
      if (result.issues !== undefined) throw this.#refused(result.issues)
      return result.value
    } catch (cause) {
      if (cause instanceof AsynchronousSchema) throw cause
      const { kind: eventKind, eventId, entity } = event
      throw new StoreError('DecodeFailure', { kind: eventKind, eventId, entity }, { cause })
    }
  }

  route(event: StoredEvent): unknown {
    return event.kind === this.kind ? this.decode(event) : undefined
  }

  #refused(issues: readonly { readonly message: string }[]): StoreError {
    return new StoreError('ValidationFailed', {
      typeName: this.name,
      issues: issues.map((issue) => ({ message: issue.message, path: formatIssuePath(issue) })),
    })
  }
}

const DEFINITION_NAMES: ReadonlySet<string> = new Set([
  'name',
  'category',
  'typeId',
  'schema',
  'upcast',
])

/** Internal: to callers a TypeError; a class of its own, because `decode` wraps every other error. */
class AsynchronousSchema extends TypeError {}

function validate(name: string, schema: StandardSchema, value: unknown): StandardResult<unknown> {
  const result = schema['~standard'].validate(value)
  if (typeof (result as { then?: unknown } | undefined)?.then === 'function') {
    throw new AsynchronousSchema(
      `the schema of ${name} is asynchronous; batpak needs one that answers at once`,
    )
  }
  return result as StandardResult<unknown>
}
