/** Iterators over row walks: lazy, and ended by closing the store. */
import type { Engine } from '../engine.ts'

/**
 * An iterable iterator from a function that gives the next item or undefined. Once the store is
 * closed it ends.
 */
export function storeIterator<T>(engine: Engine, next: () => T | undefined): IterableIterator<T> {
  let ended = false
  return {
    [Symbol.iterator](): IterableIterator<T> {
      return this
    },
    next(): IteratorResult<T> {
      const value = ended || engine.closed ? undefined : next()
      ended = value === undefined
      return value === undefined ? { done: true, value } : { done: false, value }
    },
    return(): IteratorResult<T> {
      ended = true
      return { done: true, value: undefined }
    },
  }
}
