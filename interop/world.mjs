// What must be in a directory, whoever wrote it, after each session.

import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'

import { agree } from './agree.mjs'
import { session } from './programs.mjs'
import { appendBytes, BEGIN, COMMIT, cut, cuttable, framesOf, lastSegment } from './segments.mjs'
import { play } from './sides.mjs'
import { key, numberOf, op, written } from './steps.mjs'
import { tally } from './tally.mjs'
import { ourVerdicts, theirVerdicts, wholeReceipt, withLostExtensions } from './verdicts.mjs'
import { copyOf } from './view.mjs'
import { dump } from './driver.mjs'

/**
 * Runs `generations` sessions of both sides in `dir` and compares after each.
 *
 * An event is known by the number in its payload. Its state is `seen` or `gone`: hidden, lost with the
 * tail of a crash, or never written.
 */
export function live(dir, random, generations) {
  const world = { next: 0, events: new Map(), heads: new Map(), receipts: new Map(), tail: 'whole' }
  for (let generation = 0; generation < generations; generation += 1) {
    const side = nextSide(random, world)
    const { config, plan, end } = session(random, world, side)
    const what = `generation ${generation} by ${side}, ended by ${end.how}`
    const steps = [op('open', { config }), ...plan.map(({ step }) => step)]
    const results = play(side, dir, steps)
    assert.equal(results[0].error, undefined, `${what}: ${JSON.stringify(results[0].error)}`)
    learn(world, side, plan, results.slice(1), what)
    world.unhealed = side === 'rust' && world.tail !== 'whole'
    if (!world.unhealed) world.tail = openBatch(dir) ? 'open' : 'whole'
    settle(dir, world, what)
    if (end.end === 'exit' && !world.unhealed && random.odds(0.5)) {
      crash(dir, random, world)
      settle(dir, world, `${what}, then its tail ${world.tail}`)
    }
    tally(`random sessions of ${side}`)
  }
}

/** Damage that the reference cannot open, or may pass over only once, is healed by ours first. */
function nextSide(random, world) {
  if (world.tail === 'zeros' || world.tail === 'beyond' || world.unhealed) return 'typescript'
  return random.pick(['rust', 'typescript'])
}

/** Takes in what a session answered, and checks each answer. */
function learn(world, side, plan, results, what) {
  for (const [i, { step, expect, writes, hides = [], repeats, pending, dies }] of plan.entries()) {
    const result = results[i]
    const where = `${what}, step ${i + 1} ${JSON.stringify(step).slice(0, 300)}`
    if (dies) assert.equal(result, undefined, `${where} was answered: ${JSON.stringify(result)}`)
    else answered(result, expect, pending, where)
    for (const n of writes) world.events.set(n, { state: 'seen', by: side })
    for (const n of hides) world.events.set(n, { state: 'gone', by: side })
    if (dies || expect) continue
    const receipts = receiptsOf(result)
    for (const [j, receipt] of receipts.entries()) {
      const n = (repeats ?? writes)[j]
      if (repeats) again(world, n, receipt, where)
      else world.receipts.set(n, receipt)
    }
  }
}

function answered(result, expect, pending, where) {
  const variant = result?.error?.variant
  if (expect === 'any') assert.ok(variant, `${where} was not refused`)
  else assert.equal(variant, expect, `${where}: ${JSON.stringify(result)}`)
  if (pending) assert.equal(typeof result.pending, 'number', where)
}

function receiptsOf({ receipt, receipts, settled = [] }) {
  if (receipt) return [receipt]
  return receipts ?? settled.flatMap((one) => one.receipts ?? [])
}

function again(world, n, receipt, where) {
  const { row } = world.events.get(n)
  assert.equal(receipt.eventId, key(n), where)
  // Written in this very session: no row is known yet.
  if (row) {
    assert.equal(receipt.sequence, row.globalSequence, where)
    assert.equal(receipt.contentHash, row.contentHash, where)
  }
  tally('random replays')
}

/** Compares the directory on both sides, and with what must be in it. */
function settle(dir, world, what) {
  const healed = world.unhealed || world.tail !== 'whole'
  // A tail that nobody has continued yet is passed over by the reference as well, but for zeros.
  if (healed && !world.unhealed && world.tail !== 'zeros') agree(dir, `${what}, tail not healed`)
  const { ours } = agree(dir, what, { healed })
  const rows = written(ours)
  const expected = [...world.events].filter(([, event]) => event.state === 'seen').map(([n]) => n)
  assert.deepEqual(rows.map(numberOf), expected.sort(numerically), `${what}: events`)
  for (const row of rows) {
    const event = world.events.get(numberOf(row))
    if (event.row) assert.deepEqual(row, event.row, `${what}: an earlier row changed`)
    event.row = row
    event.id = row.eventId
    const receipt = world.receipts.get(numberOf(row))
    if (receipt) sameAs(row, receipt, what)
  }
  world.heads = new Map(rows.map((row) => [row.entity, row.clock]))
  chained(ours, world, what)
  if (!healed) verified(dir, world, what)
}

