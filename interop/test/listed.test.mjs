// The listed differences of the write side (docs/divergences.md), asserted for both sides, and what
// each leaves for the other.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { agree } from '../agree.mjs'
import { dump } from '../driver.mjs'
import { framesOf, lastSegment } from '../segments.mjs'
import { play, SIDES } from '../sides.mjs'
import { KIND, append, batch, denial, item, key, life, numberOf, op, written } from '../steps.mjs'
import { tally } from '../tally.mjs'
import { copyOf, rowsOf, view, withDirectory } from '../view.mjs'

const numbers = (rows) => written(rows).map(numberOf)
const clocks = (rows, entity) => rows.filter((row) => row.entity === entity).map((row) => row.clock)
const open = op('open')
const kill = op('exit')

/** Runs the same steps on both sides, in a directory each, and gives the results without the open. */
function both(dir, steps, end = 'exit') {
  return SIDES.map((side) => {
    const own = `${dir}-${side}`
    const results = play(side, own, life(steps, end)).slice(1)
    return { side, dir: own, results, error: (i) => results[i].error?.variant }
  })
}

function listed(ids, what, run) {
  test(`${ids}: ${what}`, () =>
    withDirectory(async (dir) => {
      await run(dir)
      tally(`listed difference: ${ids}`)
    }))
}

listed('W-44, D-5', 'an expected clock of 0 holds for an empty entity on one side only', (dir) => {
  const [theirs, ours] = both(dir, [
    append(1, 'a', { cas: 0 }),
    append(2, 'b'),
    append(3, 'b', { cas: 'empty' }),
  ])
  assert.equal(theirs.error(0), undefined)
  assert.equal(theirs.error(2), undefined)
  assert.equal(ours.error(0), 'SequenceMismatch')
  assert.equal(ours.error(2), 'SequenceMismatch')
})

listed(
  'W-64, D-6',
  'a repeated compare-and-swap with its key is answered on one side only',
  (dir) => {
    const swap = append(2, 'a', { cas: 0, key: key(2) })
    const [theirs, ours] = both(dir, [append(1, 'a'), swap, swap])
    assert.equal(theirs.error(2), 'SequenceMismatch')
    assert.equal(ours.results[2].receipt.replayed, true)
  },
)

listed(
  'W-67, D-7',
  'equal keys in one batch are refused, or both committed under one id',
  (dir) => {
    const twins = batch([item(1, 'a', { key: key(1) }), item(2, 'b', { key: key(1) })])
    const [theirs, ours] = both(dir, [twins])
    assert.equal(ours.error(0), 'IdempotencyPartialBatch')
    assert.deepEqual(numbers(agree(ours.dir, 'ours').ours), [])
    assert.equal(theirs.error(0), undefined)
    // By id only the later one is found there; here each row is its own event.
    assert.deepEqual(numbers(rowsOf(dump(copyOf(theirs.dir)))), [2, 2])
    assert.deepEqual(numbers(view(theirs.dir)), [1, 2])
  },
)

listed('W-68, D-9', 'a key pending under a fence is known on one side only', (dir) => {
  const one = () => batch([item(1, 'a', { key: key(1) })])
  const [theirs, ours] = both(dir, [op('fence'), one(), one(), op('commit')])
  const sequences = ({ results }) => results[3].settled.map(({ receipts }) => receipts[0].sequence)
  assert.deepEqual(sequences(ours), [1, 1])
  assert.deepEqual(sequences(theirs), [1, 2])
  assert.deepEqual(numbers(agree(ours.dir, 'ours').ours), [1])
  assert.deepEqual(numbers(view(theirs.dir)), [1, 1])
})

