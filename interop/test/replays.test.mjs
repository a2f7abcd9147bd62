// Idempotency keys written by one side and repeated by either: single, batch, denial, compare-and-swap.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { agree } from '../agree.mjs'
import { play, SIDES } from '../sides.mjs'
import { append, batch, denial, item, key, life, op } from '../steps.mjs'
import { tally } from '../tally.mjs'
import { wholeReceipt, claimVerdict } from '../verdicts.mjs'
import { withDirectory } from '../view.mjs'

const [OLD, NEW] = ['07'.repeat(32), '09'.repeat(32)]
const EXTENSIONS = { 'app.audit': '00c8ff' }
const pair = (more = {}) =>
  batch([item(4, 'order:2', { key: key(4), ...more }), item(5, 'order:3', { key: key(5) })])

const FIRST = [
  append(1, 'order:1', { key: key(1), extensions: EXTENSIONS, lane: 3, depth: 9 }),
  append(2, 'order:1', { key: key(2), cas: 0 }),
  denial(3, 'order:1', { key: key(3), extensions: EXTENSIONS }),
  pair({ extensions: EXTENSIONS }),
]

/** Each repeats a write of FIRST in another place, with other content. */
const AGAIN = {
  'a single append': [append(1, 'elsewhere', { key: key(1), kind: 0xffff, scope: 'x' }), [1]],
  'a single append by a batch of one': [batch([item(1, 'elsewhere', { key: key(1) })]), [1]],
  'a batch': [pair({ scope: 'x', kind: 0xffff }), [4, 5]],
  'one item of a batch by a single append': [append(5, 'elsewhere', { key: key(5) }), [5]],
  'a batch in another order': [
    batch([item(5, 'a', { key: key(5) }), item(4, 'a', { key: key(4) })]),
    [5, 4],
  ],
  'a denial': [denial(3, 'elsewhere', { key: key(3), gates: [] }), [3]],
  'a denial by a single append': [append(3, 'elsewhere', { key: key(3) }), [3]],
  'a single append by a denial': [denial(1, 'elsewhere', { key: key(1) }), [1]],
  'several writes by a batch': [
    batch([1, 2, 3].map((n) => item(n, 'a', { key: key(n) }))),
    [1, 2, 3],
  ],
}

const printed = ({ receipt, receipts }) => receipts ?? [receipt]

for (const writer of SIDES) {
  for (const repeater of SIDES) {
    for (const end of ['close', 'exit']) {
      test(`keys that ${writer} wrote, repeated by ${repeater} after ${end} (W-60 … W-62)`, () =>
        withDirectory((dir) => {
          const written = play(writer, dir, life(FIRST, end, { signingKeys: [OLD] }))
          const originals = new Map(
            written.flatMap(printed).flatMap((one) => (one ? [[one.eventId, one]] : [])),
          )
          const { ours: before } = agree(dir, `written by ${writer}`)
          const steps = Object.values(AGAIN).map(([step]) => step)
          const results = play(repeater, dir, life(steps, 'exit', { signingKeys: [OLD, NEW] }))
          for (const [i, [what, [, numbers]]] of Object.entries(AGAIN).entries()) {
            const receipts = printed(results[i + 1])
            assert.deepEqual(
              receipts.map((one) => one?.eventId),
              numbers.map(key),
              what,
            )
            for (const receipt of receipts) {
              repeated(receipt, originals.get(receipt.eventId), what)
              const row = before.find(({ eventId }) => eventId === receipt.eventId)
              const claim = wholeReceipt(receipt, row)
              assert.equal(claimVerdict(claim, [NEW]), 'signed', `${what}: signed by the new key`)
            }
          }
          const { ours: after } = agree(dir, `repeated by ${repeater}`)
          assert.deepEqual(after.slice(0, -1), before, 'only an OPEN event is new')
          tally('replays across sides, nothing written', steps.length)
        }))
    }
  }
}

function repeated(receipt, original, what) {
  for (const field of ['sequence', 'contentHash', 'extensions', 'position']) {
    assert.deepEqual(receipt[field], original[field], `${what}: ${field}`)
  }
  assert.notEqual(receipt.keyId, original.keyId, `${what}: signed afresh`)
  if ('replayed' in receipt) assert.equal(receipt.replayed, true, what)
}

for (const writer of SIDES) {
  test(`refusals of repeated keys are those of the writer's side, whoever wrote them: ${writer} (W-66)`, () =>
    withDirectory((dir) => {
      play(writer, dir, life(FIRST, 'exit'))
      const mixed = [
        batch([item(4, 'a', { key: key(4) }), item(9, 'a', { key: key(9) })]),
        batch([item(4, 'a', { key: key(4) }), item(9, 'a')]),
      ]
      for (const repeater of SIDES) {
        for (const { error } of play(repeater, dir, life(mixed, 'exit')).slice(1, -1)) {
          assert.equal(error?.variant, 'IdempotencyPartialBatch')
        }
      }
      assert.equal(agree(dir, 'after refusals').ours.filter(({ kind }) => kind !== 8).length, 5)
    }))

  test(`a key of ${writer} under a cut write is free, one before it is known (W-65)`, () =>
    withDirectory((dir) => {
      const arm = op('arm', { at: 'BatchItemWritten', item: 0, do: 'kill' })
      play(writer, dir, life([append(1, 'a', { key: key(1) }), arm, pair()], 'exit'))
      for (const repeater of SIDES) {
        play(repeater, dir, life([append(1, 'a', { key: key(1) }), pair()], 'exit'))
        const { ours } = agree(dir, `repeated by ${repeater}`, { healed: true })
        assert.deepEqual(
          ours.filter(({ kind }) => kind !== 8).map(({ eventId }) => eventId),
          [1, 4, 5].map(key),
        )
      }
    }))
}

for (const writer of SIDES) {
  test(`compare-and-swap on an entity that ${writer} wrote, in two scopes (W-44, W-45)`, () =>
    withDirectory((dir) => {
      const first = [0, 1, 2].map((n) => append(n, 'a', { scope: `scope ${n % 2}` }))
      play(writer, dir, life([...first, append(3, 'b')], 'exit'))
      let head = 2
      for (const swapper of SIDES) {
        const wrong = ['empty', head - 2, head - 1, head + 1, head + 2]
        const steps = [
          ...wrong.map((cas) => append(90, 'a', { cas })),
          append(10 + head, 'a', { cas: head }),
          append(90, 'a', { cas: head }),
          append(20 + head, `new of ${swapper}`, { cas: 'empty' }),
        ]
        const results = play(swapper, dir, life(steps, 'close')).slice(1, -1)
        const refused = [...wrong.map(() => 'SequenceMismatch'), undefined, 'SequenceMismatch']
        assert.deepEqual(
          results.map(({ error }) => error?.variant),
          [...refused, undefined],
        )
        head += 1
        const { ours } = agree(dir, `swapped by ${swapper}`)
        const clocks = ours.filter(({ entity }) => entity === 'a').map(({ clock }) => clock)
        assert.deepEqual(
          clocks,
          Array.from({ length: head + 1 }, (_, i) => i),
        )
        tally('compare-and-swaps on what the other side wrote', steps.length)
      }
    }))
}
