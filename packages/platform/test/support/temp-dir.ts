import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'

/** A directory of its own for the running test, removed when the test ends. */
export function tempDir(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'batpak-platform-')))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}
