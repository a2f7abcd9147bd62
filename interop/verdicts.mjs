// What both implementations say of a receipt.

import assert from 'node:assert/strict'

import { core, receipts } from './packages.mjs'
import { play } from './sides.mjs'
import { op } from './steps.mjs'
import { copyOf } from './view.mjs'

/** A receipt as either side printed it, completed from the row of its event. */
export function wholeReceipt(printed, row) {
  const { eventId, sequence, contentHash, keyId, signature, extensions, position } = printed
  return receipts.receiptFromJson({
    type: row.kind === 0xf ? 'denial' : 'append',
    eventId,
    sequence,
    contentHash,
    keyId,
    extensions,
    ...(signature === null ? {} : { signature }),
    ...(position ? { diskPos: position } : {}),
    clock: row.clock,
    kind: row.kind,
    coordinate: { entity: row.entity, scope: row.scope },
    prevHash: row.prevHash,
    replayed: false,
  })
}

export function publicKeys(seeds) {
  return seeds.map((seed) => receipts.publicKeyOf(Buffer.from(seed, 'hex')))
}

/** Judges without a store: `signed`, `unsigned_accepted` or a reason. */
export function claimVerdict(receipt, seeds) {
  return verdict(receipts.verifyClaim(receipt, publicKeys(seeds)))
}

/** Judges receipts against the store in `dir`, by this implementation. */
export function ourVerdicts(dir, all, seeds) {
  const signingKeys = seeds.map((seed) => Buffer.from(seed, 'hex'))
  const config = seeds.length === 0 ? {} : { signingKeys }
  const store = core.Store.openReadOnly({ dataDir: copyOf(dir, 'verify'), ...config })
  try {
    return all.map((receipt) => verdict(store.verify(receipt)))
  } finally {
    store.close()
  }
}

/** Judges the same receipts by the reference, in a copy that it opens for writing. */
export function theirVerdicts(dir, all, seeds) {
  const steps = all.map((receipt) => {
    const json = receipts.receiptToJson(receipt)
    const { type, eventId, sequence, contentHash, keyId, signature = null, extensions } = json
    return op('verify', { type, eventId, sequence, contentHash, keyId, signature, extensions })
  })
  const open = op('open', { config: { signingKeys: seeds } })
  const [opened, ...said] = play('rust', copyOf(dir, 'verify'), [open, ...steps, op('exit')])
  assert.equal(opened.error, undefined, JSON.stringify(opened))
  return said.slice(0, -1).map(({ outcome, reason, error }) => {
    if (error) throw new Error(JSON.stringify(error))
    return reason === undefined ? outcome : snake(reason)
  })
}

function verdict({ outcome, reason }) {
  return reason ?? outcome
}

const snake = (name) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase()
