/** The write side of batpak 0.8.0 as it lies in committed stores: read, verified, repeated, continued. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { deny, gate, gateSet } from '../src/gate.ts'
import {
  IdempotencyKey,
  Store,
  draftBytes,
  prior,
  type Draft,
  type EventKind,
  type StoreOptions,
} from '../src/index.ts'
import { publicKeyOf, receiptToJson, verifyClaim, type Receipt } from '../src/receipt.ts'
import { rowsOf } from './support/dump-rows.ts'
import {
  lives,
  printedReceipts,
  wholeReceipt,
  type Answer,
  type PrintedReceipt,
} from './support/fixture-lives.ts'
import { copyOfFixture, fixture, type DumpRow } from './support/fixture-stores.ts'
import { observe } from './support/recovery.ts'

const OLD = new Uint8Array(32).fill(7)
const NEW = new Uint8Array(32).fill(9)
const KIND = 0xa007 as EventKind
const AT = { entity: 'elsewhere', scope: 'x' }

const keyOf = (n: number): IdempotencyKey =>
  IdempotencyKey.fromHex(`018bcfe5680070008000${n.toString(16).padStart(12, '0')}`)

/** Stores whose receipts were kept, with the seed that signed those of each process. */
const SIGNED: readonly (readonly [name: string, signers: readonly (Uint8Array | undefined)[]])[] = [
  ['signed', [OLD, NEW]],
  ['signed-writes', [undefined, OLD, NEW]],
  ['batch-options', [OLD]],
  ['denial-options', [OLD]],
  ['fences-mixed', [OLD, OLD]],
]

/** The receipts of a process whose events are visible. */
function receiptsOf(name: string, life: readonly Answer[]): readonly Receipt[] {
  const rows = new Map(rowsIn(name).map((row) => [row.eventId, row]))
  return printedReceipts(life).map((printed) => wholeReceipt(printed, rows.get(printed.eventId)!))
}

const seen = new Map<string, readonly DumpRow[]>()

function rowsIn(name: string): readonly DumpRow[] {
  const rows = seen.get(name) ?? observe(copyOfFixture(name)).rows
  seen.set(name, rows)
  return rows
}

function withStore<T>(name: string, use: (store: Store) => T, options?: Partial<StoreOptions>): T {
  const store = Store.open({ dataDir: copyOfFixture(name), ...options })
  try {
    return use(store)
  } finally {
    store.close()
  }
}

describe('receipts of the reference', () => {
  it.each(SIGNED)('of %s verify with and without the store (W-129, W-133)', (name, signers) => {
    const store = Store.openReadOnly({ dataDir: copyOfFixture(name), signingKeys: [OLD, NEW] })
    let count = 0
    for (const [i, life] of lives(name).entries()) {
      const signer = signers[i]
      for (const receipt of receiptsOf(name, life)) {
        const said = signer ? { outcome: 'signed' } : expect.objectContaining(REJECTED)
        expect(store.verify(receipt)).toEqual(said)
        const keys = signer ? [publicKeyOf(signer)] : []
        const claim = signer ? 'signed' : 'unsigned_accepted'
        expect(verifyClaim(receipt, keys)).toEqual({ outcome: claim })
        count += 1
      }
    }
    expect(count).toBeGreaterThan(3)
    store.close()
  })

  it.each(SIGNED)('of %s are refused for each thing that is changed (W-133)', (name, signers) => {
    const store = Store.openReadOnly({ dataDir: copyOfFixture(name), signingKeys: [OLD, NEW] })
    const life = lives(name).findLastIndex((_, i) => signers[i] !== undefined)
    for (const receipt of receiptsOf(name, lives(name)[life]!)) {
      for (const [changed, reason] of changes(receipt)) {
        expect(store.verify(changed)).toMatchObject({ outcome: 'invalid', reason })
      }
    }
    store.close()
  })

  it('of an earlier key fail once that key is no longer configured (W-132)', () => {
    const store = Store.openReadOnly({
      dataDir: copyOfFixture('signed-writes'),
      signingKeys: [NEW],
    })
    const [, second, third] = lives('signed-writes')
    for (const receipt of receiptsOf('signed-writes', second!)) {
      expect(store.verify(receipt)).toMatchObject({ reason: 'unknown_signing_key' })
    }
    for (const receipt of receiptsOf('signed-writes', third!)) {
      expect(store.verify(receipt)).toEqual({ outcome: 'signed' })
    }
    store.close()
  })

  const REJECTED = { outcome: 'invalid', reason: 'unsigned_receipt_rejected' }

  function changes(receipt: Receipt): readonly (readonly [Receipt, string])[] {
    const { signature: _signature, ...unsigned } = receipt
    const other = new Map([['app.other', Uint8Array.of(1)]])
    return [
      [{ ...receipt, sequence: receipt.sequence + 1 }, 'sequence_mismatch'],
      [{ ...receipt, contentHash: new Uint8Array(32) }, 'content_hash_mismatch'],
      [{ ...receipt, extensions: other }, 'extensions_mismatch'],
      [unsigned, 'missing_signature'],
      [{ ...receipt, signature: new Uint8Array(64) }, 'invalid_signature'],
      [{ ...receipt, keyId: new Uint8Array(32) }, 'zero_key_with_signature'],
      [{ ...receipt, keyId: new Uint8Array(32).fill(1) }, 'unknown_signing_key'],
    ]
  }
})