function sameAs(row, receipt, what) {
  assert.deepEqual(
    [receipt.eventId, receipt.sequence, receipt.contentHash, receipt.extensions, receipt.position],
    [
      row.eventId,
      row.globalSequence,
      row.contentHash,
      row.extensions,
      { segmentId: row.segmentId, offset: row.offset, length: row.length },
    ],
    `${what}: the receipt of event ${numberOf(row)}`,
  )
}

/** W-91 and W-39 of what we wrote: the next clock, the newest hash, and no time before it. */
function chained(rows, world, what) {
  const heads = new Map()
  let wallMs = 0
  for (const row of rows) {
    const by = world.events.get(numberOf(row))?.by
    const before = heads.get(row.entity)
    if (by === 'typescript' && row.kind !== 8 && row.kind !== 9) {
      const n = numberOf(row)
      assert.equal(row.clock, before ? before.clock + 1 : 0, `${what}: clock of event ${n}`)
      assert.equal(row.prevHash, before?.eventHash ?? '00'.repeat(32), `${what}: link of ${n}`)
      assert.ok(row.wallMs >= wallMs, `${what}: time of event ${n}`)
      tally('links of TypeScript events checked')
    }
    heads.set(row.entity, row)
    wallMs = Math.max(wallMs, row.wallMs)
  }
}

/** Every receipt of an event that is seen is judged alike by both, and as its signature wants it. */
function verified(dir, world, what) {
  const rows = [...world.events.values()].filter(({ state, row }) => state === 'seen' && row)
  const known = rows.flatMap(({ row }) => {
    const receipt = world.receipts.get(numberOf(row))
    return receipt ? [wholeReceipt(receipt, row)] : []
  })
  const sample = known.slice(-25)
  const seeds = ['07', '09', '0b'].map((byte) => byte.repeat(32))
  const expected = sample.map(({ signature }) =>
    signature ? 'signed' : 'unsigned_receipt_rejected',
  )
  assert.deepEqual(ourVerdicts(dir, sample, seeds), expected, `${what}: verdicts of TypeScript`)
  const theirs = withLostExtensions(dump(copyOf(dir, 'lost')).rows, sample, expected)
  assert.deepEqual(theirVerdicts(dir, sample, seeds), theirs, `${what}: verdicts of Rust`)
  tally('receipts judged by both stores', sample.length)
}

/** What a crash does to the tail of the last segment; events that it takes are gone. */
function crash(dir, random, world) {
  const kind = random.weighted({ cut: 4, stray: 1, zeros: 1 })
  const { path, first, end } = cuttable(dir)
  // A segment that was begun, and nothing more.
  if (first === end) return
  if (kind === 'zeros') {
    appendBytes(dir, Buffer.alloc(random.between(8, 5000)))
    world.tail = 'zeros'
    return
  }
  if (kind === 'stray') {
    appendBytes(dir, readFileSync(path).subarray(first, first + random.between(1, 100)))
    world.tail = 'torn'
    return
  }
  const frames = framesOf(path)
  const batches = frames.filter((frame) => frame.kind === COMMIT || frame.kind === BEGIN)
  const target = batches.length > 0 && random.odds(0.5) ? random.pick(batches) : random.pick(frames)
  const at = random.odds(0.3) ? target.offset : random.between(target.offset, target.end - 1)
  const lost = cut(dir, Math.min(at, end))
  const id = Number(/(\d+)\.fbat$/.exec(path)[1])
  const hidden = hides(frames, lost, world, id)
  for (const event of world.events.values()) {
    const { row, state } = event
    if (state === 'seen' && row?.segmentId === id && lost.has(row.offset)) event.state = 'gone'
  }
  world.tail = hidden ? 'beyond' : 'cut'
}

/** Whether the process died in a batch: the next one of the reference would feed it (D-25). */
function openBatch(dir) {
  const marks = framesOf(lastSegment(dir)).filter(({ kind }) => kind === BEGIN || kind === COMMIT)
  return marks.at(-1)?.kind === BEGIN
}

/** Whether the cut took an event that no reader saw: then a hidden range lies beyond the log. */
function hides(frames, lost, world, id) {
  const seen = new Set(
    [...world.events.values()]
      .filter(({ state, row }) => state === 'seen' && row?.segmentId === id)
      .map(({ row }) => row.offset),
  )
  return frames.some(({ offset, kind }) => lost.has(offset) && kind !== 8 && !seen.has(offset))
}

const numerically = (a, b) => a - b
