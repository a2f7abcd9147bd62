/**
 * How a value of a report body becomes canonical bytes, and how two of them are ordered.
 *
 * A body's shape is declared once, field by field in the order of the format; the bytes and the order
 * of findings both follow from it.
 */
import { encodedBytes } from '../encoding/scratch.ts'
import type { Writer } from '../encoding/writer.ts'
import { StoreError, isStoreError } from '../errors.ts'

export interface Shape<T> {
  /** True when a map has no entry for an undefined value; else it is nil there. */
  readonly omitted?: true
  /** Appends the MessagePack of `value`. */
  write(out: Writer, value: T): void
  /** Negative, zero or positive, as the format orders findings. */
  compare(a: T, b: T): number
}

/** Internal: `encodeShape` makes a StoreError of it. */
export class Unencodable extends Error {
  /** From the inside out: every container adds where in it the value stands. */
  readonly path: string[] = []
}

/**
 * The canonical bytes of a value: MessagePack with named fields in the order of the format.
 *
 * @throws StoreError `BodyEncoding` naming the field whose value the format cannot hold
 */
export function encodeShape<T>(shape: Shape<T>, value: T): Uint8Array {
  try {
    return encodedBytes((out) => shape.write(out, value))
  } catch (error) {
    if (error instanceof Unencodable) {
      const where = error.path.reverse().join('').replace(/^\./, '')
      throw new StoreError('BodyEncoding', { reason: `${where || 'body'} ${error.message}` })
    }
    if (!isStoreError(error, 'InvalidUnicode')) throw error
    throw new StoreError('BodyEncoding', { reason: error.message }, { cause: error })
  }
}

/** Runs `write` for the part of a container that stands at `where` in it. */
export function within(where: string, write: () => void): void {
  try {
    write()
  } catch (error) {
    if (error instanceof Unencodable) error.path.push(where)
    throw error
  }
}