describe('keys of the reference', () => {
  it.each(['batch-options', 'denial-options', 'signed-writes', 'signed', 'idempotent', 'denial'])(
    'of %s are answered by single appends: its sequence, hash, extensions and place (W-60, W-62)',
    (name) => {
      const rows = rowsIn(name).filter((row) => row.eventId.startsWith('018bcfe5680070008000'))
      expect(rows.length).toBeGreaterThan(1)
      withStore(name, (store) => {
        const before = store.stats()
        for (const row of rows) {
          const idempotencyKey = row.eventId as IdempotencyKey
          const again = store.appendBytes(AT, KIND, Uint8Array.of(1), { idempotencyKey })
          expect(again).toMatchObject({ replayed: true, clock: row.clock, kind: row.kind })
          expect(again.coordinate).toEqual({ entity: row.entity, scope: row.scope })
          expect(printed(again)).toEqual({
            eventId: row.eventId,
            sequence: row.globalSequence,
            contentHash: row.contentHash,
            extensions: row.extensions,
            diskPos: { segmentId: row.segmentId, offset: row.offset, length: row.length },
          })
        }
        expect(store.stats()).toEqual(before)
      })
    },
  )

  it('are signed afresh, to the bytes that the reference signed (W-62, W-129, W-130)', () => {
    const [, second, third] = lives('signed-writes')
    const known = (life: readonly Answer[]): readonly PrintedReceipt[] =>
      printedReceipts(life).filter(({ eventId }) => eventId.startsWith('018bcfe5680070008000'))
    for (const [seed, receipts] of [
      [OLD, known(second!)],
      [NEW, known(third!)],
    ] as const) {
      withStore(
        'signed-writes',
        (store) => {
          for (const { eventId, keyId, signature } of receipts) {
            const idempotencyKey = eventId as IdempotencyKey
            const again = receiptToJson(
              store.appendBytes(AT, KIND, Uint8Array.of(1), { idempotencyKey }),
            )
            expect([again.keyId, again.signature]).toEqual([keyId, signature])
          }
        },
        { signingKeys: [seed] },
      )
      expect(receipts.length).toBeGreaterThan(4)
    }
  })

  it('of a batch are known as a batch, in any order; with a new one among them it is refused (W-66)', () => {
    withStore('batch-options', (store) => {
      const again = store.appendBatch([2, 4, 3].map((n) => keyed(n)))
      const sequences = [2, 4, 3].map((n) => rowOfKey('batch-options', n).globalSequence)
      expect(again.map(({ sequence }) => sequence)).toEqual(sequences)
      expect(again.every(({ replayed }) => replayed)).toBe(true)
      expect(() => store.appendBatch([keyed(2), keyed(500)])).toThrow(
        expect.objectContaining({ code: 'IdempotencyPartialBatch' }) as Error,
      )
    })
  })

  it('of denials are answered by denials, those of events too (W-125)', () => {
    withStore('denial-options', (store) => {
      const gates = gateSet([])
      const denial = deny('any', 'no')
      for (const n of [2, 3, 4, 5, 1]) {
        const options = { idempotencyKey: keyOf(n) }
        const again = store.appendDenial(AT, KIND, gates, denial, options)
        expect(again).toMatchObject({
          type: 'denial',
          replayed: true,
          sequence: rowOfKey('denial-options', n).globalSequence,
        })
        const verdict = store.verify(again)
        if (n === 1) expect(verdict).toMatchObject({ reason: 'denial_kind_mismatch' })
        else expect(verdict).toEqual({ outcome: 'unsigned_accepted' })
      }
    })
  })

  it('of cancelled events are free, of those under a fence that a crash left open known (W-68, W-92)', () => {
    withStore('fences-mixed', (store) => {
      // 13 and 33 were cancelled; 12 was, and then used again; 42 was under the open fence.
      for (const [n, replayed] of [
        [13, false],
        [33, false],
        [12, true],
        [42, true],
        [22, true],
      ] as const) {
        const receipt = store.appendBytes(AT, KIND, Uint8Array.of(1), { idempotencyKey: keyOf(n) })
        expect([n, receipt.replayed]).toEqual([n, replayed])
      }
    })
  })

  function printed(receipt: Receipt): object {
    const { eventId, sequence, contentHash, extensions, diskPos } = receiptToJson(receipt)
    return { eventId, sequence, contentHash, extensions, diskPos }
  }
})

