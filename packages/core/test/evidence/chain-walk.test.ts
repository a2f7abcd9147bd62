/** Chain walks: what is checked, and each finding from a log that has it. */
import { blake3 } from '@noble/hashes/blake3.js'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { chainWalkEvidence, type ChainWalkFinding } from '../../src/evidence.ts'
import { EventId, type Reads, type Store } from '../../src/index.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import { Noted, at, hexId } from '../support/api-events.ts'
import {
  filesOf,
  freshDir,
  openReadOnly,
  openStore,
  openUnlocked,
  segmentNames,
  stateOf,
} from '../support/api-store.ts'
import { hex } from '../support/evidence-bodies.ts'
import { mp, type Raw } from '../support/raw-msgpack.ts'
import {
  edit,
  eventFrame,
  eventMap,
  frame,
  payloadOf,
  segmentBytes,
} from '../support/raw-segment.ts'

type AmbiguousParent = Extract<ChainWalkFinding, { readonly kind: 'ParentHashAmbiguous' }>

const UNKNOWN = EventId.fromHex(hexId(7))
const EMPTY_DIGEST = '2ba82451e7edbf091af9674a911051229b0452ba7b9276d5159d482a65517d17'

function notes(store: Store, values: readonly number[], entity = 'a'): EventId[] {
  return values.map((n) => store.append(at(entity), Noted, { n }).eventId)
}

/** A read-only store over a log of frames made by hand. */
function foreign(...frames: readonly Uint8Array[]): Reads {
  const dataDir = freshDir()
  writeFileSync(join(dataDir, '000001.fbat'), segmentBytes(1, ...frames))
  return openReadOnly({ dataDir })
}

const idOf = (n: bigint): EventId => EventId.fromBigInt(n)
const hashOf = (n: number): Uint8Array => blake3(payloadOf(n))

function digestOf(entries: readonly (readonly [EventId, Uint8Array])[]): string {
  const list: Raw = entries.map(([id, hash]) => [{ bin: EventId.toBytes(id) }, [...hash]])
  return hex(blake3(mp(list)))
}

function kindsOf(findings: readonly ChainWalkFinding[]): string[] {
  return findings.map(({ kind }) => kind)
}

describe('a whole chain', () => {
  it('W-58 R-131 is checked to the first event of the entity and has no findings', () => {
    const store = openStore()
    const ids = notes(store, [10, 11, 12])
    notes(store, [90], 'b')
    const { body, bodyHash, diagnostics } = chainWalkEvidence(store, { start: ids[2]! })
    const hashes = ids.map((id) => store.entry(id)!.eventHash)
    expect(body).toEqual({
      schemaVersion: 1,
      mode: 'Linear',
      checkedCount: 3,
      firstRef: ids[2],
      lastRef: ids[0],
      walkDigest: expect.any(Uint8Array) as unknown,
      findings: [],
    })
    const walked = [2, 1, 0].map((i) => [ids[i]!, hashes[i]!] as const)
    expect(hex(body.walkDigest)).toBe(digestOf(walked))
    expect(bodyHash).toHaveLength(32)
    expect(diagnostics).toEqual([])
  })

  it('R-126 R-125 is the same after a reopen, read-only, and without a lock', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir, segmentMaxBytes: 1024 })
    const ids = notes(
      store,
      Array.from({ length: 40 }, (_, n) => n % 7),
    )
    const request = { start: ids.at(-1)! }
    const live = chainWalkEvidence(store, request)
    const unlocked = chainWalkEvidence(openUnlocked({ dataDir }), request)
    store.close()
    expect(segmentNames(dataDir).length).toBeGreaterThan(3)
    const reader = openReadOnly({ dataDir })
    const reopened = chainWalkEvidence(reader, request)
    reader.close()
    expect(live.body.checkedCount).toBe(40)
    for (const report of [unlocked, reopened, chainWalkEvidence(openStore({ dataDir }), request)]) {
      expect(report).toEqual(live)
    }
  })

  it('R-125 changes no file, no count and no frontier', () => {
    const store = openStore()
    const ids = notes(store, [1, 2, 3])
    const before = stateOf(store)
    chainWalkEvidence(store, { start: ids[2]! })
    chainWalkEvidence(store, { start: UNKNOWN })
    expect(stateOf(store)).toEqual(before)
  })

  it('W-91 leaves out what a cancelled fence wrote, and the chain goes on around it', () => {
    const store = openStore()
    const [first] = notes(store, [1])
    const fence = store.beginFence()
    fence.append(at('a'), Noted, { n: 2 })
    fence.cancel()
    const [last] = notes(store, [3])
    const { body } = chainWalkEvidence(store, { start: last! })
    expect(body).toMatchObject({ checkedCount: 2, lastRef: first, findings: [] })
  })
})

