/** What the reference answered while it wrote a fixture: receipts are not on disk. */
import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { receiptFromJson, type Receipt } from '../../src/receipt.ts'
import type { DumpRow } from './fixture-stores.ts'

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '../../../../fixtures/abi/rust-0.8.0')

/** A receipt as the driver prints it; bytes are lower-case hex. */
export interface PrintedReceipt {
  readonly eventId: string
  readonly sequence: number
  readonly contentHash: string
  readonly keyId: string
  readonly signature: string | null
  readonly extensions: Readonly<Record<string, string>>
  readonly position: {
    readonly segmentId: number
    readonly offset: number
    readonly length: number
  }
}

export interface Answer {
  readonly op: string
  readonly error?: { readonly variant: string }
  readonly receipt?: PrintedReceipt
  readonly receipts?: readonly PrintedReceipt[]
  readonly settled?: readonly Pick<Answer, 'receipts' | 'error'>[]
}

/** One list per process, one answer per step. */
export function lives(name: string): readonly (readonly Answer[])[] {
  const meta = JSON.parse(readFileSync(join(ROOT, name, 'meta.json'), 'utf8')) as {
    readonly lives: readonly (readonly Answer[])[]
  }
  return meta.lives
}

/** The receipts of a process, in the order in which they were given out. */
export function printedReceipts(life: readonly Answer[]): readonly PrintedReceipt[] {
  return life.flatMap(({ receipt, receipts, settled }) => [
    ...(receipt === undefined ? [] : [receipt]),
    ...(receipts ?? []),
    ...(settled ?? []).flatMap((answer) => answer.receipts ?? []),
  ])
}

/** A receipt of the reference with what it leaves out, taken from the row of its event. */
export function wholeReceipt(printed: PrintedReceipt, row: DumpRow): Receipt {
  const { position, signature, ...rest } = printed
  return receiptFromJson({
    ...rest,
    type: row.kind === 0xf ? 'denial' : 'append',
    ...(signature === null ? {} : { signature }),
    clock: row.clock,
    kind: row.kind,
    coordinate: { entity: row.entity, scope: row.scope },
    prevHash: row.prevHash,
    diskPos: position,
    replayed: false,
  }) as Receipt
}
