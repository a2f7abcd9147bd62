// One program, either implementation: both execute the same steps on a directory.

import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

import { script } from './driver.mjs'

const actor = fileURLToPath(new URL('actor.mjs', import.meta.url))

export const SIDES = ['rust', 'typescript']

/**
 * Runs `steps` in a process of `side` and returns a result per step that was answered. A process that
 * is killed answers no more.
 */
export function play(side, dir, steps) {
  return side === 'rust' ? script(dir, steps.map(forReference)) : ours(dir, steps)
}

function ours(dir, steps) {
  const options = { input: JSON.stringify(steps), encoding: 'utf8', maxBuffer: 1 << 30 }
  const { status, signal, stdout, stderr, error } = spawnSync(
    process.execPath,
    [actor, dir],
    options,
  )
  if (error) throw error
  if (status !== 0 && signal !== 'SIGKILL') throw new Error(`actor: ${status ?? signal}\n${stderr}`)
  return stdout
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line))
}

/** The reference knows no expectation of an empty entity: 0 stands for it too (D-5). */
function forReference(step) {
  return step.cas === 'empty' ? { ...step, cas: 0 } : step
}
