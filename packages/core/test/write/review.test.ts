/** What reviewers have found by breaking the write side: each case once failed. */
import { readdirSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { Writer } from '../../src/encoding/writer.ts'
import { deny, gate, gateSet, guard } from '../../src/gate.ts'
import { Kind, Store, draft, idempotencyKey } from '../../src/index.ts'
import { refusal } from '../support/api-errors.ts'
import { Noted, at } from '../support/api-events.ts'
import { FaultPlatform } from '../support/api-faults.ts'
import { freshDir, openStore } from '../support/api-store.ts'

it('W-41 a hash that is transferred away takes nothing along: other receipts and stores go on', () => {
  const store = openStore()
  const first = store.append(at('a'), Noted, { n: 1 })
  const second = store.append(at('a'), Noted, { n: 2 })
  try {
    structuredClone(first.contentHash, { transfer: [first.contentHash.buffer as ArrayBuffer] })
  } catch (error) {
    expect(error).toMatchObject({ name: 'DataCloneError' })
  }
  expect(store.verify(second).outcome).toBe('unsigned_accepted')
  expect(store.append(at('a'), Noted, { n: 3 }).contentHash).toHaveLength(32)
  expect(openStore().append(at('a'), Noted, { n: 1 }).sequence).toBe(1)
})

it('W-94 W-68 a fenced batch that replays visible and pending events is pending', () => {
  const store = openStore()
  const [visible, pending] = [idempotencyKey('t', 'visible'), idempotencyKey('t', 'pending')]
  const item = (idempotencyKey: typeof visible): ReturnType<typeof draft> =>
    draft(at('a'), Noted, { n: 1 }, { idempotencyKey })
  store.appendBatch([item(visible)])
  const fence = store.beginFence()
  fence.appendBatch([item(pending)])
  const both = fence.appendBatch([item(pending), item(visible)])
  expect(both.state).toBe('pending')
  fence.cancel()
  refusal('VisibilityFenceCancelled', () => both.receipt())
})

it('W-112 a background sync whose descriptor does not close has synced all the same', async () => {
  const platform = new FaultPlatform()
  const store = openStore({ platform })
  const { sequence } = store.append(at('a'), Noted, { n: 1 })
  const undo = platform.override('close', (close) => (fd) => {
    close(fd)
    throw Object.assign(new Error('injected'), { code: 'EIO', syscall: 'close' })
  })
  expect((await store.syncAsync()).sequence).toBe(sequence)
  undo()
  expect(store.frontier().durableHlc.sequence).toBe(sequence)
})

it('W-122 denials of one key that differ in words alone are two events, equal ones are one', () => {
  const store = openStore({ requireIdempotencyKeys: true })
  let message = 'too much'
  const gates = gateSet([gate<object>('limit', () => deny('limit', message))])
  const request = {
    at: at('a'),
    type: Noted,
    value: { n: 1 },
    gates,
    ctx: {},
    onDenial: 'record',
    idempotencyKey: idempotencyKey('t', 'once'),
  } as const
  guard(store, request)
  guard(store, request)
  message = 'still too much'
  guard(store, request)
  expect(store.count({ kind: Kind.SYSTEM_DENIAL })).toBe(2)
  expect(store.has(idempotencyKey('t', 'once') as string as never)).toBe(false)
})

it('a close whose fence cannot be cancelled says so, and releases everything', () => {
  const platform = new FaultPlatform()
  const dataDir = freshDir()
  const store = Store.open({ dataDir, platform })
  store.beginFence().append(at('a'), Noted, { n: 1 })
  platform.refuse = (call) => (call.name === 'rename' ? 'EIO' : undefined)
  refusal('Io', () => store.close())
  expect(openStore({ dataDir }).count({ entity: 'a' })).toBe(1)
})

it('D3 no segment is begun that could not be numbered: the append is refused, nothing is written', () => {
  const dataDir = freshDir()
  openStore({ dataDir }).close()
  renameSync(join(dataDir, '000001.fbat'), join(dataDir, '4294967293.fbat'))
  const store = openStore({ dataDir, segmentMaxBytes: 600 })
  const before = readdirSync(dataDir)
  const error = refusal('Configuration', () => store.append(at('a'), Noted, { n: 1 }))
  expect(error.message).toContain('4294967294')
  expect(readdirSync(dataDir)).toEqual(before)
})

it('a sealed last segment is synced by the next open, as one without a footer is', () => {
  const dataDir = freshDir()
  openStore({ dataDir }).close()
  const platform = new FaultPlatform()
  openStore({ dataDir, platform })
  const calls = platform.calls.map(({ name, file }) => `${name} ${file}`)
  const synced = calls.indexOf('fsync 000001.fbat')
  expect(synced).toBeGreaterThan(0)
  expect(synced).toBeLessThan(calls.findIndex((call) => call.startsWith('rename')))
})

it('a kept view of a writer is of the bytes it has now, not of those before it grew', () => {
  const out = new Writer(16)
  out.raw(Uint8Array.of(1, 2, 3))
  expect([...out.view(0, 3)]).toEqual([1, 2, 3])
  out.ensure(1000)
  out.pos = 0
  out.raw(Uint8Array.of(4, 5, 6))
  expect([...out.view(0, 3)]).toEqual([4, 5, 6])
})
