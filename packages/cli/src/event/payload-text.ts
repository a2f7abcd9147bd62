/** A payload for people: the decoded value, or the reason and the bytes. */
import { inspect } from 'node:util'
import { printable } from '../output/text.ts'
import { hex } from '../output/wire.ts'

/** @param decode gives the value, or throws why there is none */
export function payloadText(bytes: Uint8Array, decode: () => unknown): string {
  try {
    const options = { depth: Infinity, maxArrayLength: null, maxStringLength: null } as const
    return inspect(decode(), options).split('\n').map(printable).join('\n')
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    return `${printable(reason)}\n${hex(bytes)}`
  }
}
