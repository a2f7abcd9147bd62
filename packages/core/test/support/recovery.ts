/** What every recovery test asks: who sees what, which bytes change, and what is left for later. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'vitest'
import { Store, kind, type Heal, type StoreOptions } from '../../src/index.ts'
import { abandon } from '../../src/testing.ts'
import type { DumpRow } from './fixture-stores.ts'
import { rowsOf } from './dump-rows.ts'
import { copyOf, filesIn, scratchDir } from './scratch.ts'

export const AT = { entity: 'order:1', scope: 'shop' }
export const KIND = kind(0xf, 1)

/** Options of every store here: small things are not worth a map. */
function options(dir: string): StoreOptions {
  return { dataDir: dir, mmap: 'off' }
}

export interface Observed {
  readonly rows: readonly DumpRow[]
  readonly healed: readonly Heal[]
  /** The next sequence. */
  readonly next: number
}

/** Opens without writing, reads everything, closes. */
export function observe(
  dir: string,
  how: 'openReadOnly' | 'openUnlocked' = 'openReadOnly',
): Observed {
  const store = Store[how](options(dir))
  try {
    const { healed } = store.diagnostics().openReport
    return { rows: rowsOf(store), healed, next: store.stats().globalSequence }
  } finally {
    store.close()
  }
}

/** Opens for writing, hands the store over, and closes it. */
export function writeTo(dir: string, write: (store: Store) => void = () => {}): readonly Heal[] {
  const store = Store.open(options(dir))
  try {
    write(store)
    return store.diagnostics().openReport.healed
  } finally {
    store.close()
  }
}

/** Appends one small event and returns its id. */
export function appendOne(store: Store, n = 0): string {
  return store.appendBytes(AT, KIND, Uint8Array.of(0x81, 0xa1, 0x6e, n & 0x7f)).eventId
}

/**
 * A directory as a killed process leaves it: one segment without a footer, `events` behind the OPEN
 * event. Small cost, so every test makes its own.
 */
export function killedStore(events: number, write: (store: Store) => void = () => {}): string {
  const dir = scratchDir()
  const store = Store.open(options(dir))
  for (let i = 0; i < events; i += 1) appendOne(store, i)
  write(store)
  const copy = copyOf(dir)
  abandon(store)
  return copy
}

/** A directory after a clean close. */
export function closedStore(events: number, write: (store: Store) => void = () => {}): string {
  const dir = scratchDir()
  writeTo(dir, (store) => {
    for (let i = 0; i < events; i += 1) appendOne(store, i)
    write(store)
  })
  return dir
}

export interface Recovery {
  /** Every heal of the open, in order. */
  readonly healed: readonly Heal[]
  /** The rows that are there, oldest first, as they were before the damage. */
  readonly rows: readonly DumpRow[]
}

/**
 * Proves a recovery: readers skip and change nothing, a mutable open cuts exactly the listed bytes,
 * keeps them beside the segment, and after that, and after another crash, everything is clean.
 */
export function expectRecovery(dir: string, { healed, rows }: Recovery): void {
  const before = filesIn(dir)
  for (const how of ['openReadOnly', 'openUnlocked'] as const) {
    const seen = observe(dir, how)
    expect(seen.healed, how).toEqual(healed)
    expect(seen.rows, how).toEqual(rows)
    expect(changed(filesIn(dir), before), `${how} changes no file`).toEqual([])
  }
  const store = Store.open(options(dir))
  const appended = appendOne(store, 77)
  expect(store.diagnostics().openReport.healed).toEqual(healed)
  expectCuts(dir, before, healed)
  const crashed = copyOf(dir)
  store.close()
  // A clean close, and a second crash: nothing is left to heal, no earlier row moved.
  for (const [place, last] of [
    [dir, 9],
    [crashed, undefined],
  ] as const) {
    const seen = observe(place)
    expect(seen.healed).toEqual([])
    expect(seen.rows.slice(0, rows.length)).toEqual(rows)
    const added = seen.rows.slice(rows.length)
    expect(added.map((row) => row.kind)).toEqual([8, KIND, ...(last === undefined ? [] : [last])])
    expect(added[1]!.eventId).toBe(appended)
    expect(seen.rows.map((row) => row.globalSequence)).toEqual(ascending(seen.rows))
    expect(writeTo(place)).toEqual([])
  }
}

/** Files are as before, but for the cut ends, the copies of what was cut, and one new segment. */
function expectCuts(
  dir: string,
  before: Readonly<Record<string, string>>,
  healed: readonly Heal[],
): void {
  const expected: Record<string, string | undefined> = { ...before }
  for (const { segmentId, reason, offset, bytesRemoved } of healed) {
    if (reason === 'HiddenRangesBeyondLog') {
      delete expected['visibility_ranges.fbv']
      continue
    }
    const name = segmentName(segmentId)
    const removed = before[name]!.slice(offset * 2)
    expect(removed.length / 2).toBe(bytesRemoved)
    if (bytesRemoved > 0) expected[`${name}.healed-${offset}`] = removed
    if (reason === 'ShortHeader') delete expected[name]
    else expected[name] = before[name]!.slice(0, offset * 2)
  }
  const now: Record<string, string> = { ...filesIn(dir) }
  delete now[segmentName(lastSegmentId(expected) + 1)]
  if (!('visibility_ranges.fbv' in expected)) delete now['visibility_ranges.fbv']
  expect(changed(now, expected)).toEqual([])
}

/** The names of files that differ, or that only one side has. */
export function changed(a: Readonly<Record<string, unknown>>, b: typeof a): string[] {
  const names = new Set([...Object.keys(a), ...Object.keys(b)])
  return [...names].filter((name) => a[name] !== b[name])
}

/** Sequences of rows whose order is that of their numbers, without two alike. */
function ascending(rows: readonly DumpRow[]): number[] {
  return [...new Set(rows.map((row) => row.globalSequence))].sort((a, b) => a - b)
}

/** Proves a refusal: by every way of opening, with the same error, and without a changed byte. */
export function expectRefusal(dir: string, error: object): void {
  const before = filesIn(dir)
  for (const how of ['openReadOnly', 'openUnlocked', 'open'] as const) {
    expect(() => Store[how](options(dir)).close(), how).toThrow(expect.objectContaining(error))
    expect(changed(filesIn(dir), before), `${how} changes no file`).toEqual([])
  }
}

/** The highest id of a segment among some files; 0 for none. */
export function lastSegmentId(files: object): number {
  const names = Object.keys(files).filter((name) => /^\d{6,10}\.fbat$/.test(name))
  return Math.max(0, ...names.map((name) => Number.parseInt(name, 10)))
}

/** Writes the bytes of a segment. */
export function put(dir: string, bytes: Uint8Array, id = 1): void {
  writeFileSync(join(dir, segmentName(id)), bytes)
}

/** The bytes of a segment. */
export function segment(dir: string, id = 1): Buffer {
  return readFileSync(join(dir, segmentName(id)))
}

export function segmentName(id: number): string {
  return `${String(id).padStart(6, '0')}.fbat`
}
