/** Copies of bytes. A Buffer's own `slice` is a view, and what callers get should be no Buffer. */

/** A new `Uint8Array` with `buf[from … to-1]`. */
export function copyBytes(buf: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(new Uint8Array(buf.buffer, buf.byteOffset + from, to - from))
}