describe('batches of the reference', () => {
  it('are the items in order, with causes, branches and correlation as given (W-73, W-79, W-80)', () => {
    const row = (n: number): DumpRow => rowOfKey('batch-options', n)
    expect([2, 3, 4, 5].map((n) => row(n).globalSequence)).toEqual([2, 3, 4, 5])
    expect([3, 4, 5, 6, 7, 8].map((n) => row(n).causationId)).toEqual(
      [2, 3, 1, 1, 6, 2].map((n) => keyOf(n)),
    )
    expect([2, 3, 6, 7, 8].map((n) => row(n).correlationId)).toEqual(
      [2, 901, 900, 900, 900].map((n) => keyOf(n)),
    )
    expect([row(3).lane, row(4).depth, row(5).depth]).toEqual([7, 0xffff_ffff, 2])
    expect(row(2).extensions).toEqual({ 'app.audit': '00c8ff7f80', 'app.empty': '' })
    expect([row(9).payload, row(10).payload, row(11).payload]).toEqual(['', 'c1', 'cd0001'])
  })

  it('are continued by one of ours: same clocks, same chain (W-33, W-35)', () => {
    withStore('batch-options', (store) => {
      const head = rowsIn('batch-options').findLast(({ entity }) => entity === 'order:1')!
      const at = { entity: 'order:1', scope: 'shop:eu' }
      const bytes = (n: number): Uint8Array => Uint8Array.of(n)
      const [first, second] = store.appendBatch([
        draftBytes(at, KIND, bytes(1)),
        draftBytes(at, KIND, bytes(2), { causedBy: prior(0) }),
      ])
      expect([first!.clock, second!.clock]).toEqual([head.clock + 1, head.clock + 2])
      expect(receiptToJson(first!).prevHash).toBe(head.eventHash)
      expect(second!.prevHash).toEqual(first!.contentHash)
      expect(store.get(second!.eventId).causationId).toBe(first!.eventId)
    })
  })

  it('killed behind two of four items: none of it is seen, its keys are free (W-75, W-167)', () => {
    expect(
      rowsIn('batch-killed')
        .map(({ eventId }) => eventId)
        .slice(1),
    ).toEqual([1, 2, 3].map((n) => keyOf(n)))
    withStore('batch-killed', (store) => {
      expect(store.diagnostics().openReport.healed).toMatchObject([{ reason: 'OpenBatch' }])
      const again = store.appendBatch([4, 5, 6, 7].map((n) => keyed(n)))
      expect(again.map(({ replayed }) => replayed)).toEqual([false, false, false, false])
    })
  })

  it('failed behind its first item: what it swallowed is lost on both sides, the rest is not (W-77, D-4)', () => {
    const keys = rowsIn('batch-failed')
      .map(({ eventId }) => eventId)
      .slice(1)
    expect(keys).toEqual([1, 8, 9, 10].map((n) => keyOf(n)))
    // The reference had acknowledged all six, under sequences that it gives again (D-3).
    const acknowledged = printedReceipts(lives('batch-failed')[0]!)
    expect(acknowledged.map(({ sequence }) => sequence)).toEqual([1, 5, 6, 7, 8, 9, 10])
    const store = Store.openReadOnly({ dataDir: copyOfFixture('batch-failed') })
    const rows = new Map(rowsIn('batch-failed').map((row) => [row.eventId, row]))
    const reasons = acknowledged.map((receipt) => {
      const row = rows.get(receipt.eventId) ?? rows.values().next().value!
      const verdict = store.verify(wholeReceipt(receipt, row))
      return 'reason' in verdict ? verdict.reason : verdict.outcome
    })
    const missing = 'missing_committed_event'
    const moved = 'sequence_mismatch'
    expect(reasons).toEqual(['unsigned_accepted', missing, missing, missing, moved, moved, moved])
    store.close()
  })
})

