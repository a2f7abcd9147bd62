/** Time without clocks: turns of the event loop. */

/** Lets everything run that is ready, a few turns over. */
export async function turns(count = 5): Promise<void> {
  for (let i = 0; i < count; i += 1) await new Promise(setImmediate)
}

/** Turns until `ready`; fails after many. */
export async function until(ready: () => boolean): Promise<void> {
  for (let i = 0; i < 2000; i += 1) {
    if (ready()) return
    await new Promise(setImmediate)
  }
  throw new Error('it did not come')
}

/** What a promise rejects with; a test that expects a failure fails when there is none. */
export async function rejection(promise: Promise<unknown>): Promise<unknown> {
  try {
    await promise
  } catch (error) {
    return error
  }
  throw new Error('expected a rejection')
}
