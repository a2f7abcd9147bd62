/**
 * batpak's own store beside a model in memory.
 * Harness pattern: State-Machine Harness.
 * PROVES: whatever is done to a store, in any order and over any number of closes, kills and reopens, it shows exactly the events that a simple model says, with the same numbers, clocks, chains, receipts and frontiers.
 * CATCHES: M09 M10 M26 M29 M30 M33 M45; a fence that shows or loses what it holds, a key that is forgotten, a batch that is applied in part.
 * SEEDED: programs and options from the suite's name; BATPAK_SEED changes them, BATPAK_RUNS makes more, a failure prints the smallest program and the line that repeats it.
 */
import { Store } from '@batpak/core'
import { storeSuite, type StoreReport } from '@batpak/testkit'
import { afterAll, expect, test } from 'vitest'

const marks = [
  'append.replayed',
  'batch.replayed',
  'fence.cancelled',
  'fence.published',
  'restore.footer',
  'restore.scan',
  'segment.rotated',
] as const

const unsigned = storeSuite(test, 'core', {
  open: (env, config) => Store.open({ ...config, platform: env.platform }),
  marks,
})

const signed = storeSuite(test, 'core signed', {
  open: (env, config) =>
    Store.open({ ...config, platform: env.platform, signingKeys: [new Uint8Array(32).fill(7)] }),
  runs: 10,
  realRuns: 1,
})

/** Where a generator that no longer reaches something would go unnoticed. */
const REACHED = `
  append, appendCas, appendKeyed, appendKeyed (replayed), appendReactions, tooLarge,
  batch, batch of several, batchKeyed, batchKeyed (replayed), batchBadCausation, batchTooLarge,
  fence.begin, fence.append, fence.batch, fence.publish, fence.cancel, fence.dispose,
  outbox.stage, outbox.flush, outbox.dispose, fence.outbox.flush,
  group, sync, syncAsync, waitFor, tick forward, tick backward,
  entries, page, ancestors, causes, project, get,
  guard (permitted), guard (denied), appendDenial, openSecond,
  open, reopen after close, reopen after dispose, reopen after abandon, reopen after kill,
  refused: Configuration, refused: BatchItemTooLarge, refused: BatchFailed,
  refused: IdempotencyConflict, refused: IdempotencyPartialBatch, refused: IdempotencyRequired,
  refused: SequenceMismatch, refused: VisibilityFenceActive, refused: VisibilityFenceNotActive`

test('every command was executed, and every refusal was met', () => {
  if (process.env['BATPAK_REPLAY'] !== undefined) return
  for (const name of REACHED.trim().split(/,\s+/)) {
    expect(unsigned.commands[name], name).toBeGreaterThan(0)
  }
})

afterAll(() => {
  if (process.env['BATPAK_RUNS'] === undefined) return
  console.log([...figures('core', unsigned), ...figures('core signed', signed)].join('\n'))
})

function figures(name: string, { runs, commands, marks: reached }: StoreReport): string[] {
  const rows = Object.entries(commands).sort(([a], [b]) => (a < b ? -1 : 1))
  return [
    `${name}: ${runs} runs, marks ${reached.join(' ')}`,
    ...rows.map(([command, count]) => `${String(count).padStart(8)}  ${command}`),
  ]
}
