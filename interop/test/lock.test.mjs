// One owner per directory, whichever implementation asks.

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { run, spawnHold } from '../driver.mjs'
import { core } from '../packages.mjs'
import { withDirectory } from '../view.mjs'

function outcome(open) {
  try {
    open().close()
    return 'opened'
  } catch (error) {
    return `${error.code} ${error.mode}`
  }
}

for (const mode of ['rw', 'ro']) {
  test(`while the reference holds a store (${mode}), ours is refused until it lets go`, () =>
    withDirectory(async (dir) => {
      run('append', dir, '--n', '1')
      for (const end of ['release', 'kill']) {
        const holder = await spawnHold(dir, mode)
        const options = { dataDir: dir }
        assert.equal(
          outcome(() => core.Store.open(options)),
          'StoreLocked Mutable',
        )
        assert.equal(
          outcome(() => core.Store.openReadOnly(options)),
          'StoreLocked ReadOnly',
        )
        assert.equal(
          outcome(() => core.Store.openUnlocked(options)),
          'opened',
        )
        await holder[end]()
        assert.equal(
          outcome(() => core.Store.open(options)),
          'opened',
        )
      }
    }))
}

for (const open of ['open', 'openReadOnly']) {
  test(`while this implementation holds a store (${open}), the reference is refused`, () =>
    withDirectory((dir) => {
      core.Store.open({ dataDir: dir }).close()
      const store = core.Store[open]({ dataDir: dir })
      assert.equal(run('try', dir, '--mode', 'rw').error.variant, 'StoreLocked')
      assert.equal(run('try', dir, '--mode', 'ro').error.variant, 'StoreLocked')
      store.close()
      assert.equal(run('try', dir, '--mode', 'rw').error, undefined)
    }))
}
