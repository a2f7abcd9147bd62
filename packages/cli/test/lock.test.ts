// Who may read when: the lock of a store, and reading beside its owner.
import { chmodSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { batpak } from './support/run.ts'
import { holdStore } from './support/holder.ts'
import { copyStore, fingerprintOf, firstEventId, tempDir } from './support/stores.ts'

const reads = [['log'], ['cat', firstEventId], ['verify']]

describe('a store that another process has open', () => {
  it('is exit 11 with a hint, and read with --unlocked', async () => {
    const dir = copyStore('clean')
    await holdStore(dir)
    for (const args of reads) {
      const refused = await batpak([...args, '-C', dir])
      expect(refused.code).toBe(11)
      expect(refused.out).toBe('')
      expect(refused.err).toMatch(/locked by another owner \(StoreLocked\)\nhint: add --unlocked/)
      const read = await batpak([...args, '-C', dir, '--unlocked'])
      expect(read.code).toBe(0)
      expect(read.err).toBe('note: reading without the lock (--unlocked)\n')
    }
    const json = await batpak(['log', dir, '--json'])
    expect(JSON.parse(json.out)).toMatchObject({ ok: false, error: { code: 'StoreLocked' } })
  })

  it.skipIf(process.platform !== 'linux').each(['', 'flock(1)'])(
    'is shown by inspect, with its owner (lock backend %j)',
    async (backend) => {
      const dir = copyStore('clean')
      const pid = await holdStore(dir, backend === '' ? {} : { BATPAK_LOCK: backend })
      const { code, out } = await batpak(['inspect', dir, '--json'])
      expect(code).toBe(0)
      expect(JSON.parse(out)).toMatchObject({ lock: { state: 'held', holders: [{ pid }] } })
      const text = await batpak(['inspect', dir])
      expect(text.out).toMatch(new RegExp(`^lock +held by process ${pid} \\(.+\\)$`, 'm'))
    },
  )

  it('sees what its owner appended meanwhile', async () => {
    const dir = copyStore('clean')
    const before = await batpak(['log', dir])
    await holdStore(dir)
    const { out } = await batpak(['log', dir, '--unlocked', '--quiet'])
    expect(out.split('\n')).toHaveLength(before.out.split('\n').length + 1) // its OPEN event
  })
})

it('reading never keeps a writer out: the lock is free as soon as the output begins', async () => {
  const dir = copyStore('clean')
  const [listed, pid] = await Promise.all([batpak(['log', dir]), holdStoreWhenFree(dir)])
  expect(listed.code === 0 || listed.code === 11).toBe(true)
  expect(pid).toBeGreaterThan(0)
})

it('without a lock file nothing is locked, and nothing is created', async () => {
  const dir = copyStore('clean')
  rmSync(join(dir, '.batpak.lock'))
  const before = fingerprintOf(dir)
  for (const args of reads) {
    const { code, err } = await batpak([...args, '-C', dir])
    expect(code).toBe(0)
    expect(err).toBe('note: reading without the lock: there is no lock file\n')
  }
  expect(fingerprintOf(dir)).toBe(before)
  expect((await batpak(['inspect', dir])).out).toMatch(/^lock +no lock file$/m)
})

it('where nothing can lock, a store is still read', async () => {
  const dir = copyStore('clean')
  const { code, err } = await batpak(['log', dir], { env: { BATPAK_LOCK: 'off' } })
  expect(code).toBe(0)
  expect(err).toMatch(/^note: reading without the lock: .*BATPAK_LOCK=off.*; unset BATPAK_LOCK/)
  expect(err).not.toMatch(/install/)
})

const root = process.getuid?.() === 0

it.skipIf(process.platform === 'win32')(
  'a directory and files that may only be read are read, by a user without privileges',
  async () => {
    const parent = tempDir()
    chmodSync(parent, 0o755)
    const dir = copyStore('clean', parent)
    for (const name of ['000001.fbat', 'index.fbati', '.batpak.lock'])
      chmodSync(join(dir, name), 0o444)
    chmodSync(dir, 0o555)
    const before = fingerprintOf(dir)
    for (const args of [...reads, ['inspect']]) {
      const { code, err, out } = await batpak([...args, '-C', dir], root ? { uid: 65534 } : {})
      expect({ code, err: err.replace(/EACCES.*/, 'EACCES') }).toEqual({
        code: 0,
        err: args[0] === 'inspect' ? '' : 'note: reading without the lock: EACCES\n',
      })
      expect(out).not.toBe('')
    }
    expect(fingerprintOf(dir)).toBe(before)
    chmodSync(dir, 0o755) // so that it can be removed
  },
)

it.skipIf(process.platform === 'win32')('a directory that may not be read is exit 1', async () => {
  const parent = tempDir()
  chmodSync(parent, 0o755)
  const dir = copyStore('clean', parent)
  chmodSync(dir, 0)
  const { code, err } = await batpak(['verify', dir], root ? { uid: 65534 } : {})
  expect(code).toBe(1)
  expect(err).toMatch(/EACCES/)
  chmodSync(dir, 0o755)
})

async function holdStoreWhenFree(dir: string): Promise<number> {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await holdStore(dir)
    } catch (error) {
      if (attempt === 5) throw error
    }
  }
}
