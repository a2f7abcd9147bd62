// The reference reads what this implementation wrote, however the writer ended.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { test } from 'node:test'

import { dump, run, script } from '../driver.mjs'
import { chains, copyOf, rowsOf, view, withDirectory, writerScript } from '../view.mjs'

export function write(dir, shape, end) {
  const { status, signal, stderr } = spawnSync(process.execPath, [writerScript, dir, shape, end], {
    encoding: 'utf8',
  })
  if (end === 'kill') assert.equal(signal, 'SIGKILL', stderr)
  else assert.equal(status, 0, stderr)
}

for (const shape of ['single', 'options', 'non-ascii', 'payloads', 'segments']) {
  for (const end of ['close', 'abandon', 'kill']) {
    test(`${shape}, ended by ${end}: same rows, sequences, clocks, hashes, bytes and chains`, () =>
      withDirectory((dir) => {
        write(dir, shape, end)
        const theirs = dump(copyOf(dir), '--walk', '1000', '--verify')
        const ours = view(dir)
        assert.deepEqual(ours, rowsOf(theirs))
        assert.ok(ours.length > 6)
        const walks = Object.fromEntries(theirs.entities.map((e) => [e.entity, e]))
        for (const [entity, ids] of Object.entries(chains(dir))) {
          assert.deepEqual(walks[entity].chain.findings, [], entity)
          assert.equal(walks[entity].chain.checkedCount, ids.length, entity)
          // The reference's walk stops at payloads without a JSON form.
          if (shape !== 'payloads') assert.deepEqual(walks[entity].ancestors, ids, entity)
        }
      }))
  }
}

test('the reference appends to a store of ours, and both read the result alike', () =>
  withDirectory((dir) => {
    write(dir, 'segments', 'kill')
    const before = view(dir)
    const receipts = run('append', dir, '--n', '5', '--prefix', 'order:1').receipts
    assert.equal(receipts.length, 5)
    const after = view(dir)
    assert.deepEqual(after.slice(0, before.length), before)
    assert.deepEqual(after, rowsOf(dump(copyOf(dir))))
    assert.deepEqual(after, rowsOf(dump(copyOf(dir), '--no-artifacts')))
  }))

test('the reference answers a known key of ours with our event', () =>
  withDirectory((dir) => {
    write(dir, 'options', 'close')
    const row = view(dir).find((r) => r.entity === 'order:1')
    const [, appended] = script(dir, [
      { op: 'open' },
      {
        op: 'append',
        entity: row.entity,
        scope: row.scope,
        kind: row.kind,
        payload: row.payload,
        key: row.eventId,
      },
      { op: 'close' },
    ])
    assert.equal(appended.receipt.sequence, row.globalSequence)
    assert.equal(appended.receipt.contentHash, row.contentHash)
  }))