describe('fences of the reference', () => {
  it('are hidden when cancelled, seen when published or left open by a crash (W-86 … W-92)', () => {
    const notes = rowsIn('fences-mixed').flatMap((row) => numberIn(row) ?? [])
    expect(notes).toEqual([1, 2, 20, 21, 22, 23, 3, 5, 12, 40, 41, 42, 43])
    const settled = lives('fences-mixed').flatMap((life) =>
      life.flatMap((answer) => answer.settled ?? []),
    )
    expect(
      settled.filter(({ error }) => error?.variant === 'VisibilityFenceCancelled'),
    ).toHaveLength(6)
  })

  it('keep their hidden ranges when we cancel one more (W-87)', () => {
    const dataDir = copyOfFixture('fences-mixed')
    const ranges = (): string =>
      readFileSync(join(dataDir, 'visibility_ranges.fbv')).subarray(12).toString('hex')
    const before = ranges()
    const store = Store.open({ dataDir })
    const next = store.stats().globalSequence
    const fence = store.beginFence()
    fence.appendBatch([keyed(600), keyed(601)])
    fence.cancel()
    store.close()
    const range = (start: number, end: number): string =>
      `82a57374617274${byte(start)}a3656e64${byte(end)}`
    expect(before).toBe(`81a672616e67657392${range(2, 6)}${range(12, 16)}`)
    expect(ranges()).toBe(
      `81a672616e67657393${range(2, 6)}${range(12, 16)}${range(next, next + 2)}`,
    )
    const rows = observe(dataDir).rows.filter((row) => row.globalSequence < next - 1)
    expect(rows).toEqual(rowsIn('fences-mixed'))
  })

  it('are followed by ours: an entity goes on from its newest event that is seen (W-91, D-1)', () => {
    withStore('fences-mixed', (store) => {
      for (const entity of ['order:1', 'order:2', 'order:3', 'order:4']) {
        const head = rowsIn('fences-mixed').findLast((row) => row.entity === entity)!
        const cancelled = store.beginFence()
        cancelled.appendBatch([plainAt(entity)])
        cancelled.cancel()
        const fence = store.beginFence()
        const pending = fence.appendBatch([plainAt(entity), plainAt(entity)])
        fence.publish()
        const [first, second] = pending.receipt()
        expect([entity, first!.clock, second!.clock]).toEqual([
          entity,
          head.clock + 1,
          head.clock + 2,
        ])
        expect(receiptToJson(first!).prevHash).toBe(head.eventHash)
      }
    })
  })

  const byte = (n: number): string => n.toString(16).padStart(2, '0')
  const plainAt = (entity: string): Draft =>
    draftBytes({ entity, scope: 'shop:eu' }, KIND, Uint8Array.of(1))
})

