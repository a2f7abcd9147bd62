/** Writers that are used again and again, so that encoding a payload allocates no buffer. */
import { Writer } from './writer.ts'

/** More than one only while a caller's getter or schema encodes as well. */
const free: Writer[] = []
/** A writer that one large payload has made larger is not kept. */
const KEPT_BYTES = 1024 * 1024

/** An empty writer; give it back with `returnScratch`. */
export function takeScratch(): Writer {
  const scratch = free.pop() ?? new Writer(1024)
  scratch.pos = 0
  return scratch
}

/** Nobody may use `scratch` or views of it any more. */
export function returnScratch(scratch: Writer): void {
  if (scratch.buf.length <= KEPT_BYTES) free.push(scratch)
}

/** What `encode` writes, as a new array. */
export function encodedBytes(encode: (out: Writer) => void): Uint8Array {
  const scratch = takeScratch()
  try {
    encode(scratch)
    return scratch.toBytes()
  } finally {
    returnScratch(scratch)
  }
}
