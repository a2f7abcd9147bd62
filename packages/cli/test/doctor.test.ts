// `batpak doctor`, which must work where a store cannot open.
import { cpSync, mkdirSync, readdirSync, symlinkSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { batpak, bin } from './support/run.ts'
import { tempDir } from './support/stores.ts'

it('names every backend and why it is not the one that is used', async () => {
  const { code, out } = await batpak(['doctor'])
  expect(code).toBe(0)
  for (const name of ['fs-ext', 'koffi', 'flock(1)', 'mmap-io', 'node:ffi']) {
    const line = out.split('\n').find((text) => text.trim().startsWith(name))
    expect(line).toMatch(/ {2}(used|works too, not needed|not needed|not installed|.* .*)$/)
  }
  expect(out).toMatch(/^lock: (?!none)/m)
})

it('exits with 12 and names the repair where nothing locks', async () => {
  const { code, out } = await batpak(['doctor'], { env: { BATPAK_LOCK: 'off' } })
  expect(code).toBe(12)
  expect(out).toMatch(/^lock: none$/m)
  expect(out).toMatch(/repair, one of:\n +this shell:\n +unset BATPAK_LOCK\n/)
  expect(out).toMatch(/nothing can lock here/)
  const json = await batpak(['doctor', '--json'], { env: { BATPAK_LOCK: 'off' } })
  expect(json.code).toBe(12)
  expect(JSON.parse(json.out)).toMatchObject({
    schema: 'batpak.cli/doctor@1',
    ok: false,
    backends: { lock: { backend: 'none' } },
  })
  // Where maps are missing too, there is more to repair.
  const { repairs } = JSON.parse(json.out) as { repairs: readonly object[] }
  expect(repairs[0]).toEqual({ for: 'this shell', steps: [{ run: 'unset BATPAK_LOCK' }] })
})

it('is content without a map: stores read by position', async () => {
  const { code, out } = await batpak(['doctor'], { env: { BATPAK_MMAP: 'off' } })
  expect(code).toBe(0)
  expect(out).toMatch(/^memory map: none$/m)
  expect(out).toMatch(/read by position/)
})

it('examines a directory and leaves nothing in it; one that is missing is not created', async () => {
  const cwd = tempDir()
  mkdirSync(join(cwd, 'data'))
  const { out } = await batpak(['doctor', 'data', '--json'], { cwd })
  expect(JSON.parse(out)).toMatchObject({
    directory: {
      path: 'data',
      evidence: {
        host: { processClockEpochMarkerNs: expect.stringMatching(/^\d{19}$/) as string },
        storePath: { pathStatus: 'ObservedDirectory' },
      },
      admission: { storeLock: expect.any(String) as string },
    },
  })
  expect(readdirSync(join(cwd, 'data'))).toEqual([])
  const missing = await batpak(['doctor', 'gone'], { cwd })
  expect(missing.code).toBe(0)
  expect(missing.out).toMatch(/pathStatus +UnknownMissing/)
  expect(readdirSync(cwd)).toEqual(['data'])
})

it('doctor and profile run where @batpak/core cannot even be found', async () => {
  const app = tempDir()
  const modules = join(app, 'node_modules')
  mkdirSync(join(modules, '@batpak'), { recursive: true })
  const cli = join(modules, '@batpak', 'cli')
  const source = fileURLToPath(new URL('..', import.meta.url))
  cpSync(dirname(bin), join(cli, 'dist'), { recursive: true })
  cpSync(join(source, 'package.json'), join(cli, 'package.json'))
  const require = createRequire(bin)
  symlinkSync(dirname(require.resolve('commander')), join(modules, 'commander'))
  for (const name of ['platform', 'profile-schema']) {
    symlinkSync(join(source, '..', name), join(modules, '@batpak', name))
  }
  const program = join(cli, 'dist', 'bin.js')
  for (const args of [['doctor'], ['profile', 'capture'], ['help', 'verify'], ['--version']]) {
    expect(await batpak(args, { cwd: app, program })).toMatchObject({ code: 0 })
  }
  // The proof that core is out of reach there.
  const { code, err } = await batpak(['log', app], { cwd: app, program })
  expect(code).toBe(1)
  expect(err).toMatch(/@batpak\/core/)
})
