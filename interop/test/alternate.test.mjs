// Both implementations write one directory in turn, ending in every way, and agree after each turn.

import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { rmSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'

import { agree } from '../agree.mjs'
import { dump, run } from '../driver.mjs'
import { copyOf, rowsOf, view, withDirectory, writerScript } from '../view.mjs'

const ends = ['close', 'drop', 'kill']

function turn(dir, round) {
  const end = ends[round % ends.length]
  if (round % 2 === 0) {
    const ours = end === 'drop' ? 'abandon' : end
    const shape = ['single', 'options', 'non-ascii', 'segments'][(round / 2) % 4]
    spawnSync(process.execPath, [writerScript, dir, shape, ours], { stdio: 'inherit' })
  } else {
    run('append', dir, '--n', '9', '--prefix', `order:${round % 3}`, '--end', end)
  }
}

test('fourteen lifetimes in one directory: nothing is lost, renumbered or read differently', () =>
  withDirectory((dir) => {
    let known = []
    for (let round = 0; round < 14; round += 1) {
      turn(dir, round)
      const { ours } = agree(dir, `round ${round}`)
      assert.ok(ours.length > known.length, `round ${round} added nothing`)
      assert.deepEqual(ours.slice(0, known.length), known, `round ${round} changed earlier rows`)
      known = ours
    }
  }))

test('the reference opens a store of ours whose index file is stale or gone', () =>
  withDirectory((dir) => {
    run('append', dir, '--n', '20', '--prefix', 'order:1')
    turn(dir, 0)
    const ours = view(dir)
    assert.deepEqual(ours, rowsOf(dump(copyOf(dir))))
    rmSync(join(dir, 'index.fbati'))
    assert.deepEqual(ours, rowsOf(dump(copyOf(dir))))
  }))
