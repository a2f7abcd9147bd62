/**
 * The package inside a bundle for CommonJS, where `import.meta.url` is undefined.
 * Harness pattern: Runtime And Boundary Harness.
 * PROVES: a bundled program locks with what the system has, and finds the addons beside itself.
 * CATCHES: a built-in module or an addon that is looked for at `import.meta.url`.
 * SEEDED: deterministic / no randomness.
 */
import { cpSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { hasFlockProgram } from '../support/available.ts'
import { startProgram } from '../support/child.ts'
import { tempDir } from '../support/temp-dir.ts'

const dist = fileURLToPath(new URL('../../dist', import.meta.url))

/** A program that reports `doctor()`, with the built package as a bundler leaves it. */
function bundledProgram(): string {
  const app = tempDir()
  cpSync(dist, join(app, 'bundle'), { recursive: true })
  for (const file of readdirSync(join(app, 'bundle'), { recursive: true, encoding: 'utf8' })) {
    if (!file.endsWith('.js')) continue
    const path = join(app, 'bundle', file)
    writeFileSync(path, readFileSync(path, 'utf8').replaceAll('import.meta.url', '({}).url'))
  }
  writeFileSync(join(app, 'bundle', 'package.json'), '{"type":"module"}')
  writeFileSync(
    join(app, 'main.mjs'),
    `import { doctor } from './bundle/index.js'
     const { lock, backends } = doctor()
     console.log(JSON.stringify({ lock, backend: backends.lock }))`,
  )
  return app
}

async function report(app: string, env: NodeJS.ProcessEnv): Promise<Report> {
  const child = startProgram(process.execPath, ['--no-warnings', join(app, 'main.mjs')], env)
  const line = await child.line()
  await child.end()
  return JSON.parse(line) as Report
}

interface Report {
  readonly lock: readonly { readonly name: string; readonly label?: string }[]
  readonly backend: unknown
}

it.skipIf(!hasFlockProgram)('locks with flock(1) inside a bundle', async () => {
  const { backend } = await report(bundledProgram(), { BATPAK_LOCK: 'flock(1)' })
  expect(backend).toEqual({ backend: 'flock(1)', probe: 'ok' })
})

it('finds the addons that are installed beside the bundled program', async () => {
  const app = bundledProgram()
  const addon = join(app, 'node_modules', 'fs-ext')
  mkdirSync(addon, { recursive: true })
  writeFileSync(join(addon, 'package.json'), '{"name":"fs-ext","version":"9.9.9"}')
  writeFileSync(join(addon, 'index.js'), 'exports.flockSync = () => {}')
  const { lock } = await report(app, {})
  expect(lock[0]).toMatchObject({ name: 'fs-ext', label: 'fs-ext@9.9.9', loaded: true })
})
