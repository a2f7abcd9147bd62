// `batpak cat`: one event with everything that is known of it.
import { Store } from '@batpak/core'
import { expect, it } from 'vitest'
import { batpak } from './support/run.ts'
import { copyStore, firstEventId, sharedTempDir } from './support/stores.ts'

const parent = sharedTempDir()
const clean = copyStore('clean', parent)

it('prints header, hashes, place and payload', async () => {
  const { code, out, err } = await batpak(['cat', clean, firstEventId])
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(out).toMatch(/^event +018bcfe5680070008000000000000001$/m)
  expect(out).toMatch(/^kind +0xA007$/m)
  expect(out).toMatch(/^timestamp +1700000000001500 us \(2023-11-14T22:13:20\.001500Z\)$/m)
  expect(out).toMatch(/^on disk +segment 1, offset \d+, 489 bytes$/m)
  expect(out).toMatch(/\n\npayload \(28 bytes\)\n\{ n: 1, note: 'event 1 of order:2' \}\n$/)
})

it('--raw is the stored payload and nothing else', async () => {
  const { code, bytes, err } = await batpak(['cat', clean, firstEventId, '--raw'])
  const store = Store.openUnlocked({ dataDir: clean })
  const stored = store.get(firstEventId as never).payloadBytes
  store.close()
  expect({ code, err }).toEqual({ code: 0, err: '' })
  expect(bytes).toEqual(Buffer.from(stored))
})

it('--json has the decoded payload and its bytes', async () => {
  const { out } = await batpak(['cat', clean, firstEventId, '--json'])
  expect(JSON.parse(out)).toMatchObject({
    schema: 'batpak.cli/cat@1',
    ok: true,
    event: {
      sequence: '1',
      eventId: firstEventId,
      kind: '0xA007',
      timestampUs: '1700000000001500',
      timestamp: '2023-11-14T22:13:20.001500Z',
      payload: { n: 1, note: 'event 1 of order:2' },
      payloadBytes: '82a16e01a46e6f7465b26576656e742031206f66206f726465723a32',
      extensions: {},
    },
  })
})

it('takes the id with its prefix, and alone when the directory is known', async () => {
  const env = { BATPAK_DIR: clean }
  for (const args of [[`event:${firstEventId}`], [clean, `event:${firstEventId}`]]) {
    expect((await batpak(['cat', ...args], { env })).code).toBe(0)
  }
})

it('an unknown id is exit 4', async () => {
  const { code, err } = await batpak(['cat', clean, 'f'.repeat(32)])
  expect(code).toBe(4)
  expect(err).toMatch(/\(NotFound\)\nhint: `batpak log`/)
})

it('a hidden event is not found either', async () => {
  const dir = copyStore('fence-cancelled', parent)
  const store = Store.openUnlocked({ dataDir: dir })
  const visible = new Set([...store.entries()].map(({ eventId }) => eventId as string))
  store.close()
  const { out } = await batpak(['inspect', dir, '--segment', '1', '--json'])
  const { frames } = JSON.parse(out) as { frames: { role: string; eventId: string }[] }
  const hidden = frames.find(({ role, eventId }) => role === 'event' && !visible.has(eventId))!
  expect((await batpak(['cat', dir, hidden.eventId])).code).toBe(4)
})

it('receipt extensions and signatures are shown', async () => {
  const dir = copyStore('extensions', parent)
  const store = Store.openUnlocked({ dataDir: dir })
  const extended = [...store.events()].find(({ extensions }) => extensions.size > 0)!
  const [key, value] = [...extended.extensions][0]!
  store.close()
  const { out } = await batpak(['cat', dir, extended.eventId, '--json'])
  expect(JSON.parse(out)).toMatchObject({
    event: { extensions: { [key]: Buffer.from(value).toString('hex') } },
  })
  expect((await batpak(['cat', dir, extended.eventId])).out).toContain(
    Buffer.from(value).toString('hex'),
  )
})

it('R-27: every payload of every shape has a text and a document', async () => {
  const dir = copyStore('payload-shapes', parent)
  const store = Store.openUnlocked({ dataDir: dir })
  const events = [...store.events()]
  store.close()
  // Those that JSON or MessagePack values cannot show are the interesting ones.
  const odd = events.filter((event) => {
    try {
      return /\$|null/.test(JSON.stringify(event.payload)) || typeof event.payload === 'bigint'
    } catch {
      return true
    }
  })
  expect(odd.length).toBeGreaterThan(3)
  for (const { eventId, payloadBytes } of odd.slice(0, 12)) {
    const { code, out } = await batpak(['cat', dir, eventId, '--json'])
    expect(code).toBe(0)
    const { event } = JSON.parse(out) as { event: Record<string, unknown> }
    expect(event['payloadBytes']).toBe(Buffer.from(payloadBytes).toString('hex'))
    expect('payload' in event || 'payloadError' in event).toBe(true)
  }
})

it('R-28: a rewritten payload is shown, and said to be one', async () => {
  const dir = copyStore('compacted-tombstone', parent)
  const store = Store.openUnlocked({ dataDir: dir })
  const rewritten = [...store.events()].find((event) => event.payloadRewritten === true)!
  store.close()
  const { out } = await batpak(['cat', dir, rewritten.eventId])
  expect(out).toMatch(/^payload \(\d+ bytes, rewritten by a compaction\)$/m)
})

it('damage elsewhere stops it, with the command that says more', async () => {
  const { code, err } = await batpak(['cat', copyStore('flipped-frame', parent), firstEventId])
  expect(code).toBe(1)
  expect(err).toMatch(/batpak verify/)
})
