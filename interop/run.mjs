// The interop check: builds the driver and the packages' `dist` is expected to be built; then runs
// every test here against the real reference implementation.

import { spawnSync } from 'node:child_process'
import { readdirSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { build } from './driver.mjs'

process.stderr.write('[interop] building the Rust driver (the first time takes about a minute)\n')
build()
const tests = fileURLToPath(new URL('test/', import.meta.url))
const files = readdirSync(tests)
  .filter((name) => name.endsWith('.test.mjs'))
  .map((name) => `${tests}${name}`)
const { status } = spawnSync(process.execPath, ['--test', ...process.argv.slice(2), ...files], {
  stdio: 'inherit',
})
process.exitCode = status ?? 1
