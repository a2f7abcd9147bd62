// What both implementations say of a receipt.

import assert from 'node:assert/strict'

import { core, receipts } from './packages.mjs'
import { play } from './sides.mjs'
import { op } from './steps.mjs'
import { tally } from './tally.mjs'
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

/**
 * Judges the same receipts by the reference, in a copy that it opens for writing. `config` adds options
 * of its open.
 */
export function theirVerdicts(dir, all, seeds, config = {}) {
  const steps = all.map((receipt) => {
    const json = receipts.receiptToJson(receipt)
    const { type, eventId, sequence, contentHash, keyId, signature = null, extensions } = json
    return op('verify', { type, eventId, sequence, contentHash, keyId, signature, extensions })
  })
  const open = op('open', { config: { ...config, signingKeys: seeds } })
  const [opened, ...said] = play('rust', copyOf(dir, 'verify'), [open, ...steps, op('exit')])
  assert.equal(opened.error, undefined, JSON.stringify(opened))
  return said.slice(0, -1).map(({ outcome, reason, error }) => {
    if (error) throw new Error(JSON.stringify(error))
    return reason === undefined ? outcome : snake(reason)
  })
}

/**
 * What the reference must say where `expected` is right: it refuses receipts whose extensions its
 * index has lost (DEV-15), which its dump tells.
 */
export function withLostExtensions(theirRows, all, expected) {
  const bare = new Set(
    theirRows.filter((row) => Object.keys(row.extensions).length === 0).map((row) => row.eventId),
  )
  return all.map((receipt, i) => {
    if (receipt.extensions.size === 0 || !bare.has(receipt.eventId)) return expected[i]
    tally('listed difference: DEV-15 (receipts that the reference then refuses)')
    return 'extensions_mismatch'
  })
}

function verdict({ outcome, reason }) {
  return reason ?? outcome
}

const snake = (name) => name.replace(/(?<=[a-z])(?=[A-Z])/g, '_').toLowerCase()
