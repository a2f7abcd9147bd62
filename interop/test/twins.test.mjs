// One program, run by both implementations in a directory each, with keys and a clock that stands
// still: the frames must be the same bytes.

import assert from 'node:assert/strict'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { framesOf, segmentFiles } from '../segments.mjs'
import { play, SIDES } from '../sides.mjs'
import { STILL, append, batch, denial, item, key, life, op } from '../steps.mjs'
import { tally } from '../tally.mjs'
import { withDirectory } from '../view.mjs'

/** Frames in hex, without those of opening and closing: durations and ids differ there. */
function frames(dir) {
  const all = segmentFiles(dir).flatMap(framesOf)
  return all
    .filter(({ kind }) => kind !== 8 && kind !== 9)
    .map(({ bytes }) => bytes.toString('hex'))
}

function ranges(dir) {
  const path = join(dir, 'visibility_ranges.fbv')
  return existsSync(path) ? readFileSync(path).toString('hex') : undefined
}

/** Runs `steps` on both sides; receipts must agree but for positions. */
function twins(steps, use) {
  return withDirectory((dir) => {
    const dirs = SIDES.map((side) => `${dir}-${side}`)
    const [theirs, ours] = SIDES.map((side, i) => play(side, dirs[i], life(steps, 'close', CONFIG)))
    assert.deepEqual(ours.map(shapeOf), theirs.map(shapeOf))
    tally('steps answered alike by both sides', ours.length)
    use(...dirs)
  })
}

const CONFIG = { clock: STILL, signingKeys: ['07'.repeat(32)] }

function shapeOf({ op: name, error, receipt, receipts, settled, pending }) {
  if (error) return { name, error: error.variant, source: error.source?.variant }
  const all = receipts ?? (receipt ? [receipt] : undefined)
  return { name, pending, receipts: all?.map(claim), settled: settled?.map(shapeOf) }
}

const claim = ({ eventId, sequence, contentHash, keyId, signature, extensions }) => ({
  eventId,
  sequence,
  contentHash,
  keyId,
  signature,
  extensions,
})

const keyed = (n, entity, more = {}) => append(n, entity, { key: key(n), ...more })
const keyedItem = (n, entity, more = {}) => item(n, entity, { key: key(n), ...more })
const EXTENSIONS = { 'app.audit': '00c8ff7f80', 'app.trace': '' }

const PROGRAMS = {
  'single appends with every option': [
    keyed(1, 'order:1'),
    keyed(2, 'order:1', { correlation: key(900), causation: key(1), lane: 7, depth: 4294967295 }),
    keyed(3, 'order:2', { flags: 255, extensions: EXTENSIONS, cas: 'empty' }),
    keyed(4, 'order:2', { scope: 'other', kind: 0xffff, cas: 0 }),
  ],
  'batches with causes, extensions, branches and raw bytes (W-73, W-79)': [
    keyed(1, 'order:1'),
    batch([
      keyedItem(2, 'order:1', { causation: key(1), extensions: EXTENSIONS }),
      keyedItem(3, 'order:1', { prior: 0, correlation: key(900), lane: 3, depth: 1 }),
      keyedItem(4, 'order:9', { prior: 1, scope: 'other', kind: 0x1000 }),
    ]),
    batch([keyedItem(5, 'raw', { payload: '' })]),
    batch([keyedItem(6, 'raw', { payload: 'c1ff' }), keyedItem(7, 'raw', { payload: 'cd0001' })]),
    batch([]),
  ],
  'reactions (W-80)': [
    keyed(1, 'order:1'),
    batch([keyedItem(2, 'order:1'), keyedItem(3, 'order:2', { prior: 0 })], {
      reaction: { correlation: key(900), causation: key(1) },
    }),
    batch([keyedItem(4, 'order:2', { correlation: key(901), extensions: EXTENSIONS })], {
      reaction: { correlation: key(900), causation: key(3) },
    }),
  ],
  'denials (W-122, W-123)': [
    denial(1, 'order:1', { key: key(1) }),
    denial(2, 'order:1', { key: key(2), extensions: EXTENSIONS, correlation: key(900), lane: 2 }),
    denial(3, 'order:2', {
      key: key(3),
      gates: [],
      deny: { gate: 'stock', code: '', message: '' },
    }),
    denial(4, 'order:2', {
      key: key(4),
      deny: { gate: 'unknown gate', code: 'é', message: '🦊', context: [['', '']] },
    }),
  ],
  'a fence published, another cancelled (W-86, W-87)': [
    keyed(1, 'order:1'),
    op('fence'),
    batch([keyedItem(2, 'fence:1'), keyedItem(3, 'fence:1')]),
    op('commit'),
    op('fence'),
    batch([keyedItem(4, 'fence:2'), keyedItem(5, 'fence:2')]),
    op('cancel'),
    keyed(6, 'order:1'),
    op('fence'),
    op('commit'),
    op('fence'),
    batch([keyedItem(7, 'fence:3')]),
    op('cancel'),
    keyed(8, 'order:1'),
  ],
  'refusals that write nothing (W-44, W-66, W-84)': [
    keyed(1, 'order:1'),
    keyed(2, 'order:1', { cas: 5 }),
    batch([keyedItem(3, 'order:1'), item(4, 'order:1')]),
    batch([keyedItem(1, 'order:1'), keyedItem(4, 'order:1')]),
    batch([keyedItem(4, 'order:1', { cas: 0 })]),
    op('fence'),
    keyed(5, 'order:1', { unfenced: true }),
    batch([keyedItem(5, 'order:1')], { unfenced: true }),
    denial(5, 'order:1'),
    op('commit'),
    keyed(6, 'order:1'),
  ],
}

for (const [what, steps] of Object.entries(PROGRAMS)) {
  test(`both write the same frames and signatures: ${what}`, () =>
    twins(steps, (theirs, ours) => {
      assert.deepEqual(frames(ours), frames(theirs))
      assert.equal(ranges(ours), ranges(theirs))
      tally('frames compared byte for byte', frames(ours).length)
      tally('hidden ranges files compared byte for byte', ranges(ours) ? 1 : 0)
    }))
}
