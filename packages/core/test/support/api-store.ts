import { mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { onTestFinished } from 'vitest'
import { Store, type ReadOnlyStore, type StoreOptions } from '../../src/index.ts'

/** An empty directory of the running test, removed when the test ends. */
export function freshDir(): string {
  const directory = realpathSync(mkdtempSync(join(tmpdir(), 'batpak-core-')))
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }))
  return directory
}

/** A store opened for writing, in a directory of its own unless one is given; closed when the test ends. */
export function openStore(options: Partial<StoreOptions> = {}): Store {
  const store = Store.open({ dataDir: options.dataDir ?? freshDir(), ...options })
  onTestFinished(() => store[Symbol.dispose]())
  return store
}

export function openReadOnly(options: StoreOptions): ReadOnlyStore {
  const store = Store.openReadOnly(options)
  onTestFinished(() => store[Symbol.dispose]())
  return store
}

export function openUnlocked(options: StoreOptions): ReadOnlyStore {
  const store = Store.openUnlocked(options)
  onTestFinished(() => store[Symbol.dispose]())
  return store
}

/** The names of the segments in a directory, ascending. */
export function segmentNames(dataDir: string): string[] {
  return readdirSync(dataDir)
    .filter((name) => name.endsWith('.fbat'))
    .sort()
}

/** Every file of a directory with its bytes as hex: what must be equal when nothing may change. */
export function filesOf(dataDir: string): Record<string, string> {
  return Object.fromEntries(
    readdirSync(dataDir)
      .sort()
      .map((name) => [name, readFileSync(join(dataDir, name)).toString('hex')]),
  )
}

/** All that a refused call must leave as it was: files, counts and frontiers. */
export function stateOf(store: Store): unknown {
  const { oldestPendingWriteAgeMs: _, ...frontier } = store.frontier()
  return [filesOf(store.diagnostics().dataDir), store.stats(), frontier]
}
