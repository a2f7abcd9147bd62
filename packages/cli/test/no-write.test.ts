// Read-only commands never write: not a byte, not a name, not a time, whatever state a store is in.
import { rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { batpak, inParallel } from './support/run.ts'
import { copyStore, fingerprintOf, firstEventId, tempDir } from './support/stores.ts'

const states = [
  'clean',
  'cursor',
  'fence-cancelled',
  'hidden-range-beyond',
  'torn-frame',
  'flipped-frame',
  'compaction-set-aside',
  'read-only-touched',
]

const commands = [
  'inspect',
  'log',
  'inspect --segment 1 --frame 57',
  'log --unlocked --json',
  `cat ${firstEventId}`,
  'verify --full',
]

it.each(commands)('%s leaves every directory as it was', async (command) => {
  const parent = tempDir()
  const stores = states.map((state) => copyStore(state, parent))
  const before = stores.map(fingerprintOf)
  const runs = await inParallel(stores, (dir) => batpak([...command.split(' '), '-C', dir]))
  expect(stores.map(fingerprintOf)).toEqual(before)
  // At least on the clean one the command must have done its work.
  expect(runs[0]).toMatchObject({ code: 0 })
})

it('the fingerprint sees a temporary file that came and went', () => {
  const dir = copyStore('clean')
  const before = fingerprintOf(dir)
  writeFileSync(join(dir, '.tmpAb3xYz'), '')
  rmSync(join(dir, '.tmpAb3xYz'))
  expect(fingerprintOf(dir)).not.toBe(before)
})
