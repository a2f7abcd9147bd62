/** Directories for one test, and what is in them. */
import {
  cpSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join, relative } from 'node:path'
import { onTestFinished } from 'vitest'

/** An empty directory that is removed when the running test ends. */
export function scratchDir(): string {
  const dir = realpathSync(mkdtempSync(join(tmpdir(), 'batpak-core-')))
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** A copy of a directory, removed when the running test ends: a crash, seen from the outside. */
export function copyOf(dir: string): string {
  const copy = join(scratchDir(), 'store')
  cpSync(dir, copy, { recursive: true })
  return copy
}

/** Every file below `dir` but the lock file, with its bytes in hex. */
export function filesIn(dir: string): Readonly<Record<string, string>> {
  const files: Record<string, string> = {}
  for (const name of (readdirSync(dir, { recursive: true }) as string[]).sort()) {
    const path = join(dir, name)
    if (statSync(path).isFile() && name !== '.batpak.lock') {
      files[relative(dir, path)] = readFileSync(path).toString('hex')
    }
  }
  return files
}
