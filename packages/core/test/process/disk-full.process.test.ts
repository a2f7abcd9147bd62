/**
 * A file system without space, and a limit on file sizes that cuts a write in its middle.
 * Harness pattern: Runtime And Boundary Harness.
 * PROVES: a write that does not fit is refused as a whole, the store goes on when there is room, and
 *   everything acknowledged before, between and after is there at the next open (F3, F4, W-46, W-77).
 * CATCHES: the fragment of a short write that stays, an offset that moves by it, a batch of which a
 *   part remains, a writer that is given up although nothing is in doubt.
 * SEEDED: no randomness.
 */
import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodePlatform } from '@batpak/platform'
import { describe, expect, it } from 'vitest'
import { Store, defineEvent } from '../../src/index.ts'
import { verifyDirectory, type VerifyStep } from '../../src/inspect.ts'
import { freshDir } from '../support/api-store.ts'

const Written = defineEvent<{ n: number }>({ name: 'test.Written', category: 0xf, typeId: 2 })
const CHILD = fileURLToPath(new URL('../support/full-child.mjs', import.meta.url))

type Line =
  | { readonly n: number; readonly sequence: number }
  | { readonly refused: string; readonly cause?: string; readonly sequence: number }
  | { readonly closed: true }

function sh(script: string, ...args: string[]): { lines: readonly Line[]; stderr: string } {
  const { stdout, stderr } = spawnSync('sh', ['-c', script, 'sh', ...args], { encoding: 'utf8' })
  return {
    lines: stdout.split('\n').flatMap((line) => (line ? [JSON.parse(line) as Line] : [])),
    stderr,
  }
}

// A file system of 400 KiB of its own, which nobody else sees and which ends with the process.
const MOUNT = 'mount -t tmpfs -o size=400k tmpfs "$1"'
const canMount =
  process.platform === 'linux' &&
  spawnSync('unshare', ['-rm', 'sh', '-c', MOUNT, 'sh', '/mnt']).status === 0

function checkDirectory(dataDir: string, lines: readonly Line[]): void {
  // Before anything is healed: no fragment of a refused write is in the file.
  const steps: VerifyStep[] = [...verifyDirectory(nodePlatform().fs, dataDir, { level: 'full' })]
  expect(steps.flatMap((step) => (step.type === 'finding' ? [step.finding.code] : []))).toEqual([])
  const acknowledged = lines.filter((line) => 'n' in line)
  const store = Store.open({ dataDir })
  const found = [...store.events({ scope: 'full' })].map((event) => ({
    n: Written.decode(event).n,
    sequence: event.sequence,
  }))
  store.close()
  expect(found).toEqual(acknowledged)
}

describe.runIf(process.platform === 'linux')('a disk that is full', { timeout: 30_000 }, () => {
  it.runIf(canMount)(
    'refuses what does not fit, goes on when there is room, and loses nothing (D5)',
    () => {
      const work = freshDir()
      const mounted = join(work, 'mnt')
      const result = join(work, 'result')
      mkdirSync(mounted)
      const script = `${MOUNT} && head -c 60000 /dev/zero > "$1/ballast" &&
      "$3" --no-warnings "$4" "$1/store" "$1/ballast" && cp -r "$1/store" "$2"`
      const { lines, stderr } = sh(
        `exec unshare -rm sh -c '${script.replaceAll("'", `'\\''`)}' sh "$@"`,
        mounted,
        result,
        process.execPath,
        CHILD,
      )
      expect(stderr).toBe('')
      const refusals = lines.filter((line) => 'refused' in line)
      expect(refusals.map(({ refused, cause }) => [refused, cause])).toEqual([
        ['Io', 'ENOSPC'],
        ['BatchFailed', 'ENOSPC'],
        ['Io', 'ENOSPC'],
      ])
      expect(lines.at(-1)).toEqual({ closed: true })
      checkDirectory(result, lines)
    },
  )

  it('that cuts a write at the file size limit takes the part back and loses nothing (F3, F4)', () => {
    const work = freshDir()
    const dataDir = join(work, 'store')
    // 16 blocks of 512 bytes: a frame of 1.4 KiB is cut in its middle.
    const { lines, stderr } = sh(
      'ulimit -f 16; exec "$1" --no-warnings "$2" "$3" ""',
      process.execPath,
      CHILD,
      dataDir,
    )
    expect(stderr).toBe('')
    const refusals = lines.filter((line) => 'refused' in line)
    expect(refusals.slice(0, 3).map(({ refused, cause }) => [refused, cause])).toEqual([
      ['Io', 'EFBIG'],
      ['BatchFailed', 'EFBIG'],
      ['Io', 'EFBIG'],
    ])
    const copy = join(work, 'copy')
    cpSync(dataDir, copy, { recursive: true })
    checkDirectory(copy, lines)
  })
})
