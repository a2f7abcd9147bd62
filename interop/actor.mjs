// Runs the steps of a script on this implementation, as `batpak-interop script` does on the
// reference: same steps in, one JSON line per step out. See README.md for the steps.
// Usage: node actor.mjs DIR < STEPS

import { readFileSync, writeSync } from 'node:fs'

import { core, gates, receipts, testing } from './packages.mjs'
import { regionOf } from './regions.mjs'

const dir = process.argv[2]
const types = new Map()

const state = { store: undefined, fence: undefined, pending: [], config: {}, trap: undefined }
function act(step) {
  if (step.op === 'exit') return { exited: true }
  if (step.op === 'open') return open(step)
  if (state.store === undefined) return { error: { variant: 'NotOpen' } }
  return actions[step.op](step)
}

function open({ config }) {
  if (config !== undefined) state.config = config
  state.store = core.Store.open({ dataDir: dir, ...optionsOf(state.config) })
  const { openReport } = state.store.diagnostics()
  return { opened: true, healed: openReport.healed }
}

const actions = {
  append: (step) => written(one(step)),
  batch: (step) => written(many(step)),
  denial: (step) => ({ receipt: plain(denied(step)) }),
  sync: () => (state.store.sync(), { synced: true }),
  arm: ({ op: _op, ...trap }) => ((state.trap = trap), { armed: true }),
  fence: () => {
    state.fence = state.store.beginFence()
    state.pending = []
    return { fenced: true }
  },
  commit: () => (state.fence.publish(), settled()),
  cancel: () => (state.fence.cancel(), settled()),
  cursor: delivered,
  close: () => ended(() => state.store.close()),
  drop: () => ended(() => testing.abandon(state.store)),
}

function written(result) {
  if (Array.isArray(result)) return { receipts: result.map(plain) }
  if ('receipt' in result) return { pending: state.pending.push(result) - 1 }
  return { receipt: plain(result) }
}

function one(step) {
  const at = { entity: step.entity, scope: step.scope }
  const options = optionsOfEvent(step)
  const through = step.unfenced || !state.fence ? state.store : state.fence
  if (step.payload !== undefined) {
    return through.appendBytes(at, step.kind, Buffer.from(step.payload, 'hex'), options)
  }
  return through.append(at, typeOf(step.kind), step.value, options)
}

function many({ items, reaction, unfenced }) {
  const drafts = items.map(draftOf)
  if (reaction) {
    const ids = { correlationId: reaction.correlation, causationId: reaction.causation }
    return state.store.appendReactions(ids, drafts)
  }
  const through = unfenced || !state.fence ? state.store : state.fence
  return through.appendBatch(drafts)
}

function draftOf(item) {
  const at = { entity: item.entity, scope: item.scope }
  const { causationId, ...options } = optionsOfEvent(item)
  if (item.prior !== undefined) options.causedBy = core.prior(item.prior)
  else if (causationId !== undefined) options.causedBy = causationId
  if (item.payload !== undefined) {
    return core.draftBytes(at, item.kind, Buffer.from(item.payload, 'hex'), options)
  }
  return core.draft(at, typeOf(item.kind), item.value, options)
}

function denied(step) {
  const at = { entity: step.entity, scope: step.scope }
  const set = gates.gateSet(step.gates.map((name) => gates.gate(name, () => undefined)))
  const { gate, message, code, context } = step.deny
  const denial = gates.deny(gate, message, { code, ...(context ? { context } : {}) })
  const options = optionsOfEvent(step)
  if (step.proposedContentHash !== undefined) {
    options.contentHash = Buffer.from(step.proposedContentHash, 'hex')
  }
  if (step.pipelineId !== undefined) options.pipelineId = step.pipelineId
  return state.store.appendDenial(at, step.proposedKind, set, denial, options)
}

function ended(end) {
  end()
  state.store = undefined
  return { ended: true, ...settled() }
}

