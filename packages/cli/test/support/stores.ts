import { createHash } from 'node:crypto'
import {
  cpSync,
  lstatSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, onTestFinished } from 'vitest'

const fixtures = fileURLToPath(new URL('../../../../fixtures/abi/rust-0.8.0', import.meta.url))

/** The names of all stores that batpak 0.8.0 wrote for us. */
export const shapes: readonly string[] = readdirSync(fixtures).toSorted()

/** A directory of its own for the running test, removed when the test ends. */
export function tempDir(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'batpak-cli-')))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A directory for all tests of a file. */
export function sharedTempDir(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'batpak-cli-')))
  afterAll(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A copy of a store, under its name in `parent`. */
export function copyStore(shape: string, parent: string = tempDir()): string {
  const dir = join(parent, shape)
  cpSync(join(fixtures, shape, 'store'), dir, { recursive: true })
  return dir
}

/** Names, kinds, contents and times of everything in a directory, itself included. */
export function fingerprintOf(dir: string): string {
  const lines: string[] = []
  const visit = (path: string): void => {
    const stat = lstatSync(path, { bigint: true })
    const directory = stat.isDirectory()
    const content = directory ? '-' : createHash('sha256').update(readFileSync(path)).digest('hex')
    lines.push(`${path} ${stat.mode} ${stat.ino} ${stat.mtimeNs} ${stat.ctimeNs} ${content}`)
    if (!directory) return
    for (const name of readdirSync(path).toSorted()) visit(join(path, name))
  }
  visit(dir)
  return lines.join('\n')
}

/** The id of the first event of an application in most of the shapes. */
export const firstEventId = '018bcfe5680070008000000000000001'
