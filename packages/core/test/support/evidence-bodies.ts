/** Bodies of reports with the bytes and hashes of the reference, and what tests of reports need. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { ReportBody } from '../../src/evidence.ts'

export interface BodyCase {
  readonly name: string
  readonly body: ReportBody
  readonly bytes: string
  readonly hash: string
}

/** Hex of bytes. */
export function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex')
}

/** The cases of fixtures/evidence/bodies.json. */
export function bodyCases(): readonly BodyCase[] {
  const file = new URL('../../../../fixtures/evidence/bodies.json', import.meta.url)
  return JSON.parse(readFileSync(fileURLToPath(file), 'utf8'), unmarked) as readonly BodyCase[]
}

function unmarked(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value
  const { $bytes, $map, $bigint } = value as { $bytes?: string; $map?: never; $bigint?: string }
  if ($bytes !== undefined) return new Uint8Array(Buffer.from($bytes, 'hex'))
  if ($map !== undefined) return new Map($map)
  return $bigint === undefined ? value : BigInt($bigint)
}
