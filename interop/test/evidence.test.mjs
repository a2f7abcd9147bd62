// Evidence reports: both sides report the same of the same directory, byte for byte, and the reference
// encodes every body as we do.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { test } from 'node:test'
import { crc32 } from 'node:zlib'

import { dump, recode, reports, run } from '../driver.mjs'
import { BODIES } from '../evidence-bodies.mjs'
import { fixturesDir, withCopy } from '../fixtures.mjs'
import { core, evidence } from '../packages.mjs'
import { ourReport, ourReports, printed } from '../reports.mjs'
import { framesOf, segmentFiles } from '../segments.mjs'
import { play, SIDES } from '../sides.mjs'
import { append, batch, item, key, life, op } from '../steps.mjs'
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
    assert.equal(committed[i].bytes, theirs.bytes, 'write the fixture anew')
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

/** Stores that both open, but in which they see different rows, or cannot read the same. */
const OTHERWISE = {
  'batch-swallowed': 'F13: the reference loses events to an open batch',
  'batch-swallowed-closed': 'F13',
  'compacted-retain': 'DEV-4: the reference cannot read what it rewrote',
  'compacted-tombstone': 'DEV-4',
  'duplicate-keys': 'of two rows with one id the reference shows the later one twice',
}

test('W-58 R-130 R-134: both report the same of the stores that the reference left', () => {
  const compared = []
  for (const shape of readdirSync(fixturesDir)) {
    const store = join(fixturesDir, shape, 'store')
    if (shape === 'README.md' || shape in OTHERWISE) continue
    const rows = rowsOf(store)
    if (rows === undefined || withCopy(store, (copy) => dump(copy, '--no-artifacts')).error)
      continue
    const walks = chainWalks(rows).filter(({ limit }) => limit === undefined || limit < 2)
    const runs = rows.map(({ entity }) => ({ report: 'projectionRun', entity }))
    withCopy(store, (copy) => compare(copy, [...walks, ...readWalks(), ...runs], shape))
    compared.push(shape)
  }
  assert.ok(compared.length > 40, `only ${compared.length} stores`)
})

for (const shape of ['compacted-retain', 'compacted-tombstone']) {
  test(`DEV-4 R-129: ${shape}: our walk passes rewritten events that hash as before, theirs ends there`, () =>
    withCopy(join(fixturesDir, shape, 'store'), (dir) => {
      const rows = view(copyOf(dir, 'view'))
      const first = bothReport(dir, { report: 'chainWalk', start: key(7) })
      assert.equal(first.ours.body.checkedCount, 3)
      assert.deepEqual(first.ours.body.findings, [])
      assert.match(first.theirs.debug, /checked_count: 0.*StoppedEarlyReadFailure/)
      const open = rows.find(({ kind }) => kind === 8)
      const changed = bothReport(dir, { report: 'chainWalk', start: open.eventId })
      assert.equal(changed.ours.body.findings[0].kind, 'EntryHashMismatch')
      assert.match(changed.theirs.debug, /StoppedEarlyReadFailure/)
      tally('listed difference: DEV-4')
    }))
}

test('of two events with one id the reference proves the later one twice, we each', () =>
  withCopy(join(fixturesDir, 'duplicate-keys', 'store'), (dir) => {
    const { ours, theirs } = bothReport(dir, { report: 'readWalk', proofRefs: true })
    assert.deepEqual(
      ours.body.proofRefs.refs.map(({ globalSequence }) => globalSequence),
      [0, 1, 2, 3, 4],
    )
    const proved = /proof_refs: Known\((.*?)\), findings/.exec(theirs.debug)[1]
    const sequences = [...proved.matchAll(/global_sequence: (\d+)/g)].map(([, digits]) => digits)
    assert.deepEqual(sequences, ['0', '1', '3', '3', '4'])
  }))

/** What we see in a store; undefined when we refuse it. */
function rowsOf(store) {
  try {
    return withCopy(store, (copy) => view(copy))
  } catch (error) {
    if (core.isStoreError(error)) return undefined
    throw error
  }
}

