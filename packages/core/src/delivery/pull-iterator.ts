/** Async iteration over what a function pulls. */

export interface PullIterator<T> extends AsyncIterableIterator<T> {
  return(): Promise<IteratorResult<T>>
  [Symbol.asyncDispose](): Promise<void>
}

/**
 * An async iterator whose `next` calls are answered one after the other. Unlike an async generator's,
 * its `return` does not wait for a pending `next`: it ends it.
 *
 * @param pull the next item, or undefined at the end; what it throws ends the iteration
 * @param end called once at the end, also when nobody pulls any more; must not throw
 */
export function pullIterator<T>(
  pull: () => Promise<T | undefined>,
  end: () => void,
): PullIterator<T> {
  let ended = false
  let queue: Promise<unknown> = Promise.resolve()
  const finish = (): { readonly done: true; readonly value: undefined } => {
    if (!ended) {
      ended = true
      end()
    }
    return { done: true, value: undefined }
  }
  const step = async (): Promise<IteratorResult<T>> => {
    if (ended) return finish()
    try {
      const value = await pull()
      return value === undefined ? finish() : { done: false, value }
    } catch (error) {
      finish()
      throw error
    }
  }
  const iterator: PullIterator<T> = {
    next: () => {
      const result = queue.then(step)
      queue = result.catch(() => undefined) // its caller hears of it
      return result
    },
    return: async () => finish(),
    [Symbol.asyncIterator]: () => iterator,
    [Symbol.asyncDispose]: async () => {
      finish()
    },
  }
  return iterator
}
