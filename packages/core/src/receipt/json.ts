/** Receipts as JSON: what is handed to somebody else, or kept beside an order. */
import type { AnyReceipt, Receipt, WireReceipt } from '../append/receipt.ts'
import { checkReceipt, checkWholeReceipt } from '../append/verdict.ts'
import { describeType } from '../options.ts'

/** Bytes are lower-case hex. */
export interface ReceiptJson {
  readonly type: 'append' | 'denial'
  readonly eventId: string
  readonly sequence: number
  readonly clock: number
  readonly kind: number
  readonly coordinate: { readonly entity: string; readonly scope: string }
  readonly contentHash: string
  readonly prevHash: string
  readonly diskPos?: {
    readonly segmentId: number
    readonly offset: number
    readonly length: number
  }
  readonly keyId: string
  readonly signature?: string
  readonly extensions: Readonly<Record<string, string>>
  readonly replayed: boolean
}

/** A plain object for `JSON.stringify`. @throws TypeError for something that is no receipt */
export function receiptToJson(receipt: AnyReceipt): ReceiptJson {
  checkReceipt(receipt)
  const { contentHash, prevHash, keyId, signature, extensions, ...rest } = receipt
  return {
    ...rest,
    contentHash: hex(contentHash),
    prevHash: hex(prevHash),
    keyId: hex(keyId),
    ...(signature === undefined ? {} : { signature: hex(signature) }),
    extensions: Object.fromEntries([...extensions].map(([key, bytes]) => [key, hex(bytes)])),
  }
}

/**
 * The receipt that `receiptToJson` wrote.
 * @throws TypeError naming what is missing or of the wrong form
 */
export function receiptFromJson(json: unknown): Receipt | WireReceipt {
  if (typeof json !== 'object' || json === null) {
    throw new TypeError(`a receipt in JSON must be an object, got ${describeType(json)}`)
  }
  const { contentHash, prevHash, keyId, signature, extensions, ...rest } = json as ReceiptJson
  if (typeof extensions !== 'object' || (extensions as unknown) === null) {
    throw new TypeError('receipt.extensions must be an object of names to hex')
  }
  const receipt = {
    ...rest,
    contentHash: unhex('contentHash', contentHash),
    prevHash: unhex('prevHash', prevHash),
    keyId: unhex('keyId', keyId),
    ...(signature === undefined ? {} : { signature: unhex('signature', signature) }),
    extensions: new Map(Object.entries(extensions).map(([key, value]) => [key, unhex(key, value)])),
  }
  checkWholeReceipt(receipt)
  return receipt
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('hex')
}

function unhex(name: string, text: unknown): Uint8Array {
  if (typeof text === 'string' && /^(?:[0-9a-f]{2})*$/.test(text)) {
    return Uint8Array.from(Buffer.from(text, 'hex'))
  }
  throw new TypeError(`receipt.${name} must be bytes in lower-case hex`)
}