describe('the start', () => {
  it('R-143 an id that no event has is MissingStart, with the hash of batpak 0.8.0', () => {
    const store = openStore()
    const { body, bodyHash } = chainWalkEvidence(store, { start: UNKNOWN, limit: 3 })
    expect(body.findings).toEqual([{ kind: 'MissingStart', eventId: UNKNOWN }])
    expect(body).not.toHaveProperty('firstRef')
    expect(hex(body.walkDigest)).toBe(EMPTY_DIGEST)
    expect(hex(bodyHash)).toBe('cef653fd8ed2cc44b7ab12af10ea03677389f004d424f6fff3e0cd74158112e0')
  })

  it('R-128 R-143 a limit of 0 is InvalidLimit and checks nothing', () => {
    const store = openStore()
    const [id] = notes(store, [1])
    const { body, bodyHash } = chainWalkEvidence(store, { start: id!, limit: 0 })
    expect(body).toMatchObject({ checkedCount: 0, findings: [{ kind: 'InvalidLimit', limit: 0 }] })
    expect(hex(bodyHash)).toBe('8a2a4023c69a2c315267a701a7a516230a86ed950713af39bfb66858ad1b766e')
  })

  it('R-129 a receipt with another hash is StartHashMismatch, and the walk goes on', () => {
    const store = openStore()
    const receipts = [1, 2, 3].map((n) => store.append(at('a'), Noted, { n }))
    const start = receipts[2]!
    expect(chainWalkEvidence(store, { start }).body.findings).toEqual([])
    const contentHash = new Uint8Array(32).fill(9)
    const { body } = chainWalkEvidence(store, { start: { ...start, contentHash } })
    expect(body.checkedCount).toBe(3)
    expect(body.findings).toEqual([
      {
        kind: 'StartHashMismatch',
        eventId: start.eventId,
        expected: contentHash,
        observed: start.contentHash,
      },
    ])
  })
})

describe('the end', () => {
  it('R-131 R-133 the end event is the last that is checked', () => {
    const store = openStore()
    const ids = notes(store, [1, 2, 3, 4])
    const { body } = chainWalkEvidence(store, { start: ids[3]!, endEventId: ids[1]! })
    expect(body).toMatchObject({ checkedCount: 3, lastRef: ids[1], findings: [] })
  })

  it('R-133 an end that the chain does not have is EndNotReached', () => {
    const store = openStore()
    const ids = notes(store, [1, 2])
    const [other] = notes(store, [1], 'b')
    for (const endEventId of [other!, UNKNOWN]) {
      const { body } = chainWalkEvidence(store, { start: ids[1]!, endEventId })
      expect(body.checkedCount).toBe(2)
      expect(body.findings).toEqual([{ kind: 'EndNotReached', expectedEndEventId: endEventId }])
    }
  })

  it('R-132 a limit that leaves a parent is TruncatedByLimit, and not EndNotReached', () => {
    const store = openStore()
    const ids = notes(store, [1, 2, 3])
    const { body } = chainWalkEvidence(store, { start: ids[2]!, limit: 2, endEventId: ids[0]! })
    expect(body.checkedCount).toBe(2)
    const { prevHash: nextParentHash } = store.entry(ids[1]!)!
    expect(body.findings).toEqual([{ kind: 'TruncatedByLimit', limit: 2, nextParentHash }])
  })

  it('R-132 DEV-12 a walk that is complete with exactly limit events has no finding', () => {
    const store = openStore()
    const ids = notes(store, [1, 2, 3])
    expect(chainWalkEvidence(store, { start: ids[2]!, limit: 3 }).body.findings).toEqual([])
    const endEventId = ids[1]!
    const { body } = chainWalkEvidence(store, { start: ids[2]!, limit: 2, endEventId })
    expect(body).toMatchObject({ checkedCount: 2, findings: [] })
    const missed = chainWalkEvidence(store, { start: ids[2]!, limit: 3, endEventId: UNKNOWN })
    expect(kindsOf(missed.body.findings)).toEqual(['EndNotReached'])
  })
})

