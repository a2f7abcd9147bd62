/**
 * Addons that do not load.
 * Harness pattern: Runtime And Boundary Harness.
 * PROVES: where no addon can be loaded, the process goes on, says why, and uses what is left.
 * CATCHES: an exception or a crash that leaves the loader, a fallback that is silent.
 * SEEDED: deterministic / no randomness.
 */
import { cpSync, mkdirSync, writeFileSync } from 'node:fs'
import { isBuiltin } from 'node:module'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { hasFlockProgram, hasMmapIo } from '../support/available.ts'
import { startProgram, startScript } from '../support/child.ts'
import { tempDir } from '../support/temp-dir.ts'

it.skipIf(!hasMmapIo)('a worker that cannot load mmap-io a second time falls back', async () => {
  const child = startScript('probe-in-worker.mjs', [tempDir()], { BATPAK_MMAP: 'mmap-io' })
  expect(JSON.parse(await child.line())).toMatchObject({ mmap: 'FileBacked', probe: 'ok' })
  expect(JSON.parse(await child.line())).toEqual({
    mmap: 'ObservedUnsupported',
    backend: 'none',
    probe: expect.stringMatching(/mmap-io: Module did not self-register/),
  })
  await child.end()
})

it('a package without any addon locks with flock(1) and reports that nothing maps', async () => {
  const app = tempDir()
  const installed = join(app, 'node_modules', '@batpak', 'platform')
  mkdirSync(installed, { recursive: true })
  for (const part of ['dist', 'package.json']) {
    const from = fileURLToPath(new URL(`../../${part}`, import.meta.url))
    cpSync(from, join(installed, part), { recursive: true })
  }
  writeFileSync(
    join(app, 'app.mjs'),
    `import { doctor } from '@batpak/platform'
     const { lock, mmap, backends, repairs, directory } = doctor({ dataDir: ${JSON.stringify(app)} })
     console.log(JSON.stringify({ lock, mmap, backends, repairs, path: directory.evidence.storePath }))`,
  )
  const child = startProgram(process.execPath, ['--no-warnings', join(app, 'app.mjs')])
  const report = JSON.parse(await child.line())
  await child.end()
  expect(report.mmap).toContainEqual({
    name: 'mmap-io',
    loaded: false,
    reason: "Cannot find module 'mmap-io'",
    used: false,
  })
  if (hasFlockProgram) expect(report.backends.lock).toEqual({ backend: 'flock(1)', probe: 'ok' })
  if (!isBuiltin('node:ffi')) {
    expect(report.path.mmapIndex).toBe('ObservedUnsupported')
    expect(report.backends.mmap.backend).toBe('none')
    expect(JSON.stringify(report.repairs)).toMatch(/(npm install|pnpm add) mmap-io/)
  }
})