listed('W-43, D-3', 'a batch refused for its causes uses up sequences on one side only', (dir) => {
  const bad = batch([item(2, 'a'), item(3, 'a', { prior: 1 })])
  const [theirs, ours] = both(dir, [append(1, 'a'), bad, append(4, 'a')])
  for (const { results } of [theirs, ours]) {
    assert.equal(results[1].error.variant, 'BatchFailed')
    assert.equal(results[1].error.source.variant, 'InvalidCausation')
  }
  assert.equal(ours.results[2].receipt.sequence, 2)
  assert.equal(theirs.results[2].receipt.sequence, 4)
  // Killed, so nothing on disk has the numbers: both count, and the receipt of the reference is void.
  for (const { dir: own } of [theirs, ours]) {
    const rows = agree(own, 'after the kill').ours
    assert.deepEqual(
      rows.map((row) => row.globalSequence),
      [0, 1, 2],
    )
  }
})

listed('W-43, D-3', 'burned sequences in a footer are kept by both', (dir) => {
  const bad = batch([item(2, 'a'), item(3, 'a', { prior: 1 })])
  play('rust', dir, life([append(1, 'a'), bad, append(4, 'a')], 'drop'))
  play('typescript', dir, life([append(5, 'a')], 'close'))
  const { ours } = agree(dir, 'continued by TypeScript')
  assert.deepEqual(
    ours.map((row) => row.globalSequence),
    [0, 1, 4, 5, 6, 7],
  )
})

for (const at of ['BatchBeginWritten', 'BatchItemWritten', 'BatchItemsComplete']) {
  listed('W-77, D-4', `a write that failed at ${at} is undone on one side only`, (dir) => {
    const three = batch([2, 3, 4].map((n) => item(n, 'a')))
    const arm = op('arm', { at, do: 'fail' })
    const singles = [5, 6].map((n) => append(n, 'a'))
    const [theirs, ours] = both(dir, [append(1, 'a'), arm, three, ...singles])
    for (const { results } of [theirs, ours]) assert.ok(results[2].error)
    assert.deepEqual(numbers(agree(ours.dir, 'ours').ours), [1, 5, 6])
    // There the open BEGIN swallows what was acknowledged after it: both see that alike.
    const lost = agree(theirs.dir, 'theirs').ours
    assert.ok(numbers(lost).length < 3, JSON.stringify(numbers(lost)))
    const { ours: healed } = agree(theirs.dir, 'theirs, healed by ours', { healed: true })
    assert.deepEqual(numbers(healed), numbers(lost))
  })
}

listed('W-91, D-1', 'clocks restart under a fence and after a cancel on one side only', (dir) => {
  const steps = [
    append(1, 'a'),
    op('fence'),
    append(2, 'a'),
    append(3, 'a'),
    op('commit'),
    append(4, 'a'),
    append(5, 'b'),
    op('fence'),
    append(6, 'b'),
    op('cancel'),
    append(7, 'b'),
  ]
  const [theirs, ours] = both(dir, steps)
  const rows = agree(ours.dir, 'ours').ours
  assert.deepEqual(clocks(rows, 'a'), [0, 1, 2, 3])
  assert.deepEqual(clocks(rows, 'b'), [0, 1])
  const their = agree(theirs.dir, 'theirs').ours
  assert.deepEqual(clocks(their, 'a').slice(0, 3), [0, 1, 0])
  assert.deepEqual(clocks(their, 'b'), [0, 0])
  // Whoever goes on in the other's directory keeps to its own rule.
  play('typescript', theirs.dir, [open, append(8, 'b'), kill])
  assert.deepEqual(clocks(agree(theirs.dir, 'ours went on').ours, 'b'), [0, 0, 1])
})

listed('W-83, D-17', 'a fence checks the size of batch items on one side only', (dir) => {
  const big = batch([item(1, 'a', { payload: '01'.repeat(600) })])
  const steps = [op('fence'), big, op('commit')]
  const [theirs, ours] = SIDES.map((side) =>
    play(side, `${dir}-${side}`, life(steps, 'close', { singleAppendMaxBytes: 500 })),
  )
  assert.equal(ours[2].error?.variant, 'BatchItemTooLarge')
  assert.equal(theirs[2].error, undefined)
  assert.equal(
    agree(`${dir}-rust`, 'theirs').ours.find((row) => row.kind === 0xa001).length > 600,
    true,
  )
})

