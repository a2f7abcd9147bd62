// This implementation reads what the reference writes, live; the committed stores are read by the
// ordinary tests.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { dump, run, script } from '../driver.mjs'
import { core } from '../packages.mjs'
import { copyOf, rowsOf, view, withDirectory } from '../view.mjs'

const shapes = [
  'clean',
  'no-artifacts',
  'dropped',
  'killed',
  'killed-after-clean',
  'many-segments',
  'batches',
  'extensions',
  'causation-graph',
  'non-ascii',
  'payload-shapes',
  'idempotent',
  'reopened',
  'denial',
  'fence-cancelled',
]

for (const shape of shapes) {
  test(`a fresh ${shape} store reads alike on both sides`, () =>
    withDirectory((dir) => {
      assert.equal(run('write', dir, shape, '--seed', '7').error, undefined)
      const theirs = rowsOf(dump(copyOf(dir), '--no-artifacts'))
      assert.deepEqual(view(dir), theirs)
    }))
}

test('a key of the reference is known here after a kill, and its receipt is replayed', () =>
  withDirectory((dir) => {
    const key = '018bcfe5680070008000000000000abc'
    const step = { op: 'append', entity: 'e:1', scope: 's', kind: 0xa001, value: { n: 1 }, key }
    const [, appended] = script(dir, [{ op: 'open' }, step, { op: 'exit' }])
    const Order = core.defineEvent({ name: 'Order', category: 0xa, typeId: 1 })
    const store = core.Store.open({ dataDir: dir })
    try {
      const at = { entity: 'e:1', scope: 's' }
      const options = { idempotencyKey: core.IdempotencyKey.fromHex(key), onReplay: 'verify' }
      const receipt = store.append(at, Order, { n: 1 }, options)
      assert.equal(receipt.replayed, true)
      assert.equal(receipt.sequence, appended.receipt.sequence)
      assert.equal(Buffer.from(receipt.contentHash).toString('hex'), appended.receipt.contentHash)
    } finally {
      store.close()
    }
  }))
