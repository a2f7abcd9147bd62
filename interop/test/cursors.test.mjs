// Durable cursors of both in one directory: each goes on where the other left off, from one file.

import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { play, SIDES } from '../sides.mjs'
import { append, batch, item, life, op, KIND } from '../steps.mjs'
import { tally } from '../tally.mjs'
import { copyOf, withDirectory } from '../view.mjs'

const other = (side) => SIDES.find((name) => name !== side)
const fileOf = (dir, id) => join(dir, 'cursors', `${id}.ckpt`)

const REGIONS = {
  everything: {},
  'a namespace': { entityPrefix: 'order' },
  'a scope and a kind': { scope: 'interop', kind: KIND },
  'a category and clocks': { category: 0xa, clockRange: [1, 4000] },
}

/** Events of several entities, a batch, and a cancelled fence between them. */
function work(turn) {
  const n = 20 * turn
  return [
    append(n, 'order:1'),
    append(n + 1, 'order'),
    append(n + 2, 'orders'),
    op('fence'),
    append(n + 3, 'order:1'),
    append(n + 4, 'order:2'),
    op('cancel'),
    batch([item(n + 5, 'order:1'), item(n + 6, 'order:2:x')]),
    append(n + 7, 'stock'),
  ]
}

const refused = (results) => results.filter(({ error }) => error)
const deliveredOf = (results) => results.flatMap(({ delivered = [] }) => delivered)

for (const [what, region] of Object.entries(REGIONS)) {
  for (const first of SIDES) {
    test(`a cursor over ${what} goes on from side to side, ${first} first (R-83, R-9)`, () =>
      withDirectory((dir) => {
        const seen = []
        for (let turn = 0; turn < 4; turn += 1) {
          const side = turn % 2 === 0 ? first : other(first)
          const cursor = op('cursor', { id: 'both', region, batchSize: 2, max: 4 })
          const results = play(side, dir, life([...work(turn), cursor]))
          assert.deepEqual(refused(results), [])
          seen.push(...deliveredOf(results))
        }
        // The same rest, and the same file, whoever takes it.
        const rest = op('cursor', { id: 'both', region, batchSize: 7 })
        const ends = SIDES.map((side) => {
          const copy = copyOf(dir)
          const results = play(side, copy, life([rest]))
          assert.deepEqual(refused(results), [])
          return [deliveredOf(results), readFileSync(fileOf(copy, 'both')).toString('hex')]
        })
        assert.deepEqual(ends[0], ends[1])
        seen.push(...ends[0][0])
        const anew = op('cursor', { id: 'anew', region, batchSize: 64 })
        const all = SIDES.map((side) => deliveredOf(play(side, copyOf(dir), life([anew]))))
        // What the rest was taken from had one open less.
        assert.deepEqual(all[0], all[1])
        assert.deepEqual(seen, all[0])
        tally('events delivered by durable cursors in turn', seen.length)
      }))
  }
}

test('both refuse a checkpoint that is damaged, of another region, or of none (R-84)', () =>
  withDirectory((dir) => {
    const region = { entityPrefix: 'order' }
    const cursor = op('cursor', { id: 'c', region, max: 1 })
    assert.deepEqual(refused(play('rust', dir, life([append(1, 'order'), cursor]))), [])
    const good = readFileSync(fileOf(dir, 'c'))
    const cases = {
      CursorCheckpointCorrupt: [good.subarray(0, 20), Buffer.alloc(0), Buffer.from([0xc1])],
      CursorCheckpointRegionMismatch: [
        Buffer.from(good.toString('latin1').replace('order|', 'other|'), 'latin1'),
        Buffer.from('82a8706f736974696f6e00a773746172746564c3', 'hex'),
      ],
    }
    mkdirSync(join(dir, 'cursors'), { recursive: true })
    for (const [variant, contents] of Object.entries(cases)) {
      for (const content of contents) {
        writeFileSync(fileOf(dir, 'c'), content)
        for (const side of SIDES) {
          const [refusal] = refused(play(side, copyOf(dir), life([cursor])))
          assert.equal(refusal?.error.variant, variant, `${side}: ${content.toString('hex')}`)
          tally('checkpoints refused by both')
        }
      }
    }
  }))

test('a checkpoint ahead of the log: refused here, passed over silently by the reference (listed)', () =>
  withDirectory((dir) => {
    const cursor = op('cursor', { id: 'c', region: {} })
    play('typescript', dir, life([append(1, 'order'), cursor]))
    const old = copyOf(dir)
    const more = Array.from({ length: 30 }, (_, n) => append(n + 2, 'order'))
    play('typescript', dir, life([...more, cursor]))
    writeFileSync(fileOf(old, 'c'), readFileSync(fileOf(dir, 'c'))) // the store alone is restored
    const [ours] = refused(play('typescript', copyOf(old), life([cursor])))
    assert.equal(ours?.error.variant, 'CursorCheckpointCorrupt')
    const theirs = play('rust', copyOf(old), life([append(99, 'order'), cursor]))
    assert.deepEqual(refused(theirs), [])
    assert.deepEqual(deliveredOf(theirs), [])
  }))