describe('equal payloads', () => {
  it('R-130 DEV-6 the nearest earlier event is the parent; ParentHashAmbiguous counts the others', () => {
    const store = openStore()
    const ids = notes(store, [1, 2, 1, 3, 1, 9])
    notes(store, [1, 1], 'b')
    const { body } = chainWalkEvidence(store, { start: ids[5]! })
    const hash = store.entry(ids[0]!)!.eventHash
    const ambiguous = (child: number, parent: number, count: number): ChainWalkFinding => ({
      kind: 'ParentHashAmbiguous',
      childEventId: ids[child]!,
      expectedParentHash: hash,
      selectedParentEventId: ids[parent]!,
      matchingParentCount: count,
    })
    expect(body.checkedCount).toBe(6)
    const expected = [ambiguous(3, 2, 2), ambiguous(5, 4, 3)]
    if (ids[3]! > ids[5]!) expected.reverse() // ids of one millisecond are in no order
    expect(body.findings).toEqual(expected)
    const ancestors = [...store.ancestors(ids[5]!)]
    expect(hex(body.walkDigest)).toBe(
      digestOf(ancestors.map(({ eventId, eventHash }) => [eventId, eventHash])),
    )
  })

  it('R-130 R-124 ten thousand of them are walked at once, findings in the order of the ids', () => {
    const store = openStore({ syncEveryNEvents: 1_000_000 })
    const ids = notes(store, new Array<number>(10_000).fill(7))
    const { body } = chainWalkEvidence(store, { start: ids.at(-1)! })
    expect(body).toMatchObject({ checkedCount: 10_000, lastRef: ids[0] })
    const findings = body.findings as readonly AmbiguousParent[]
    expect(findings).toHaveLength(9_998)
    const children = findings.map(({ childEventId }) => childEventId)
    expect(children).toEqual([...children].sort())
    for (const { childEventId, matchingParentCount } of findings) {
      expect(matchingParentCount).toBe(ids.indexOf(childEventId))
    }
  })
})

describe('a damaged log', () => {
  const intact = eventFrame({ eventId: 1n, clock: 0, payload: payloadOf(1) })

  it('R-129 a payload that is not what was committed is EntryHashMismatch: counted, and the end', () => {
    const wrong = new Uint8Array(32).fill(5)
    const changed = { 'event.hash_chain.event_hash': wrong, 'event.header.content_hash': wrong }
    const second = { eventId: 2n, clock: 1, payload: payloadOf(2), prevHash: hashOf(1) }
    const store = foreign(
      intact,
      frame(edit(eventMap(second), changed)),
      eventFrame({ eventId: 3n, clock: 2, payload: payloadOf(3), prevHash: wrong }),
    )
    const { body } = chainWalkEvidence(store, { start: idOf(3n) })
    expect(body).toMatchObject({ checkedCount: 2, lastRef: idOf(2n) })
    expect(body.findings).toEqual([
      { kind: 'EntryHashMismatch', eventId: idOf(2n), expected: wrong, observed: hashOf(2) },
    ])
    expect(hex(body.walkDigest)).toBe(
      digestOf([
        [idOf(3n), hashOf(3)],
        [idOf(2n), wrong],
      ]),
    )
  })

  it('R-131 R-156 a parent that is nowhere is MissingParentLink, also at the limit', () => {
    const second = { eventId: 2n, clock: 1, payload: payloadOf(2), prevHash: hashOf(99) }
    const store = foreign(intact, eventFrame(second))
    for (const limit of [1, 2, Infinity]) {
      const { body } = chainWalkEvidence(store, { start: idOf(2n), limit })
      expect(body.checkedCount).toBe(1)
      expect(body.findings).toEqual([
        { kind: 'MissingParentLink', childEventId: idOf(2n), expectedParentHash: hashOf(99) },
      ])
    }
  })

  it('W-58 two rows of one id: the walk reads the later one, and sees that it is no parent', () => {
    const store = foreign(
      eventFrame({ eventId: 1n, clock: 0, payload: payloadOf(1) }),
      eventFrame({ eventId: 2n, clock: 1, payload: payloadOf(2), prevHash: hashOf(1) }),
      eventFrame({ eventId: 1n, clock: 2, payload: payloadOf(3), prevHash: hashOf(2) }),
    )
    const { body } = chainWalkEvidence(store, { start: idOf(2n) })
    expect(body.checkedCount).toBe(1)
    expect(body.findings).toEqual([
      {
        kind: 'OrderingRegression',
        childEventId: idOf(2n),
        parentEventId: idOf(1n),
        childSequence: 1,
        parentSequence: 2,
      },
    ])
  })

  it('W-58 a frame that cannot be read is StoppedEarlyReadFailure, without a path in its reason', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir, segmentMaxBytes: 512 })
    const ids = notes(store, [1, 2, 3, 4, 5, 6, 7, 8])
    store.close()
    const reader = openReadOnly({ dataDir, mmap: 'off' })
    const { diskPos } = reader.entry(ids[3]!)!
    const file = join(dataDir, segmentNames(dataDir)[diskPos.segmentId - 1]!)
    const bytes = readFileSync(file)
    bytes[diskPos.offset + 30]! ^= 1
    writeFileSync(file, bytes)
    const damaged = chainWalkEvidence(reader, { start: ids[7]! })
    expect(damaged.body).toMatchObject({ checkedCount: 4, lastRef: ids[4] })
    expect(damaged.body.findings).toEqual([
      {
        kind: 'StoppedEarlyReadFailure',
        eventId: ids[3],
        reason: expect.stringMatching(/^CrcMismatch: /) as unknown,
      },
    ])
    reader.close()
    const other = openReadOnly({ dataDir, mmap: 'off', fdBudget: 1 })
    other.get(ids[7]!) // the one descriptor is another segment's now
    const { segmentId } = other.entry(ids[0]!)!.diskPos
    rmSync(join(dataDir, segmentNames(dataDir)[segmentId - 1]!))
    const { body } = chainWalkEvidence(other, { start: ids[0]! })
    expect(body.findings).toEqual([
      {
        kind: 'StoppedEarlyReadFailure',
        eventId: ids[0],
        reason: `Io: read segment ${segmentId}: ENOENT`,
      },
    ])
  })
})

