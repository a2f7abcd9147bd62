/** Stores that batpak 0.8.0 wrote, with what it reads in them. Opened in copies only. */
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { copyOf } from './scratch.ts'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../../../fixtures/abi/rust-0.8.0')

/** A row of a dump; bytes and ids are lower-case hex. */
export interface DumpRow {
  readonly globalSequence: number
  readonly eventId: string
  readonly correlationId: string
  readonly causationId: string | null
  readonly entity: string
  readonly scope: string
  readonly kind: number
  readonly wallMs: number
  readonly clock: number
  readonly lane: number
  readonly depth: number
  readonly prevHash: string
  readonly eventHash: string
  readonly segmentId: number
  readonly offset: number
  readonly length: number
  readonly extensions: Readonly<Record<string, string>>
  readonly timestampUs?: number
  readonly flags?: number
  readonly contentHash?: string
  readonly payloadLength?: number
  readonly payload?: string
  readonly value?: unknown
  readonly valueError?: string
  readonly readError?: string
}

export interface DumpEntity {
  readonly entity: string
  readonly stream: readonly number[]
  readonly ancestors?: readonly string[]
}

export interface Dump {
  readonly error?: { readonly variant: string } & Readonly<Record<string, unknown>>
  readonly rows: readonly DumpRow[]
  readonly entities: readonly DumpEntity[]
  readonly eventCount: number
  readonly globalSequence: number
  readonly visibleSequence: number
  readonly openReport: Readonly<Record<string, unknown>>
  readonly frontier: Readonly<
    Record<string, { readonly wallMs: number; readonly globalSequence: number }>
  >
}

export interface Fixture {
  readonly name: string
  /** Never opened: copy it. */
  readonly store: string
  /** With index files, decoded values included. */
  readonly dump: Dump
  /** From the segments alone. */
  readonly rebuild: Dump
}

export const fixtureNames: readonly string[] = readdirSync(ROOT).sort()

export function fixture(name: string): Fixture {
  const dir = join(ROOT, name)
  const read = (file: string): Dump => JSON.parse(readFileSync(join(dir, file), 'utf8')) as Dump
  return {
    name,
    store: join(dir, 'store'),
    dump: read('dump.json'),
    rebuild: read('dump-rebuild.json'),
  }
}

/** A private copy of a fixture's store. */
export function copyOfFixture(name: string): string {
  return copyOf(join(ROOT, name, 'store'))
}

/** The segment files of a fixture by name, in the order of their ids. */
export function segmentFiles(name: string): readonly (readonly [file: string, bytes: Buffer])[] {
  const dir = join(ROOT, name, 'store')
  return readdirSync(dir)
    .filter((file) => file.endsWith('.fbat'))
    .sort()
    .map((file) => [file, readFileSync(join(dir, file))] as const)
}
