// Crash tails of both: healed by ours and opened by the reference, or passed over by the reference and
// healed by ours a process later.

import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'

import { agree } from '../agree.mjs'
import { dump } from '../driver.mjs'
import { appendBytes, cut, cuttable, framesOf, lastSegment } from '../segments.mjs'
import { play, SIDES } from '../sides.mjs'
import { append, batch, item, life, numberOf, written } from '../steps.mjs'
import { tally } from '../tally.mjs'
import { copyOf, withDirectory } from '../view.mjs'

const numbers = (rows) => written(rows).map(numberOf)
const three = (n) => batch([n, n + 1, n + 2].map((i) => item(i, 'order:1')))

/** Four single events and, last, a batch of three; the process is killed. */
const BASE = [...[1, 2, 3, 4].map((n) => append(n, 'order:1')), three(5)]

const endOf = (dir, fromLast) => framesOf(lastSegment(dir)).at(-fromLast).end

/**
 * What a crash left behind: how, which events survive, the heal; `refused`: what the reference says at
 * once; `alone`: what it says when it has gone on and was killed, its refusal or how many rows it then
 * no longer sees.
 */
const TAILS = {
  'torn in the last of three items': {
    damage: (dir) => cut(dir, endOf(dir, 2) - 9),
    survivors: [1, 2, 3, 4],
    heals: ['OpenBatch'],
    alone: 'CorruptFrame',
  },
  'torn in BEGIN': {
    damage: (dir) => cut(dir, endOf(dir, 5) - 100),
    survivors: [1, 2, 3, 4],
    heals: ['TornTail'],
    alone: 'CorruptFrame',
  },
  'cut before COMMIT': {
    damage: (dir) => cut(dir, endOf(dir, 2)),
    survivors: [1, 2, 3, 4],
    heals: ['OpenBatch'],
    alone: 1,
  },
  'cut behind the first of three items': {
    damage: (dir) => cut(dir, endOf(dir, 4)),
    survivors: [1, 2, 3, 4],
    heals: ['OpenBatch'],
    // OPEN and a single event; then the next BEGIN ends the open batch.
    alone: 2,
  },
  'torn in COMMIT': {
    damage: (dir) => cut(dir, endOf(dir, 1) - 1),
    survivors: [1, 2, 3, 4],
    heals: ['OpenBatch'],
    alone: 'CorruptFrame',
  },
  'torn in a single event': {
    damage: (dir) => cut(dir, endOf(dir, 6) - 200),
    survivors: [1, 2, 3],
    heals: ['TornTail'],
    alone: 'CorruptFrame',
  },
  'seven stray bytes': {
    damage: (dir) => appendBytes(dir, Buffer.from([0, 0, 1, 9, 8, 7, 6])),
    survivors: [1, 2, 3, 4, 5, 6, 7],
    heals: ['TornTail'],
    alone: 0,
  },
  'zeros behind the last frame': {
    damage: (dir) => appendBytes(dir, Buffer.alloc(4096)),
    survivors: [1, 2, 3, 4, 5, 6, 7],
    heals: ['ZeroTail'],
    refused: 'CorruptSegment',
  },
}

for (const victim of SIDES) {
  for (const [what, { damage, survivors, heals, refused, alone }] of Object.entries(TAILS)) {
    test(`${what}, left by ${victim}: healed by ours, then both go on (D6, W-167, W-168)`, () =>
      withDirectory((dir) => {
        play(victim, dir, life(BASE, 'exit'))
        damage(dir)
        const theirs = dump(copyOf(dir, 'damaged'), '--no-artifacts')
        assert.equal(theirs.error?.variant, refused)
        const [opened] = play('typescript', dir, life([append(11, 'order:1')], 'exit'))
        assert.deepEqual(
          opened.healed.map(({ reason }) => reason),
          heals,
        )
        const { ours } = agree(dir, 'healed')
        assert.deepEqual(numbers(ours), [...survivors, 11])
        assert.ok(readdirSync(dir).some((name) => /\.fbat\.healed-\d+$/.test(name)))
        for (const [turn, side] of ['rust', 'typescript', 'rust'].entries()) {
          const steps = [append(12 + 4 * turn, 'order:2'), three(13 + 4 * turn)]
          const [again] = play(side, dir, life(steps, turn === 1 ? 'close' : 'exit'))
          assert.equal(again.error, undefined)
          assert.deepEqual(again.healed ?? [], [])
        }
        const rest = Array.from({ length: 12 }, (_, i) => 12 + i)
        assert.deepEqual(numbers(agree(dir, 'continued').ours), [...survivors, 11, ...rest])
        tally('tails healed by TypeScript, continued by both sides')
      }))

    if (refused === undefined) {
      test(`${what}, left by ${victim}: passed over by the reference, healed later (D-25, D-26)`, () =>
        withDirectory((dir) => {
          play(victim, dir, life(BASE, 'exit'))
          damage(dir)
          const mine = [append(11, 'order:2'), three(12)]
          const [opened] = play('rust', dir, life(mine, 'exit'))
          assert.equal(opened.error, undefined)
          const after = [...survivors, 11, 12, 13, 14]
          const { ours } = agree(dir, 'passed over', { healed: true })
          assert.deepEqual(numbers(ours), after)
          const { error, rows } = dump(copyOf(dir, 'alone'), '--no-artifacts')
          assert.equal(error?.variant ?? ours.length - rows.length, alone)
          const [healer] = play('typescript', dir, life([append(15, 'order:1')], 'exit'))
          assert.deepEqual(
            healer.healed.map(({ reason }) => reason),
            heals,
          )
          assert.deepEqual(numbers(agree(dir, 'healed later').ours), [...after, 15])
          play('rust', dir, life([append(16, 'order:1')], 'exit'))
          assert.deepEqual(numbers(agree(dir, 'continued').ours), [...after, 15, 16])
          tally('tails passed over by Rust, healed by TypeScript later')
        }))
    }
  }

  test(`every cut of a batch of ${victim} is healed to none of it, and the reference agrees (W-75, W-77)`, () =>
    withDirectory((dir) => {
      play(victim, dir, life([append(1, 'a'), three(2)], 'exit'))
      const { first, end } = cuttable(dir)
      const begin = framesOf(lastSegment(dir)).at(-5).offset
      assert.ok(begin > first)
      // Each 199th byte, and the first and last of the batch.
      const cuts = [begin, begin + 1, end - 1]
      for (let at = begin + 199; at < end; at += 199) cuts.push(at)
      for (const at of cuts) {
        const copy = copyOf(dir, 'cut')
        cut(copy, at)
        const { ours } = agree(copy, `cut at ${at - begin} of ${end - begin}`, { healed: true })
        assert.deepEqual(numbers(ours), [1])
      }
      tally('cuts of a batch healed and read by both sides', cuts.length)
    }))
}