describe('a frame of another event', () => {
  it('W-58 with the same payload is no proof of this one: StoppedEarlyReadFailure', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    const [a] = notes(store, [1], 'a')
    const [b] = notes(store, [1], 'b')
    const [atA, atB] = [store.entry(a!)!.diskPos, store.entry(b!)!.diskPos]
    store.close()
    const reader = openReadOnly({ dataDir, mmap: 'off' })
    const file = join(dataDir, segmentNames(dataDir)[0]!)
    const bytes = readFileSync(file)
    const whole = Buffer.from(bytes)
    expect(atA.length).toBe(atB.length)
    whole.copy(bytes, atA.offset, atB.offset, atB.offset + atB.length)
    writeFileSync(file, bytes)
    const { body } = chainWalkEvidence(reader, { start: a! })
    expect(body).toMatchObject({ checkedCount: 0, findings: [{ eventId: a }] })
    expect(body.findings[0]).toMatchObject({
      kind: 'StoppedEarlyReadFailure',
      reason: expect.stringMatching(/^CorruptSegment: .*another event/) as unknown,
    })
  })
})

describe('what a caller can do wrong', () => {
  it('is refused with the name of the argument', () => {
    const store = openStore()
    const start = UNKNOWN
    const walk =
      (request: unknown): (() => unknown) =>
      () =>
        chainWalkEvidence(store, request as never)
    expect(argumentError(TypeError, walk(undefined))).toMatch(
      /chain walk request must be an object/,
    )
    expect(argumentError(TypeError, walk({}))).toMatch(/^start must be an id/)
    expect(argumentError(TypeError, walk({ start: 'x' }))).toMatch(/^start must be an id/)
    expect(argumentError(TypeError, walk({ start: {} }))).toMatch(/start\.contentHash/)
    expect(
      argumentError(TypeError, walk({ start: { eventId: 'x', contentHash: new Uint8Array(32) } })),
    ).toMatch(/start\.eventId/)
    expect(argumentError(TypeError, walk({ start, endEventId: 3 }))).toMatch(/endEventId/)
    expect(argumentError(TypeError, walk({ start, limits: 3 }))).toMatch(/limits/)
    expect(argumentError(TypeError, walk({ start, limit: '3' }))).toMatch(/limit must be a number/)
    expect(argumentError(RangeError, walk({ start, limit: -1 }))).toMatch(/limit/)
    expect(argumentError(RangeError, walk({ start, limit: 1.5 }))).toMatch(/limit/)
    const noStore = (): unknown => chainWalkEvidence({} as never, { start })
    expect(argumentError(TypeError, noStore)).toMatch(/chainWalkEvidence: expected an open store/)
  })

  it('after the close, also by a getter of the request, is StoreClosed', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    const [id] = notes(store, [1])
    const closing = {
      get start() {
        store.close()
        return id!
      },
    }
    refusal('StoreClosed', () => chainWalkEvidence(store, closing))
    const files = filesOf(dataDir)
    refusal('StoreClosed', () => chainWalkEvidence(store, { start: id! }))
    expect(filesOf(dataDir)).toEqual(files)
  })

  it('what a report holds is the caller’s: changing it changes nothing else', () => {
    const store = openStore()
    const [id] = notes(store, [1])
    const contentHash = new Uint8Array(32).fill(9)
    const { body } = chainWalkEvidence(store, { start: { eventId: id!, contentHash } })
    const finding = body.findings[0] as { expected: Uint8Array; observed: Uint8Array }
    contentHash.fill(0)
    expect(finding.expected[0]).toBe(9)
    finding.observed.fill(0)
    expect(store.entry(id!)!.eventHash).not.toEqual(finding.observed)
  })
})
