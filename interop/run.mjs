// Proves that the driver builds and that the committed dumps are what the reference sees in the
// committed stores. Tests of both implementations on one directory belong here too.

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

import { build, run } from './driver.mjs'
import { dumps, fixturesDir, format, observe } from './fixtures.mjs'

const problems = []
build()
const shapes = run('shapes').map(({ shape }) => shape)
const committed = readdirSync(fixturesDir, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)
for (const shape of shapes.filter((name) => !committed.includes(name))) {
  problems.push(`${shape}: no fixture; run generate-fixtures.mjs`)
}
for (const shape of committed) {
  if (!shapes.includes(shape)) {
    problems.push(`${shape}: the driver does not know this shape`)
    continue
  }
  for (const [name, flags] of Object.entries(dumps)) check(shape, name, flags)
}

function check(shape, name, flags) {
  const { document, changed } = observe(join(fixturesDir, shape, 'store'), flags)
  const now = format(document).split('\n')
  const then = readFileSync(join(fixturesDir, shape, name), 'utf8').split('\n')
  const at = now.findIndex((line, index) => line !== then[index])
  if (at >= 0 || now.length !== then.length) {
    const line = at < 0 ? now.length : at
    problems.push(`${shape}/${name}:${line + 1}: reference says ${now[line]?.slice(0, 300)}`)
  }
  if (changed.length > 0) problems.push(`${shape}: a read-only open changed ${changed}`)
}

for (const problem of problems) console.error(problem)
console.log(`interop: ${committed.length} fixtures of batpak 0.8.0, ${problems.length} problems`)
process.exitCode = problems.length === 0 ? 0 : 1
