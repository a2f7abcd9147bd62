// Evidence reports: both sides report the same of the same directory, byte for byte, and the reference
// encodes every body as we do.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'

import { dump, recode, reports, run } from '../driver.mjs'
import { BODIES } from '../evidence-bodies.mjs'
import { fixturesDir, withCopy } from '../fixtures.mjs'
import { core, evidence } from '../packages.mjs'
import { ourReports, printed } from '../reports.mjs'
import { play, SIDES } from '../sides.mjs'
import { append, item, batch, key, life, op, STILL } from '../steps.mjs'
import { tally } from '../tally.mjs'
import { copyOf, view, withDirectory } from '../view.mjs'

const hex = (bytes) => Buffer.from(bytes).toString('hex')
const UNKNOWN = '7'.padStart(32, '0')
const HASHES = ['01', '02', '03'].map((byte) => byte.repeat(32))

test('R-123 R-124 R-143: the reference encodes every variant of every body to our bytes', () => {
  const ours = BODIES.map(({ kind, body }) => ({
    kind,
    bytes: hex(evidence.canonicalBytes(body)),
    hash: hex(evidence.bodyHash(body)),
  }))
  const file = fileURLToPath(new URL('../../fixtures/evidence/bodies.json', import.meta.url))
  const committed = JSON.parse(readFileSync(file, 'utf8'))
  assert.equal(committed.length, BODIES.length)
  for (const [i, theirs] of recode(ours).entries()) {
    const { name } = BODIES[i]
    assert.equal(theirs.bytes, ours[i].bytes, name)
    assert.equal(theirs.hash, ours[i].hash, name)
    assert.equal(committed[i].bytes, theirs.bytes, `${name}: write the fixture anew`)
    assert.equal(committed[i].hash, theirs.hash, name)
  }
  tally('report bodies encoded by both sides', BODIES.length)
})

/** Chains, some with equal payloads, batches, a fence published and one cancelled. */
function program() {
  const note = (n, entity) => append(n, entity, { key: key(n) })
  const same = (n) => append(n, 'same', { key: key(n), value: { same: true } })
  return [
    ...[1, 2, 3, 4, 5, 6].map((n) => note(n, 'order:1')),
    ...[10, 11, 12].map(same),
    append(13, 'same', { key: key(13), value: { same: false } }),
    ...[14, 15].map(same),
    batch([20, 21, 22].map((n) => item(n, 'order:2', { key: key(n), kind: 0xffff }))),
    op('fence'),
    append(30, 'order:3'),
    op('commit'),
    op('fence'),
    append(31, 'order:4'),
    op('cancel'),
    append(40, 'order:2:a', { key: key(40), scope: 'other', kind: 0xb123 }),
  ]
}

const REGIONS = [
  {},
  { entityPrefix: 'order' },
  { entityPrefix: 'order:2', scope: 'interop' },
  { scope: 'other' },
  { kind: 0xffff },
  { category: 0xa, clockRange: [1, 3] },
  { category: 200 },
  { entityPrefix: 'nobody', scope: 'nowhere', kind: 0xa001, clockRange: [0, 0xffff_ffff] },
  { entityPrefix: '', clockRange: [3, 1] },
]

function readWalks() {
  return REGIONS.flatMap((region) => [
    { report: 'readWalk', region },
    { report: 'readWalk', region, limit: 0, maxStaleMs: 5 },
    { report: 'readWalk', region, limit: 2, proofRefs: true },
    { report: 'readWalk', region, limit: 1000, proofRefs: true, maxStaleMs: 4294967296 },
  ])
}

function subscriberClaims() {
  const claims = []
  for (const source of ['LossyPush', 'CursorBacked']) {
    for (const state of ['Active', 'Lagging', 'Dropped', 'Disconnected', 'Unknown']) {
      for (const precision of ['ExactRange', 'LossAfterFrontier', 'SubscriberDropped', 'Unknown']) {
        for (const consumed of [undefined, 0, 3, 1_000_000]) {
          const ranges = [
            [9, 12],
            [3, 4],
            [3, 3],
          ].slice(claims.length % 4)
          claims.push({ report: 'subscriberFrontier', source, state, precision, consumed, ranges })
        }
      }
    }
  }
  return claims
}

function schemaPairs() {
  const [a, b, c] = HASHES
  const side = (more) => ({ stableId: 'a', schemaHash: a, fixtureHash: b, ...more })
  return [
    {},
    { fixtureHash: c },
    { schemaHash: c, version: 2 },
    { stableId: 'ä', version: 65535, schemaHash: c, fixtureHash: c },
  ].map((more) => ({ report: 'schemaSnapshot', expected: side({}), observed: side(more) }))
}

/** Walks from the newest event of every entity. A limit is never the whole length: see DEV-12. */
function chainWalks(rows) {
  const newest = new Map(rows.map((row) => [row.entity, row]))
  const walks = [
    { report: 'chainWalk', start: UNKNOWN, limit: 3 },
    { report: 'chainWalk', start: UNKNOWN, limit: 0 },
  ]
  for (const [entity, row] of newest) {
    const chain = rows.filter((other) => other.entity === entity)
    const from = { report: 'chainWalk', start: row.eventId }
    walks.push(
      from,
      { ...from, contentHash: row.eventHash },
      { ...from, contentHash: HASHES[0] },
      { ...from, end: UNKNOWN },
      { ...from, end: chain[0].eventId },
      { ...from, end: row.eventId, limit: 1 },
      { ...from, limit: 0 },
    )
    for (let limit = 1; limit < chain.length; limit += 1) walks.push({ ...from, limit })
  }
  return walks
}

function compare(dir, requests, what) {
  const theirs = reports(copyOf(dir, 'theirs'), requests)
  const ours = ourReports(copyOf(dir, 'ours'), requests)
  for (const [i, { bytes, hash }] of theirs.entries()) {
    const said = () => `${what}: ${JSON.stringify(requests[i])}\nours: ${show(ours[i].body)}`
    if (ours[i].bytes !== bytes)
      assert.equal(ours[i].bytes, bytes, `${said()}\ntheirs: ${debug(requests[i], bytes)}`)
    assert.equal(ours[i].hash, hash, said())
  }
  tally('reports of a directory, equal byte for byte', requests.length)
}

function debug({ report: kind }, bytes) {
  return recode([{ kind, bytes }])[0].debug
}

const show = (body) =>
  JSON.stringify(body, (_, value) => (value instanceof Uint8Array ? hex(value) : value))

for (const side of SIDES) {
  test(`R-125 R-126 R-128 to R-140 R-142 R-143: both report the same of what ${side} wrote`, () =>
    withDirectory((dir) => {
      play(side, dir, life(program(), 'close', { segmentMaxBytes: 2048 }))
      const rows = view(copyOf(dir, 'view'))
      const entities = [...new Set(rows.map(({ entity }) => entity)), 'nobody']
      const runs = entities.flatMap((entity) => [
        { report: 'projectionRun', entity },
        { report: 'projectionRun', entity, maxStaleMs: 250 },
      ])
      compare(dir, chainWalks(rows), 'chain walks')
      compare(dir, readWalks(), 'read walks')
      compare(dir, subscriberClaims(), 'subscribers')
      compare(dir, schemaPairs(), 'schemas')
      compare(dir, runs, 'projection runs')
    }))
}

test('R-138: both report the same of a projection that fails', () =>
  withDirectory((dir) => {
    play('typescript', dir, life([append(1, 'a', { payload: 'c1' })]))
    compare(dir, [{ report: 'projectionRun', entity: 'a' }], 'failed run')
  }))
