// Receipts of both, signed and not, judged by both against the store and by ours without a store.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { agree } from '../agree.mjs'
import { dump } from '../driver.mjs'
import { hasFooter, segmentFiles } from '../segments.mjs'
import { play, SIDES } from '../sides.mjs'
import { append, batch, denial, item, key, life, op } from '../steps.mjs'
import { tally } from '../tally.mjs'
import {
  claimVerdict,
  ourVerdicts,
  theirVerdicts,
  wholeReceipt,
  withLostExtensions,
} from '../verdicts.mjs'
import { copyOf, withDirectory } from '../view.mjs'

const [OLD, NEW, STRANGER] = ['07', '09', '0b'].map((byte) => byte.repeat(32))
const other = (side) => SIDES.find((name) => name !== side)
const EXTENSIONS = { 'app.audit': '00c8ff7f80', 'z.last': '' }

/** Every write that gives receipts: single, batch, reaction, denial, fence. */
function program(n) {
  return [
    append(n, 'order:1', { key: key(n), extensions: EXTENSIONS }),
    append(n + 1, 'order:2'),
    batch([
      item(n + 2, 'order:1', { extensions: { 'app.item': '01' } }),
      item(n + 3, 'order:3', { prior: 0, scope: 'other', kind: 0xffff }),
    ]),
    denial(n + 4, 'order:1', { key: key(n + 4), extensions: EXTENSIONS }),
    denial(n + 5, 'order:4', { gates: [] }),
    op('fence'),
    append(n + 6, 'order:5'),
    batch([item(n + 7, 'order:6', { extensions: EXTENSIONS })]),
    op('commit'),
  ]
}

/** The printed receipts of a run, in order. */
export function printed(results) {
  return results.flatMap((line) => [
    ...(line.receipt ? [line.receipt] : []),
    ...(line.receipts ?? []),
    ...(line.settled ?? []).flatMap(({ receipts = [] }) => receipts),
  ])
}

/** Runs the program and returns its receipts, completed from the rows of both. */
function receiptsOf(side, dir, n, seeds, end = 'close') {
  const all = printed(play(side, dir, life(program(n), end, { signingKeys: seeds })))
  assert.equal(all.length, 8)
  const rows = new Map(agree(dir, `written by ${side}`).ours.map((row) => [row.eventId, row]))
  return all.map((receipt) => wholeReceipt(receipt, rows.get(receipt.eventId)))
}

function judged(dir, receipts, seeds, expected) {
  const all = receipts.map(() => expected)
  assert.deepEqual(ourVerdicts(dir, receipts, seeds), all, 'TypeScript, by the store')
  const { rows } = dump(copyOf(dir, 'dump'))
  const theirs = withLostExtensions(rows, receipts, all)
  assert.deepEqual(theirVerdicts(dir, receipts, seeds), theirs, 'Rust, by the store')
  if (segmentFiles(dir).every(hasFooter)) {
    // Without index files it reads every frame again, and nothing is lost.
    const rebuilding = { mmapIndex: false, checkpoint: false }
    assert.deepEqual(theirVerdicts(dir, receipts, seeds, rebuilding), all, 'Rust, rebuilt')
  }
  tally('receipts judged by both stores', receipts.length)
}

function claimed(receipts, seeds, expected) {
  const said = receipts.map((receipt) => claimVerdict(receipt, seeds))
  assert.deepEqual(
    said,
    receipts.map(() => expected),
    'TypeScript, without a store',
  )
  tally('receipts judged without a store', receipts.length)
}

for (const side of SIDES) {
  for (const end of ['close', 'exit']) {
    test(`receipts that ${side} signed verify everywhere after ${end}, through key rotation (W-129, W-132)`, () =>
      withDirectory((dir) => {
        const first = receiptsOf(side, dir, 100, [OLD], end)
        const second = receiptsOf(other(side), dir, 200, [OLD, NEW], end)
        const third = receiptsOf(side, dir, 300, [NEW], end)
        judged(dir, [...first, ...second, ...third], [OLD, NEW], 'signed')
        judged(dir, [...second, ...third], [NEW], 'signed')
        judged(dir, first, [NEW], 'unknown_signing_key')
        judged(dir, first, [STRANGER, NEW], 'unknown_signing_key')
        judged(dir, first, [], 'unknown_signing_key')
        claimed([...first, ...second, ...third], [NEW, OLD], 'signed')
        claimed(first, [NEW], 'unknown_signing_key')
      }))
  }

  test(`unsigned receipts of ${side} are accepted until a key is configured (W-135)`, () =>
    withDirectory((dir) => {
      const all = receiptsOf(side, dir, 100, [])
      judged(dir, all, [], 'unsigned_accepted')
      judged(dir, all, [OLD], 'unsigned_receipt_rejected')
      claimed(all, [], 'unsigned_accepted')
      claimed(all, [OLD], 'unsigned_receipt_rejected')
    }))

  test(`a changed receipt of ${side} is refused by both with one reason (W-133)`, () =>
    withDirectory((dir) => {
      const all = receiptsOf(side, dir, 100, [OLD])
      for (const receipt of all) {
        const flipped = (name, at = 0) => flip(receipt, name, at)
        for (const [changed, store, claim] of [
          [flipped('signature', 0), 'invalid_signature', 'invalid_signature'],
          [flipped('signature', 63), 'invalid_signature', 'invalid_signature'],
          [flipped('keyId'), 'unknown_signing_key', 'unknown_signing_key'],
          [flipped('contentHash', 31), 'content_hash_mismatch', 'invalid_signature'],
          [
            { ...receipt, sequence: receipt.sequence + 1 },
            'sequence_mismatch',
            'invalid_signature',
          ],
          [
            { ...receipt, extensions: new Map([['app.other', Uint8Array.of(1)]]) },
            'extensions_mismatch',
            'invalid_signature',
          ],
          [without(receipt, 'signature'), 'missing_signature', 'missing_signature'],
          [
            { ...receipt, keyId: new Uint8Array(32) },
            'zero_key_with_signature',
            'zero_key_with_signature',
          ],
          [
            { ...without(receipt, 'signature'), keyId: new Uint8Array(32) },
            'unsigned_receipt_rejected',
            'unsigned_receipt_rejected',
          ],
          [{ ...receipt, eventId: key(999) }, 'missing_committed_event', 'invalid_signature'],
        ]) {
          changes.push([changed, store])
          claimed([changed], [OLD], claim)
        }
        if (receipt.type === 'append') {
          changes.push([{ ...receipt, type: 'denial' }, 'denial_kind_mismatch'])
        }
      }
      const [receipts, expected] = [changes.map(([one]) => one), changes.map(([, said]) => said)]
      assert.deepEqual(ourVerdicts(dir, receipts, [OLD]), expected, 'TypeScript')
      assert.deepEqual(theirVerdicts(dir, receipts, [OLD]), expected, 'Rust')
      tally('changed receipts refused alike by both stores', receipts.length)
      changes.length = 0
    }))
}

const changes = []

function flip(receipt, name, at) {
  const bytes = Uint8Array.from(receipt[name])
  bytes[at] ^= 1
  return { ...receipt, [name]: bytes }
}

function without(receipt, name) {
  const { [name]: _gone, ...rest } = receipt
  return rest
}
