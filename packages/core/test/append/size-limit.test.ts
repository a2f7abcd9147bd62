/** The size limit of one append: payload and receipt extensions together, to the byte. */
import { describe, expect, it } from 'vitest'
import { Noted, at } from '../support/api-events.ts'
import { refusal } from '../support/api-errors.ts'
import { openStore, stateOf } from '../support/api-store.ts'

/** Key, lengths and bytes of one extension in MessagePack: `81 a6 "acme.t" 93 01 02 03`. */
const extensions = new Map([['acme.t', Uint8Array.of(1, 2, 3)]])
const EXTENSION_BYTES = 1 + 1 + 6 + 1 + 3

describe('singleAppendMaxBytes', () => {
  it.each([1, 2, 100, 5000])(
    'W-48 of %i takes a payload of that many bytes and no more',
    (limit) => {
      const store = openStore({ singleAppendMaxBytes: limit })
      const { eventId } = store.appendBytes(at('a'), Noted.kind, new Uint8Array(limit))
      expect(store.get(eventId).payloadBytes).toHaveLength(limit)
      const before = stateOf(store)
      const error = refusal('Configuration', () =>
        store.appendBytes(at('a'), Noted.kind, new Uint8Array(limit + 1)),
      )
      expect(error.message).toContain(`${limit + 1} bytes`)
      expect(error.message).toContain(`singleAppendMaxBytes, ${limit}`)
      expect(stateOf(store)).toEqual(before)
    },
  )

  it('W-48 counts the encoded payload of a typed append', () => {
    const limit = Noted.encode({ n: 1 }).length
    const store = openStore({ singleAppendMaxBytes: limit })
    store.append(at('a'), Noted, { n: 127 })
    refusal('Configuration', () => store.append(at('a'), Noted, { n: 128 }))
  })

  it('W-48 counts extensions as they are stored, and none as nothing', () => {
    const store = openStore({ singleAppendMaxBytes: EXTENSION_BYTES + 10 })
    store.appendBytes(at('a'), Noted.kind, new Uint8Array(10), { extensions })
    refusal('Configuration', () =>
      store.appendBytes(at('a'), Noted.kind, new Uint8Array(11), { extensions }),
    )
    const most = new Uint8Array(EXTENSION_BYTES + 10)
    store.appendBytes(at('a'), Noted.kind, most, { extensions: new Map() })
  })

  it('W-48 counts an extension byte above 127 as the two bytes it takes', () => {
    const store = openStore({ singleAppendMaxBytes: EXTENSION_BYTES + 1 })
    const high = new Map([['acme.t', Uint8Array.of(1, 2, 128)]])
    store.appendBytes(at('a'), Noted.kind, new Uint8Array(0), { extensions: high })
    refusal('Configuration', () =>
      store.appendBytes(at('a'), Noted.kind, new Uint8Array(1), { extensions: high }),
    )
  })

  it('does not apply to the events that batpak itself appends', () => {
    const store = openStore({ singleAppendMaxBytes: 1 })
    store.close()
  })

  it('is 16 MiB by default', () => {
    const store = openStore()
    const payload = new Uint8Array(16 * 1024 * 1024)
    expect(store.appendBytes(at('a'), Noted.kind, payload).clock).toBe(0)
    const error = refusal('Configuration', () =>
      store.appendBytes(at('a'), Noted.kind, new Uint8Array(payload.length + 1)),
    )
    expect(error.message).toContain('16777217 bytes')
  })
})