listed('W-22, D-11', 'kinds of the library are refused on one side only', (dir) => {
  const kinds = [0x8, 0xf, 0xffe]
  const [theirs, ours] = both(
    dir,
    kinds.map((kind, i) => append(i, 'a', { kind, payload: 'c0', value: undefined })),
  )
  for (const i of kinds.keys()) {
    assert.equal(ours.error(i), 'ReservedKind')
    assert.equal(theirs.error(i), undefined)
  }
  assert.equal(agree(theirs.dir, 'theirs').ours.length, 4)
})

listed('W-13, D-12', 'coordinates of the library are refused on one side only', (dir) => {
  const steps = [
    append(1, 'batpak:store', { scope: 'batpak:lifecycle' }),
    batch([item(2, '_batch', { scope: '_system' })]),
  ]
  const [theirs, ours] = both(dir, steps)
  assert.equal(ours.error(0), 'ReservedCoordinate')
  assert.equal(ours.error(1), 'ReservedCoordinate')
  assert.deepEqual(numbers(agree(theirs.dir, 'theirs').ours), [1, 2])
})

listed('W-124', 'a gate name that is not ASCII is refused, or stored in hex', (dir) => {
  const [theirs, ours] = both(dir, [denial(1, 'a', { gates: ['é'] })])
  assert.equal(ours.error(0), 'RangeError')
  assert.equal(theirs.error(0), undefined)
  const [row] = written(agree(theirs.dir, 'theirs').ours)
  assert.match(Buffer.from(row.payload, 'hex').toString('latin1'), /invalid:c3a9/)
})

listed('D15', 'a fenced write is in the file when it returns on one side only', (dir) => {
  // Read from the reference's own words: a ticket is pending. Only ours is certain at a kill.
  const [, ours] = both(dir, [op('fence'), append(1, 'a')])
  assert.deepEqual(numbers(agree(ours.dir, 'ours').ours), [1])
})

listed('–', 'the markers of a batch have clock readings of their own on one side only', (dir) => {
  const config = { clock: { startUs: 1_700_000_000_000_000, stepUs: 1000 } }
  const times = SIDES.map((side) => {
    play(side, `${dir}-${side}`, life([batch([item(1, 'a'), item(2, 'a')])], 'exit', config))
    const frames = framesOf(lastSegment(`${dir}-${side}`)).slice(-4)
    const at = (frame) => frame.bytes.indexOf('timestamp_us') + 'timestamp_us'.length + 1
    return new Set(frames.map((frame) => frame.bytes.readBigUInt64BE(at(frame)))).size
  })
  assert.deepEqual(times, [3, 1])
})

test('W-122: a denial without pipeline and content hash is the same event on both sides', () =>
  withDirectory((dir) => {
    const bare = denial(1, 'a', { pipelineId: undefined, proposedContentHash: undefined })
    const [theirs, ours] = both(dir, [bare])
    const [a, b] = [theirs, ours].map((one) => written(view(one.dir))[0].payload)
    assert.equal(b, a)
  }))

test('W-160: a store dropped with its fence open hides the fenced events on both sides', () =>
  withDirectory((dir) => {
    const [theirs, ours] = both(dir, [append(1, 'a'), op('fence'), append(2, 'a')], 'drop')
    assert.deepEqual(numbers(view(theirs.dir)), [1])
    assert.deepEqual(numbers(view(ours.dir)), [1])
  }))

test('W-159: a close under an open fence cancels it and records no close on both sides', () =>
  withDirectory((dir) => {
    const [theirs, ours] = both(dir, [append(1, 'a'), op('fence'), append(2, 'a')], 'close')
    const kinds = ({ dir: own }) => agree(own, 'closed').ours.map((row) => row.kind)
    assert.deepEqual(kinds(theirs), [8, KIND])
    assert.deepEqual(kinds(ours), [8, KIND])
  }))