function bothReport(dir, request) {
  const [theirs] = reports(copyOf(dir, 'theirs'), [request])
  const [ours] = ourReports(copyOf(dir, 'ours'), [request])
  return {
    ours,
    theirs: recode([{ kind: request.report, bytes: theirs.bytes }])[0],
    bytes: theirs.bytes,
  }
}

test('DEV-12 R-132: a complete walk of exactly limit events is truncated for the reference only', () =>
  withDirectory((dir) => {
    const steps = [1, 2, 3].map((n) => append(n, 'a', { key: key(n) }))
    play('rust', dir, life(steps))
    for (const more of [{ limit: 3 }, { limit: 2, end: key(2) }]) {
      const request = { report: 'chainWalk', start: key(3), ...more }
      const { ours, theirs } = bothReport(dir, request)
      assert.deepEqual(ours.body.findings, [])
      assert.match(theirs.debug, /findings: \[TruncatedByLimit \{ limit: \d/)
    }
    const missed = bothReport(dir, { report: 'chainWalk', start: key(3), limit: 3, end: UNKNOWN })
    assert.equal(missed.ours.body.findings[0].kind, 'EndNotReached')
    assert.match(missed.theirs.debug, /findings: \[TruncatedByLimit/)
    tally('listed difference: DEV-12')
  }))

test('DEV-6: the chain walk takes the nearest parent on both sides, the reference’s ancestors do not', () =>
  withDirectory((dir) => {
    const numbers = [1, 2, 1, 3, 1, 9]
    const steps = numbers.map((n, i) => append(i, 'a', { key: key(i), value: { n } }))
    play('rust', dir, life(steps))
    const request = { report: 'chainWalk', start: key(5) }
    const { ours, bytes } = bothReport(dir, request)
    assert.equal(ours.bytes, bytes)
    assert.equal(ours.body.checkedCount, 6)
    const { ancestors } = run('walk', copyOf(dir, 'walk'), key(5), '20')
    assert.ok(ancestors.length < 6, 'the reference skips')
    const store = core.Store.openReadOnly({ dataDir: copyOf(dir, 'walked') })
    assert.equal([...store.ancestors(key(5))].length, 6)
    store.close()
    tally('listed difference: DEV-6')
  }))

/** Changes the frame of the event `n`, and its checksum with it. */
function damage(dir, n, change) {
  const [path] = segmentFiles(dir)
  const file = readFileSync(path)
  const { offset, end } = framesOf(path).find(({ bytes }) => bytes.includes(idBytes(n)))
  const frame = file.subarray(offset, end)
  change(frame)
  frame.writeUInt32BE(crc32(frame.subarray(8)), 4)
  writeFileSync(path, file)
}

const idBytes = (n) => Buffer.from(key(n), 'hex')

/** Puts another byte below 0x80 into the list of integers behind a field's name. */
function changeHash(frame, name) {
  const at = frame.indexOf(name) + name.length + 3
  const small = frame
    .subarray(at, at + 30)
    .findIndex((byte, i, list) => byte < 0x7f && list[i - 1] !== 0xcc)
  frame[at + small] += 1
}

test('R-129 R-131 W-58: both report the same of damaged logs', () =>
  withDirectory((dir) => {
    const steps = [1, 2, 3, 4].map((n) => append(n, 'a', { key: key(n), value: { n } }))
    play('rust', dir, life(steps, 'exit'))
    const request = { report: 'chainWalk', start: key(4) }
    const cases = {
      EntryHashMismatch: (frame) =>
        (frame[frame.lastIndexOf(Buffer.from('a16e', 'hex')) + 2] += 40),
      MissingParentLink: (frame) => changeHash(frame, 'prev_hash'),
    }
    for (const [kind, change] of Object.entries(cases)) {
      const damaged = copyOf(dir, kind)
      damage(damaged, 2, change)
      const { ours, bytes, theirs } = bothReport(damaged, request)
      assert.equal(ours.body.findings[0]?.kind, kind)
      assert.equal(ours.body.checkedCount, 3)
      assert.equal(ours.bytes, bytes, theirs.debug)
    }
    const twice = copyOf(dir, 'twice')
    damage(twice, 4, (frame) => {
      for (let at = 0; (at = frame.indexOf(idBytes(4), at)) >= 0;) idBytes(1).copy(frame, at)
    })
    const walk = bothReport(twice, { report: 'chainWalk', start: key(2) })
    assert.equal(walk.ours.body.findings[0].kind, 'OrderingRegression')
    assert.equal(walk.ours.bytes, walk.bytes, walk.theirs.debug)
    tally('chain walks of damaged logs, equal byte for byte', 3)
  }))

test('W-58: a frame that cannot be read ends the walk on both sides; the reasons are each side’s', () =>
  withDirectory((dir) => {
    const steps = Array.from({ length: 6 }, (_, n) => append(n, 'a', { key: key(n) }))
    play('rust', dir, life(steps, 'close', { segmentMaxBytes: 512 }))
    const row = view(copyOf(dir, 'view')).find(({ eventId }) => eventId === key(2))
    const path = segmentFiles(dir)[row.segmentId - 1]
    const file = readFileSync(path)
    file[row.offset + 40] ^= 1
    const request = { report: 'chainWalk', start: key(5) }
    const copy = copyOf(dir, 'ours')
    const store = core.Store.openReadOnly({ dataDir: copy, mmap: 'off' })
    writeFileSync(segmentFiles(copy)[row.segmentId - 1], file) // the open refuses damage it reads
    const { body } = ourReport(store, request)
    store.close()
    assert.equal(body.checkedCount, 3)
    assert.equal(body.findings[0].kind, 'StoppedEarlyReadFailure')
    const damaged = copyOf(dir, 'theirs')
    writeFileSync(segmentFiles(damaged)[row.segmentId - 1], file)
    const [theirs] = reports(damaged, [request])
    const { debug: said } = recode([{ kind: 'chainWalk', bytes: theirs.bytes }])[0]
    assert.match(said, /checked_count: 3/)
    assert.match(said, /StoppedEarlyReadFailure/)
  }))

test('R-139: both measure subscribers of a store in use by the same frontiers', () =>
  withDirectory((dir) => {
    const claims = subscriberClaims().filter(({ consumed }) => consumed !== 0)
    const appends = [1, 2, 3].map((n) => append(n, 'a'))
    const asked = claims.map((request) => op('evidence', { request }))
    const results = play('rust', dir, [
      op('open', { config: {} }),
      ...appends,
      ...asked,
      op('drop'),
    ])
    const store = core.Store.open({ dataDir: `${dir}-ours` })
    for (const { entity, scope, kind } of appends) {
      store.appendBytes({ entity, scope }, kind, Uint8Array.of(0xc0))
    }
    for (const [i, request] of claims.entries()) {
      const ours = printed(ourReport(store, request))
      const { report } = results[4 + i]
      assert.equal(ours.bytes, report.bytes, JSON.stringify(request))
    }
    store.close()
    tally('reports of a store in use, equal byte for byte', claims.length)
  }))

test('R-123: reports of snapshots and compactions have the ids and hashes of the reference', () =>
  withDirectory((dir) => {
    const appends = Array.from({ length: 12 }, (_, n) => append(n, `e:${n % 3}`))
    const to = `${dir}-copy`
    const results = play('rust', dir, [
      op('open', { config: { segmentMaxBytes: 512 } }),
      ...appends,
      op('compact', { strategy: 'merge', minSegments: 99 }),
      op('snapshot', { to }),
      op('snapshot', { to }),
      op('compact', { strategy: 'merge' }),
      op('close'),
    ])
    const [skipped, first, second, merged] = results.slice(13).map(({ report }) => report)
    for (const report of [first, second]) {
      const { bytes } = printed(
        evidence.snapshotReport(snapshotFacts(debug({ report: 'snapshot' }, report.bytes), to)),
      )
      assert.equal(bytes, report.bytes)
    }
    assert.match(debug({ report: 'snapshot' }, second.bytes), /DestinationCleared/)
    for (const report of [skipped, merged]) {
      const said = debug({ report: 'compaction' }, report.bytes)
      const ours = evidence.compactionReport(compactionFacts(said))
      assert.equal(printed(ours).bytes, report.bytes, said)
      assert.equal(hex(ours.bodyHash), report.hash)
    }
    tally('reports of snapshots and compactions made from their facts', 4)
  }))

function number(said, name) {
  const digits = new RegExp(`\\b${name}: (?:Some\\()?(\\d+)`).exec(said)?.[1]
  return digits === undefined ? undefined : Number(digits)
}

const numbers = (said, name) =>
  new RegExp(`\\b${name}: \\[([^\\]]*)\\]`).exec(said)[1].split(', ').filter(Boolean).map(Number)

function snapshotFacts(said, destination) {
  return {
    fenceToken: number(said, 'token'),
    sourceWatermark: { segmentId: number(said, 'segment_id'), offset: number(said, 'offset') },
    copiedSegmentIds: numbers(said, 'copied_segment_ids_sorted'),
    copiedVisibilityRanges: said.includes('copied_visibility_ranges_present: true'),
    copiedPendingCompactionMarker: said.includes('copied_pending_compaction_marker_present: true'),
    destination,
    clearedArtifacts: number(said, 'artifact_count') ?? 0,
  }
}

function compactionFacts(said) {
  const merged = number(said, 'merged_segment_id')
  const hash = /output_segment_bytes_hash: Some\(\[([^\]]*)\]/.exec(said)?.[1]
  return {
    strategy: /strategy_shape: (\w+)/.exec(said)[1],
    minSegments: number(said, 'min_segments_threshold'),
    activeSegmentId: number(said, 'active_segment_id'),
    sourceSegmentIds: numbers(said, 'source_segment_ids_sorted'),
    ...(merged === undefined ? {} : { mergedSegmentId: merged }),
    ...(hash === undefined
      ? {}
      : { output: { hash: Uint8Array.from(hash.split(', ').map(Number)) } }),
    outcome: { kind: /outcome: (\w+)/.exec(said)[1] },
    segmentsRemoved: number(said, 'segments_removed'),
    bytesReclaimed: number(said, 'bytes_reclaimed'),
  }
}

test('R-141: both know a directory by the same hash, and count the same in it', () =>
  withDirectory((dir) => {
    play('typescript', dir, life([append(1, 'a'), append(2, 'b')]))
    const request = { report: 'storeResource' }
    const [theirs] = reports(dir, [request])
    const [ours] = ourReports(dir, [request])
    const [mine, other] = recode(
      [ours, theirs].map(({ bytes }) => ({ kind: 'storeResource', bytes })),
    )
    assert.equal(mine.bytes, ours.bytes)
    const same = (said) => ({
      identity: numbers(said, 'data_dir_identity_hash'),
      counts: ['schema_version', 'event_count', 'global_sequence', 'visible_sequence'].map((name) =>
        number(said, name),
      ),
      limits: [number(said, 'segment_max_bytes'), number(said, 'fd_budget')],
      fixed: [/restart_policy: \w+/.exec(said)[0], number(said, 'queue_len')],
      layout: [/index_topology: "\w+"/.exec(said)[0], number(said, 'tile_count')],
      open: [number(said, 'restored_entries'), number(said, 'tail_entries')],
      frontier: number(said, 'visible_minus_durable_seq'),
      storePath: /store_path: \w+ \{[^}]*\}/
        .exec(said)[0]
        .replace(/mmap: \w+|mmap_index: \w+/g, ''),
    })
    assert.deepEqual(same(mine.debug), same(other.debug))
  }))
