// Defects of core that the crash simulator has found, each as the smallest program that showed it.
import { expect, it } from 'vitest'
import { LawViolation, replayProgram, type Json, type JsonObject } from '../../src/index.ts'
import { plainApp } from '../support/scenarios.ts'

const append: JsonObject = { do: 'append', n: 1 }
const durable: JsonObject = { do: 'append', n: 2, until: 'durable' }

/** The law that a program breaks, or `none`. */
function lawBroken(
  steps: readonly JsonObject[],
  { directory, ...options }: { directory?: 'missing'; segmentMaxBytes?: number } = {},
): string {
  const app = { ...plainApp(options), ...(directory && { directory }) }
  try {
    replayProgram({ suite: 'found defect', version: 1, steps }, app)
    return 'none'
  } catch (error) {
    return error instanceof LawViolation ? error.law : String(error)
  }
}

const crash = (lastWrite: Json): JsonObject => ({ do: 'crash', model: 'ordered', lastWrite })

// Frames and footer were covered by one fsync: a footer alone on the disk was believed.
it('a footer that reached the disk without its frames is not believed (L-READ)', () => {
  expect(lawBroken([append, { do: 'close' }, crash('only')])).toBe('none')
})

// The open read the page cache of a killed process and went on behind it without a sync.
it('what an open has recovered survives the next loss of power (L-DUR)', () => {
  const lost: JsonObject = { do: 'crash', model: 'ordered' }
  expect(lawBroken([append, { do: 'kill' }, { do: 'open' }, durable, lost])).toBe('none')
})

// Fewer than 16 zeros at the end of a frame were damage, whatever zeros followed.
it('a torn frame with zeros behind it is healed wherever it was cut (L-OPEN)', () => {
  const batch: JsonObject = { do: 'batch', n: [2, 3] }
  const BEGIN_BYTES = 329
  const steps = [append, { do: 'sync' }, batch, crash({ keep: BEGIN_BYTES - 5, rest: 'zero' })]
  expect(lawBroken(steps)).toBe('none')
})

// The name of a new directory was never synced.
it('a directory that the open has created is still there after a loss of power (L-DUR)', () => {
  expect(lawBroken([durable, { do: 'crash', model: 'posix' }], { directory: 'missing' })).toBe(
    'none',
  )
})

// What was undone was the temporary name alone, and the next try was refused with EEXIST.
it('a store writes on after a rename that was done and reported as failed (L-CONT)', () => {
  const late: JsonObject = { call: 'rename', nth: 1, error: { late: 'EIO' } }
  const steps = [
    { ...append, pad: 2000 },
    { do: 'fault', plans: [late] },
    { ...durable, fails: 'Io' },
    { do: 'append', n: 3 },
  ]
  expect(lawBroken(steps, { segmentMaxBytes: 2000 })).toBe('none')
})

it('the same programs without their twist break no law', () => {
  expect(lawBroken([append, { do: 'close' }, { do: 'crash', model: 'ordered' }])).toBe('none')
  expect(lawBroken([append, { do: 'kill' }, { do: 'open' }, durable, { do: 'kill' }])).toBe('none')
  expect(lawBroken([durable, { do: 'crash', model: 'posix' }])).toBe('none')
  expect(lawBroken([durable, { do: 'crash', model: 'ordered' }], { directory: 'missing' })).toBe(
    'none',
  )
})
