// `batpak log`: pages of events in commit order.
import { Store, defineEvent } from '@batpak/core'
import { describe, expect, it } from 'vitest'
import { batpak } from './support/run.ts'
import { copyStore, sharedTempDir, tempDir } from './support/stores.ts'

const clean = copyStore('clean', sharedTempDir())

async function sequences(...options: string[]): Promise<number[]> {
  const { code, out } = await batpak(['log', clean, '--json', ...options])
  expect(code).toBe(0)
  const lines = out.split('\n').filter((line) => line !== '')
  return lines.map((line) => Number((JSON.parse(line) as { sequence: string }).sequence))
}

it('lists what the library lists, one JSON document per line', async () => {
  const { out } = await batpak(['log', clean, '--json'])
  const store = Store.openUnlocked({ dataDir: clean })
  const entries = [...store.entries()]
  store.close()
  const documents = out
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>)
  expect(documents).toHaveLength(entries.length)
  for (const [i, entry] of entries.entries()) {
    expect(documents[i]).toMatchObject({
      schema: 'batpak.cli/log@1',
      sequence: String(entry.sequence),
      eventId: entry.eventId,
      entity: entry.entity,
      scope: entry.scope,
      clock: entry.clock,
      wallMs: String(entry.wallMs),
      time: new Date(entry.wallMs).toISOString(),
      eventHash: Buffer.from(entry.eventHash).toString('hex'),
      diskPos: { segmentId: String(entry.diskPos.segmentId), offset: String(entry.diskPos.offset) },
    })
  }
  expect(documents[0]).toMatchObject({ kind: '0x0008', kindName: 'SYSTEM_OPEN_COMPLETED' })
  expect(documents[1]).not.toHaveProperty('kindName')
})

it('prints one line per event for people', async () => {
  const { out, err } = await batpak(['log', clean])
  expect(err).toBe('')
  expect(out.split('\n')[1]).toBe(
    '  1  2023-11-14T22:13:20.001Z  018bcfe5680070008000000000000001  0xA007    0 order:2 @ shop:eu',
  )
  expect(out.split('\n')).toHaveLength(9)
})

describe('options', () => {
  it.each([
    [
      ['--after', '5'],
      [6, 7],
    ],
    [
      ['--limit', '2'],
      [0, 1],
    ],
    [
      ['--after', '1', '--limit', '2'],
      [2, 3],
    ],
    [
      ['--reverse', '--limit', '2'],
      [7, 6],
    ],
    [
      ['--reverse', '--after', '2'],
      [1, 0],
    ],
    [
      ['--entity', 'order'],
      [1, 3, 4, 6],
    ],
    [
      ['--entity', 'order:1'],
      [3, 6],
    ],
    [['--scope', 'shop:eu', '--limit', '1'], [1]],
    [
      ['--kind', '0xA007', '--entity', 'customer'],
      [2, 5],
    ],
    [['--kind', '40967', '--limit', '1'], [1]],
    [['--kind', 'system_close_completed'], [7]],
    [
      ['--kind', 'category:0xa'],
      [1, 2, 3, 4, 5, 6],
    ],
    [['--entity', 'nobody'], []],
    [['--after', '7'], []],
  ] as [string[], number[]][])('%j gives %j', async (options, wanted) => {
    expect(await sequences(...options)).toEqual(wanted)
  })

  it('a page that is not the last says how to go on, and only then', async () => {
    const more = await batpak(['log', clean, '--limit', '3'])
    expect(more.err).toBe('note: more events follow: add --after 2\n')
    const whole = await batpak(['log', clean, '--limit', '8'])
    expect(whole.err).toBe('')
    const quiet = await batpak(['log', clean, '--limit', '3', '--quiet'])
    expect(quiet.err).toBe('')
  })
})

it('a store without events lists nothing', async () => {
  const { code, out } = await batpak(['log', copyStore('read-only-touched')])
  expect({ code, out }).toEqual({ code: 0, out: '' })
})

it('hidden events are not listed', async () => {
  const { out } = await batpak(['log', copyStore('fence-cancelled')])
  expect(out.split('\n')).toHaveLength(8 + 1)
})

it('a damaged store is exit 1 with the command that says more', async () => {
  const dir = copyStore('flipped-frame')
  const { code, out, err } = await batpak(['log', dir])
  expect({ code, out }).toEqual({ code: 1, out: '' })
  expect(err).toMatch(/^batpak: CRC mismatch in segment 1 at offset 2615.*\(CrcMismatch\)$/m)
  expect(err).toContain(`hint: run \`batpak verify ${dir}\``)
})

it('nothing in a name moves the cursor of who reads it', async () => {
  const dir = tempDir()
  const store = Store.open({ dataDir: dir })
  const Noted = defineEvent({ name: 'Noted', category: 0xf, typeId: 1 })
  store.append({ entity: 'a\u009b2J\u202eb', scope: 'emoji 🎉 字' }, Noted, { text: '\u001b[2J' })
  store.close()
  const { out } = await batpak(['log', dir, '--kind', '0xF001'])
  expect(out).toMatch(/a\\u\{9b\}2J\\u\{202e\}b @ emoji 🎉 字\n$/)
  const id = /[0-9a-f]{32}/.exec(out)![0]
  const cat = await batpak(['cat', dir, id])
  expect(cat.out).toMatch(/^entity +a\\u\{9b\}2J\\u\{202e\}b$/m)
  for (const char of ['\u001b', '\u009b', '\u202e']) expect(`${out}${cat.out}`).not.toContain(char)
})