describe('denials of the reference', () => {
  const gates = gateSet(['stock', 'credit', 'fraud'].map((name) => gate(name, () => undefined)))
  const limit = (n: number): ReturnType<typeof deny> =>
    deny('credit', `over the limit, ${n}`, {
      code: 'LIMIT',
      context: [
        ['limit', '100'],
        ['', 'é'],
      ],
    })
  const proposed = { contentHash: new Uint8Array(32).fill(0xab), pipelineId: 'checkout' }

  it('have the payload that we write for the same denial, byte for byte (W-122, W-123)', () => {
    withStore('denial-options', (store) => {
      for (const [n, denial] of [
        [2, limit(2)],
        [3, limit(3)],
        [4, deny('none of them', '🦊')],
      ] as const) {
        const receipt = store.appendDenial(AT, KIND, gates, denial, proposed)
        const row = rowOfKey('denial-options', n)
        expect(receiptToJson(receipt).contentHash).toBe(row.contentHash)
        expect(hexOf(store.get(receipt.eventId).payloadBytes)).toBe(row.payload)
      }
    })
  })

  // Defect: ours are "" and 32 zeros.
  it('without pipeline and content hash have nil there, as ours (W-122)', () => {
    withStore('denial-options', (store) => {
      const receipt = store.appendDenial(AT, KIND, gates, limit(6))
      const row = rowsIn('denial-options').find(({ payload }) =>
        payload?.includes(hexOf(text(', 6'))),
      )
      expect(hexOf(store.get(receipt.eventId).payloadBytes)).toBe(row!.payload)
    })
  })

  it('are events of their entity: clocks, chain, causes and extensions as given (W-122, W-125)', () => {
    const row = (n: number): DumpRow => rowOfKey('denial-options', n)
    expect([1, 2, 3, 8].map((n) => [row(n).kind, row(n).clock])).toEqual([
      [KIND, 0],
      [0xf, 1],
      [0xf, 2],
      [KIND, 3],
    ])
    expect([2, 3].map((n) => row(n).prevHash)).toEqual([1, 2].map((n) => row(n).eventHash))
    expect(row(2)).toMatchObject({ causationId: keyOf(1), extensions: { 'app.audit': '00c8ff' } })
    expect(row(3)).toMatchObject({ correlationId: keyOf(900), lane: 3, depth: 1, flags: 5 })
    // A name that is not ASCII is stored in hex there, and refused here (W-124).
    expect(row(5).payload).toContain(hexOf(text('invalid:c3a9')))
    expect(() => gate('é', () => undefined)).toThrow(RangeError)
  })

  const text = (value: string): Uint8Array => new TextEncoder().encode(value)
})

it('signed-writes: a rebuild of the reference loses extensions behind footers, ours does not (DEV-15)', () => {
  const { dump, rebuild } = fixture('signed-writes')
  const store = Store.openReadOnly({ dataDir: copyOfFixture('signed-writes') })
  const rows = rowsOf(store)
  store.close()
  expect(rows).toEqual(dump.rows.map(({ value: _value, valueError: _error, ...row }) => row))
  const bare = (all: readonly DumpRow[]): number[] =>
    all.filter((row) => Object.keys(row.extensions).length > 0).map((row) => row.segmentId)
  expect(bare(rows)).toEqual([1, 1, 2, 2, 3, 3])
  expect(bare(rebuild.rows)).toEqual([2, 2])
})

function keyed(n: number): Draft {
  return draftBytes(AT, KIND, Uint8Array.of(n % 128), { idempotencyKey: keyOf(n) })
}

function rowOfKey(name: string, n: number): DumpRow {
  return rowsIn(name).find(({ eventId }) => eventId === keyOf(n))!
}

/** The `n` of an event's payload `{ n, note }`. */
function numberIn(row: DumpRow): number | undefined {
  const found = /^82a16e([0-7][0-9a-f])a46e6f7465/.exec(row.payload ?? '')?.[1]
  return found === undefined ? undefined : Number.parseInt(found, 16)
}

function hexOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}
