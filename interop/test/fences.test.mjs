// Visibility fences of both in one directory: published, cancelled, left open at each kind of end.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { agree } from '../agree.mjs'
import { cut, framesOf, lastSegment } from '../segments.mjs'
import { play, SIDES } from '../sides.mjs'
import { append, batch, denial, item, key, life, numberOf, op, written } from '../steps.mjs'
import { tally } from '../tally.mjs'
import { copyOf, withDirectory } from '../view.mjs'

const other = (side) => SIDES.find((name) => name !== side)
const numbers = (rows) => written(rows).map(numberOf)
const rangesOf = (dir) => readFileSync(join(dir, 'visibility_ranges.fbv')).toString('hex')

/** Four events under a fence, two of them in a batch. */
function fenced(n) {
  return [
    op('fence'),
    append(n, 'order:1'),
    append(n + 1, 'order:1'),
    batch([
      item(n + 2, 'order:1', { key: key(n + 2) }),
      item(n + 3, 'order:9', { key: key(n + 3) }),
    ]),
  ]
}

/** How a fence ends, and whether its events are seen then. */
const ENDS = {
  'published, then closed': { steps: [op('commit')], end: 'close', seen: true },
  'published, then killed': { steps: [op('commit')], end: 'exit', seen: true },
  'cancelled, then closed': { steps: [op('cancel')], end: 'close', seen: false },
  'cancelled, then killed': { steps: [op('cancel')], end: 'exit', seen: false },
  // The reference only queues a fenced write: the sync waits until it is in the file.
  'open at a kill (W-92, D9)': { steps: [op('sync')], end: 'exit', seen: true },
  'open at a close (W-90)': { steps: [], end: 'close', seen: false },
}

for (const [what, { steps, end, seen }] of Object.entries(ENDS)) {
  for (const first of SIDES) {
    test(`a fence ${what}, ${first} first, then both in turn (W-85 … W-88)`, () =>
      withDirectory((dir) => {
        const expected = []
        for (let turn = 0; turn < 3; turn += 1) {
          const side = turn % 2 === 0 ? first : other(first)
          const n = 20 * turn + 1
          const base = [append(n, 'order:1'), append(n + 1, 'order:2')]
          const after = end === 'exit' && steps[0].op !== 'sync' ? [append(n + 9, 'order:1')] : []
          const program = [...base, ...fenced(n + 2), ...steps, ...after]
          const results = play(side, dir, life(program, end))
          assert.deepEqual(
            results.filter(({ error }) => error),
            [],
          )
          checkSettled(results, steps)
          expected.push(n, n + 1)
          if (seen) expected.push(n + 2, n + 3, n + 4, n + 5)
          if (after.length > 0) expected.push(n + 9)
          const { ours } = agree(dir, `${what}, turn ${turn} by ${side}`)
          assert.deepEqual(numbers(ours), expected)
          if (side === 'typescript') continuous(ours, n)
        }
        tally('fences ended and read by both sides', 3)
      }))
  }
}

/** What became of the receipts of fenced writes. */
function checkSettled(results, steps) {
  const settled = results.findLast((line) => line.settled?.length > 0)?.settled
  if (steps[0]?.op === 'sync') {
    assert.equal(settled, undefined)
    return
  }
  assert.equal(settled.length, 3)
  const published = steps[0]?.op === 'commit'
  for (const { receipts, error } of settled) {
    if (published) assert.ok(receipts.length > 0)
    else assert.equal(error.variant, 'VisibilityFenceCancelled')
  }
}

/** W-91: clocks and links of what we wrote go on from the newest event that is not cancelled. */
function continuous(rows, from) {
  for (const [i, row] of rows.entries()) {
    if (!(numberOf(row) >= from)) continue
    const before = rows.slice(0, i).findLast(({ entity }) => entity === row.entity)
    assert.equal(row.clock, before ? before.clock + 1 : 0, `clock of event ${numberOf(row)}`)
    assert.equal(row.prevHash, before?.eventHash ?? '00'.repeat(32), `link of ${numberOf(row)}`)
    tally('links of TypeScript events checked')
  }
}

for (const side of SIDES) {
  test(`beside a fence every write is refused alike: ${side} (W-84)`, () =>
    withDirectory((dir) => {
      const beside = [
        append(7, 'order:1', { unfenced: true }),
        batch([item(7, 'order:1')], { unfenced: true }),
        batch([item(7, 'order:1')], { reaction: { correlation: key(1), causation: key(2) } }),
        denial(7, 'order:1'),
        op('fence'),
      ].filter(({ reaction }) => side === 'typescript' || !reaction)
      const program = [op('fence'), append(1, 'order:1'), ...beside, op('sync'), op('commit')]
      const results = play(side, dir, life(program, 'exit')).slice(3, 3 + beside.length)
      for (const { error } of results) assert.equal(error?.variant, 'VisibilityFenceActive')
      assert.deepEqual(numbers(agree(dir, 'after refusals').ours), [1])
    }))

  test(`hidden ranges of both are merged, whoever wrote them: ${side} last (W-87)`, () =>
    withDirectory((dir) => {
      const hide = (n, after) => [...fenced(n), op('cancel'), append(n + 9, 'order:2', after)]
      play(other(side), dir, life([append(1, 'order:2'), ...hide(2)], 'exit'))
      const copy = copyOf(dir, 'twin')
      for (const [where, by] of [
        [dir, side],
        [copy, other(side)],
      ]) {
        play(by, where, life([...hide(20), op('fence'), op('cancel'), ...hide(40)], 'exit'))
      }
      assert.equal(rangesOf(dir), rangesOf(copy))
      tally('hidden ranges files compared byte for byte')
      assert.deepEqual(numbers(agree(dir, 'two cancels').ours), [1, 11, 29, 49])
    }))

  test(`the keys of cancelled events are free again on the other side of ${side} (W-68)`, () =>
    withDirectory((dir) => {
      play(side, dir, life([...fenced(1), op('cancel')], 'close'))
      const again = [
        append(3, 'order:1', { key: key(3) }),
        batch([item(4, 'order:9', { key: key(4) })]),
      ]
      const results = play(other(side), dir, life(again, 'exit'))
      assert.equal(results[1].receipt.eventId, key(3))
      assert.equal(results[2].receipts[0].eventId, key(4))
      const { ours } = agree(dir, 'keys used again')
      assert.deepEqual(numbers(ours), [3, 4])
    }))

  test(`a hidden range that lost its events is clipped, then the reference opens (23.12, W-93): ${side}`, () =>
    withDirectory((dir) => {
      play(side, dir, life([append(1, 'order:1'), ...fenced(2), op('cancel')], 'exit'))
      const frames = framesOf(lastSegment(dir))
      const start = frames.findIndex(({ bytes }) => bytes.includes('event 2 of'))
      const at = start < 0 ? frames[2].offset : frames[start].offset
      cut(dir, at)
      const [refused] = play('rust', copyOf(dir, 'refused'), [op('open'), op('exit')])
      assert.equal(refused.error?.variant, 'InvariantViolation')
      const [opened] = play('typescript', dir, life([append(5, 'order:1')], 'exit'))
      assert.deepEqual(
        opened.healed.map(({ reason }) => reason),
        ['HiddenRangesBeyondLog'],
      )
      play('rust', dir, life([append(6, 'order:1')], 'exit'))
      assert.deepEqual(numbers(agree(dir, 'after the clip').ours), [1, 5, 6])
      tally('listed difference: 23.12 (hidden range beyond the log)')
    }))
}
