// Batches, written by both in one directory: whole, refused, and cut short by a kill at each point.

import assert from 'node:assert/strict'
import { cpSync } from 'node:fs'
import { test } from 'node:test'

import { agree } from '../agree.mjs'
import { play, SIDES } from '../sides.mjs'
import { append, batch, item, key, life, numberOf, op, written } from '../steps.mjs'
import { tally } from '../tally.mjs'
import { withDirectory } from '../view.mjs'

const other = (side) => SIDES.find((name) => name !== side)

/** Batches of each form; numbers and keys start at `n`. */
function program(n) {
  return [
    append(n, 'order:1', { key: key(n) }),
    batch([
      item(n + 1, 'order:1', { key: key(n + 1), extensions: { 'app.item': 'ff0080' } }),
      item(n + 2, 'order:1', { key: key(n + 2), prior: 0 }),
      item(n + 3, 'order:2', { key: key(n + 3), prior: 1, flags: 3 }),
    ]),
    batch([item(n + 4, 'order:3', { causation: key(n), lane: 1, depth: 2 })]),
    batch([item(n + 5, 'order:1'), item(n + 6, 'order:4', { prior: 0 })], {
      reaction: { correlation: key(900), causation: key(n) },
    }),
    append(n + 7, 'order:2'),
  ]
}

function numbers(rows) {
  return written(rows).map(numberOf)
}

for (const first of SIDES) {
  for (const end of ['close', 'drop', 'exit']) {
    test(`batches alternate, ${first} first, each ended by ${end}: all items, in order (W-73)`, () =>
      withDirectory((dir) => {
        const expected = []
        for (let turn = 0; turn < 4; turn += 1) {
          const side = turn % 2 === 0 ? first : other(first)
          const n = 10 * turn
          const results = play(side, dir, life(program(n), end))
          assert.deepEqual(
            results.filter(({ error }) => error),
            [],
          )
          for (let i = 0; i < 8; i += 1) expected.push(n + i)
          const { ours } = agree(dir, `turn ${turn} by ${side}`)
          assert.deepEqual(numbers(ours), expected)
          const of = (number) => ours.find((row) => numberOf(row) === number && row.kind === 0xa001)
          assert.equal(of(n + 2).causationId, of(n + 1).eventId)
          assert.equal(of(n + 3).causationId, of(n + 2).eventId)
          assert.equal(of(n + 4).causationId, key(n))
          assert.equal(of(n + 5).causationId, key(n))
          assert.equal(of(n + 6).correlationId, key(900))
          // D-10: the reference writes no flags of batch items.
          assert.equal(of(n + 3).flags, side === 'rust' ? 0 : 3)
          tally('batches written and read by both sides', 3)
        }
      }))
  }
}

/** Refusals: the step, the variant, that of its cause. */
const REFUSED = [
  [batch([item(50, 'a', { key: key(50) }), item(51, 'a')]), 'IdempotencyPartialBatch'],
  [
    batch([item(1, 'a', { key: key(1) }), item(50, 'a', { key: key(50) })]),
    'IdempotencyPartialBatch',
  ],
  [batch([item(50, 'a', { payload: '01'.repeat(600) })]), 'BatchItemTooLarge'],
  [batch([1, 2, 3, 4, 5].map((n) => item(n + 50, 'a'))), 'BatchFailed', 'Configuration'],
  [
    batch([50, 51, 52].map((n) => item(n, 'a', { payload: '01'.repeat(400) }))),
    'BatchFailed',
    'Configuration',
  ],
  [batch([item(50, 'a'), item(51, 'a', { cas: 0 })]), 'BatchFailed', 'Configuration'],
]
const LIMITS = { singleAppendMaxBytes: 500, batchMaxSize: 4, batchMaxBytes: 1024 }

for (const side of SIDES) {
  test(`refused batches leave nothing, and the other side goes on: ${side} (W-66, W-76)`, () =>
    withDirectory((dir) => {
      const first = append(1, 'a', { key: key(1) })
      const steps = [first, ...REFUSED.map(([step]) => step), append(2, 'a')]
      const results = play(side, dir, life(steps, 'exit', LIMITS)).slice(2, -2)
      for (const [i, [, variant, cause]] of REFUSED.entries()) {
        assert.equal(results[i].error?.variant, variant, `refusal ${i}`)
        if (cause) assert.equal(results[i].error.source.variant, cause, `refusal ${i}`)
      }
      assert.deepEqual(numbers(agree(dir, 'after refusals').ours), [1, 2])
      play(other(side), dir, life([batch([item(3, 'a'), item(4, 'a')])], 'exit'))
      const { ours } = agree(dir, 'the other side went on')
      assert.deepEqual(numbers(ours), [1, 2, 3, 4])
      assert.deepEqual(
        written(ours).map((row) => row.clock),
        [0, 1, 2, 3],
      )
    }))
}

/** Points of a batch of three, in order, and how many of its items a reader sees when it dies there. */
const POINTS = [
  ['BatchStart', undefined, 0],
  ['BatchBeginWritten', undefined, 0],
  ['BatchItemWritten', 0, 0],
  ['BatchItemWritten', 1, 0],
  ['BatchItemWritten', 2, 0],
  ['BatchItemsComplete', undefined, 0],
  ['BatchCommitWritten', undefined, 3],
  ['BatchFsync', undefined, 3],
  ['BatchPrePublish', undefined, 3],
]

for (const victim of SIDES) {
  for (const [at, index, items] of POINTS) {
    const where = index === undefined ? at : `${at} ${index}`
    test(`a ${victim} process killed at ${where}: ${items} of 3 items, whoever goes on (W-75, W-167)`, () =>
      withDirectory((dir) => {
        const three = [2, 3, 4].map((n) => item(n, 'order:1', { key: key(n) }))
        const steps = [
          append(1, 'order:1'),
          op('arm', { at, item: index, do: 'kill' }),
          batch(three),
        ]
        const results = play(victim, dir, life(steps, 'exit'))
        assert.equal(results.length, 3, 'the batch was not answered')
        const survivors = items === 3 ? [1, 2, 3, 4] : [1]
        const { ours } = agree(dir, 'after the kill')
        assert.deepEqual(numbers(ours), survivors)
        for (const next of SIDES) {
          const copy = `${dir}-${next}`
          continued(dir, copy, next, survivors, items)
        }
        tally('batches killed at a point, continued by both sides')
      }))
  }
}

/** `next` takes over a copy: retries the batch, is killed; then ours heals, and both see everything. */
function continued(dir, copy, next, survivors, items) {
  play(next, copyDirectory(dir, copy), [
    op('open'),
    append(5, 'order:2'),
    batch([2, 3, 4].map((n) => item(n, 'order:1', { key: key(n) }))),
    append(6, 'order:1'),
    op('exit'),
  ])
  const expected = [...survivors, 5, ...(items === 3 ? [] : [2, 3, 4]), 6]
  // What the reference continues it does not heal: it is shown a healed copy (D-25).
  const { ours } = agree(copy, `continued by ${next}`, { healed: true })
  assert.deepEqual(numbers(ours), expected)
}

function copyDirectory(from, to) {
  cpSync(from, to, { recursive: true })
  return to
}
