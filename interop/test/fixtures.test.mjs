// The committed dumps are what the reference sees in the committed stores, and reading changes none.

import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { run } from '../driver.mjs'
import { dumps, fixturesDir, format, observe } from '../fixtures.mjs'

const committed = readdirSync(fixturesDir, { withFileTypes: true })
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name)

test('every shape of the driver has a fixture, and no other folder is one', () => {
  assert.deepEqual(
    committed,
    run('shapes')
      .map(({ shape }) => shape)
      .sort(),
  )
})

for (const shape of committed) {
  test(`the reference still reads ${shape} as its dumps say`, () => {
    for (const [name, flags] of Object.entries(dumps)) {
      const { document, changed } = observe(join(fixturesDir, shape, 'store'), flags)
      const then = readFileSync(join(fixturesDir, shape, name), 'utf8')
      assert.deepEqual(format(document).split('\n'), then.split('\n'), name)
      assert.deepEqual(changed, [], 'files that a read-only open changed')
    }
  })
}