function settled() {
  const { pending } = state
  state.fence = undefined
  state.pending = []
  const answer = (one) => {
    try {
      const receipt = one.receipt()
      return { receipts: (Array.isArray(receipt) ? receipt : [receipt]).map(plain) }
    } catch (error) {
      return { error: refusal(error) }
    }
  }
  return { settled: pending.map(answer) }
}

/** As a durable worker of the reference: batch by batch, committed, up to the present end or `max`. */
function delivered({ id, region, batchSize = 1, max = Infinity }) {
  const cursor = state.store.cursor(regionOf(region ?? {}), { checkpoint: id })
  try {
    const sequences = []
    while (sequences.length < max) {
      const batch = cursor.pollBatch(batchSize)
      if (batch.length === 0) break
      sequences.push(...batch.map(({ sequence }) => sequence))
      cursor.commit()
    }
    return { delivered: sequences }
  } finally {
    cursor[Symbol.dispose]()
  }
}

function typeOf(kind) {
  let type = types.get(kind)
  if (type === undefined) {
    const { category, typeId } = core.kindParts(kind)
    type = core.defineEvent({ name: `Kind${kind}`, category, typeId })
    types.set(kind, type)
  }
  return type
}

function optionsOfEvent(step) {
  const options = {}
  if (step.cas !== undefined) options.expected = step.cas
  if (step.key !== undefined) options.idempotencyKey = step.key
  if (step.correlation !== undefined) options.correlationId = step.correlation
  if (step.causation !== undefined) options.causationId = step.causation
  if (step.lane !== undefined || step.depth !== undefined) {
    options.position = { lane: step.lane ?? 0, depth: step.depth ?? 0 }
  }
  if (step.flags !== undefined) options.flags = step.flags
  if (step.until !== undefined) options.until = step.until
  if (step.extensions !== undefined) {
    const bytes = Object.entries(step.extensions)
    options.extensions = new Map(bytes.map(([key, hex]) => [key, Buffer.from(hex, 'hex')]))
  }
  return options
}

/** Options of the reference in ours; index files are not written by this version. */
function optionsOf(config) {
  const { mmapIndex: _m, checkpoint: _c, groupCommitMaxBatch, signingKeys, clock, ...rest } = config
  return {
    ...rest,
    ...(groupCommitMaxBatch > 1 ? { requireIdempotencyKeys: true } : {}),
    ...(signingKeys ? { signingKeys: signingKeys.map((seed) => Buffer.from(seed, 'hex')) } : {}),
    ...(clock ? { clock: ticking(clock) } : {}),
  }
}

function ticking({ startUs, stepUs = 0 }) {
  let now = startUs - stepUs
  return {
    nowUs: () => (now += stepUs),
    nowWallNs: () => BigInt(now) * 1000n,
    nowMonoNs: () => process.hrtime.bigint(),
    processBootNs: 0n,
  }
}

/** Answers the armed point once. */
function sprung(point) {
  const { trap } = state
  if (trap?.at !== point.at || (trap.item ?? point.itemIndex) !== point.itemIndex) return undefined
  state.trap = undefined
  return trap.do === 'kill' ? 'kill' : new Error(`armed: ${point.at}`)
}

function plain(receipt) {
  const { diskPos, signature = null, ...rest } = receipts.receiptToJson(receipt)
  return { ...rest, signature, position: diskPos }
}

function refusal(error) {
  if (!core.isStoreError(error)) return { variant: error.name, message: error.message }
  const { message, itemIndex, priorIdx, index, expected, actual } = error
  const cause = error.cause instanceof Error ? { source: refusal(error.cause) } : {}
  return { variant: error.code, message, itemIndex, priorIdx, index, expected, actual, ...cause }
}

// Last, because the tables above must exist.
testing.installHooks({ inject: sprung })

for (const [index, step] of JSON.parse(readFileSync(0, 'utf8')).entries()) {
  let line
  try {
    line = act(step)
  } catch (error) {
    line = { error: refusal(error) }
  }
  writeSync(1, `${JSON.stringify({ ...line, step: index, op: step.op })}\n`)
  if (step.op === 'exit') process.kill(process.pid, 'SIGKILL')
}
if (state.store !== undefined) testing.abandon(state.store)
