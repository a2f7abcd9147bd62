// Defects of core that the crash simulator has found, each as the smallest program that shows it.
// `it.fails`: the day one is repaired its test turns red, and with it go the entries in
// test/support/scenarios.ts that let the suites pass.
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
    replayProgram({ suite: 'known defect', version: 1, steps }, app)
    return 'none'
  } catch (error) {
    return error instanceof LawViolation ? error.law : String(error)
  }
}

const crash = (lastWrite: Json): JsonObject => ({ do: 'crash', model: 'ordered', lastWrite })

// A footer and the frames that it names are covered by one and the same fsync. When the power is lost
// before it, the footer's page may be on disk and those of the frames not: the open believes the
// footer, lists the events and cannot read them (log-writer.ts: rotation and finish sync only behind
// the footer; footer.ts: entries are believed without a look at their frames).
it.fails('a footer that reached the disk without its frames is not believed (L-READ)', () => {
  expect(lawBroken([append, { do: 'close' }, crash('only')])).toBe('none')
})

// After `kill -9` the next open reads what the page cache holds, and goes on behind it without a sync
// of the segment it has read. When the power is lost later, those events are gone although the
// frontier called them durable; events that were acknowledged as durable since then get other
// sequences and a broken chain (open.ts: no fsync of the last segment before the new one).
it.fails('what an open has recovered survives the next loss of power (L-DUR)', () => {
  const lost: JsonObject = { do: 'crash', model: 'ordered' }
  expect(lawBroken([append, { do: 'kill' }, { do: 'open' }, durable, lost])).toBe('none')
})

// A batch that a loss of power has cut, its length grown and its end zeros: when the cut lies within
// the last 15 bytes of a frame, the frame is taken for damage, whatever zeros follow behind it, and
// the store does not open (tail.ts: only the last 16 bytes of the frame itself are looked at).
it.fails('a torn frame with zeros behind it is healed wherever it was cut (L-OPEN)', () => {
  const batch: JsonObject = { do: 'batch', n: [2, 3] }
  const BEGIN_BYTES = 329
  const steps = [append, { do: 'sync' }, batch, crash({ keep: BEGIN_BYTES - 5, rest: 'zero' })]
  expect(lawBroken(steps)).toBe('none')
})

// An open that creates the store's directory never makes the directory's own name durable: where only
// fsync promises anything, all of it is gone after a loss of power (open.ts: mkdirp without a sync
// of the parents).
it.fails(
  'a directory that the open has created is still there after a loss of power (L-DUR)',
  () => {
    expect(lawBroken([durable, { do: 'crash', model: 'posix' }], { directory: 'missing' })).toBe(
      'none',
    )
  },
)

// A rename that fails although it was done, as over a network: the new segment keeps its name, and
// every later try to create it is refused with EEXIST until the store is reopened
// (durable-files.ts: what is undone is the temporary name alone).
it.fails('a store writes on after a rename that was done and reported as failed (L-CONT)', () => {
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
