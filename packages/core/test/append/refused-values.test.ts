/** What an append refuses early, and what a refusal leaves behind. */
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { defineEvent, type EventKind } from '../../src/index.ts'
import { openStore, stateOf } from '../support/api-store.ts'

const Anything = defineEvent<unknown>({ name: 'Anything', category: 0xf, typeId: 1 })
const AT = { entity: 'a', scope: 's' }

it('a large value that contains itself is refused after a few turns, not after a thousand (W-26)', () => {
  const store = openStore()
  const value: Record<string, unknown> = { big: 'x'.repeat(1_000_000) }
  value['self'] = value
  const before = process.memoryUsage().rss
  expect(() => store.append(AT, Anything, value)).toThrow(
    expect.objectContaining({ code: 'Serialization', message: expect.stringContaining('self') }),
  )
  expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024)
  // What encodes beside it afterwards is not taken for a container of the refused value.
  expect(store.append(AT, Anything, { again: [value['big'], [1], [1]] }).sequence).toBe(1)
})

it('a container that stands twice beside itself is no cycle', () => {
  const store = openStore()
  const shared = { x: 1 }
  let deep: unknown = [shared, shared]
  for (let i = 0; i < 20; i += 1) deep = { shared, deep }
  const { eventId } = store.append(AT, Anything, deep)
  expect(store.get(eventId).payload).toEqual(deep)
})

it.each([0x0000, 0x0123, 0x0fff, 0xd000, 0xd003, 0xdfff])(
  'the reserved kind %i without a name is refused, because a reopen would read another kind (W-22, W-23)',
  (reserved) => {
    const store = openStore()
    const before = stateOf(store)
    expect(() => store.appendBytes(AT, reserved as EventKind, Uint8Array.of(1))).toThrow(
      expect.objectContaining({ code: 'ReservedKind', kind: reserved }),
    )
    expect(stateOf(store)).toEqual(before)
  },
)

it('one huge event does not keep its buffers: memory comes back', () => {
  const store = openStore({ singleAppendMaxBytes: 64 * 1024 * 1024 })
  store.append(AT, Anything, { big: 'y'.repeat(30_000_000) })
  for (let i = 0; i < 3; i += 1) store.append(AT, Anything, { i })
  const { dataDir } = store.diagnostics()
  expect(readFileSync(join(dataDir, '000001.fbat')).length).toBeGreaterThan(30_000_000)
})
