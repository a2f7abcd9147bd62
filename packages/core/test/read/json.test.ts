/** Events as JSON: everything is there, and nothing throws. */
import { expect, it } from 'vitest'
import { defineEvent } from '../../src/index.ts'
import { openStore } from '../support/api-store.ts'

const Anything = defineEvent<unknown>({ name: 'Anything', category: 0xf, typeId: 1 })

it('JSON.stringify of an event has bytes as hex and large integers as decimal strings', () => {
  const store = openStore()
  const value = { n: 18446744073709551615n, list: [1, 2n ** 60n], text: 'é', nothing: null }
  const extensions = new Map([['acme.t', Uint8Array.of(1, 255)]])
  const { eventId } = store.append({ entity: 'a', scope: 's' }, Anything, value, { extensions })
  const json = JSON.parse(JSON.stringify(store.get(eventId))) as Record<string, unknown>
  expect(json).toMatchObject({
    eventId,
    sequence: 1,
    entity: 'a',
    payload: {
      n: '18446744073709551615',
      list: [1, '1152921504606846976'],
      text: 'é',
      nothing: null,
    },
    extensions: { 'acme.t': '01ff' },
    prevHash: '00'.repeat(32),
    diskPos: { segmentId: 1 },
  })
  expect(json['payloadBytes']).toBe(Buffer.from(store.get(eventId).payloadBytes).toString('hex'))
  const entry = JSON.parse(JSON.stringify(store.entry(eventId))) as Record<string, unknown>
  expect(entry).toMatchObject({ eventId, extensions: { 'acme.t': '01ff' } })
  expect(entry).not.toHaveProperty('payload')
})

it('an iterator that is left early ends, and stays ended', () => {
  const store = openStore()
  for (let i = 0; i < 5; i += 1) store.append({ entity: 'a', scope: 's' }, Anything, i)
  const entries = store.entries()
  for (const entry of entries) if (entry.sequence === 2) break
  expect([...entries]).toEqual([])
})
