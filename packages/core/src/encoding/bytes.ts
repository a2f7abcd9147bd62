/**
 * Plain `Uint8Array`s. Every hot loop of the codecs sees only these: a loop that meets Buffers as well
 * is compiled for both and takes 1.6 times as long. And a Buffer's own `slice` is no copy.
 */

/** The same memory, without Node's methods. */
export function plainView(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/**
 * A `Uint8Array` of `length` bytes that the caller fills. Small ones are cut from Node's shared pool:
 * a typed array of its own beyond 64 bytes costs 0.2 µs, more than reading a whole frame's header.
 */
export function uninitializedBytes(length: number): Uint8Array {
  const pooled = Buffer.allocUnsafe(length)
  return new Uint8Array(pooled.buffer, pooled.byteOffset, length)
}

/** A new `Uint8Array` with `buf[from … to-1]`. */
export function copyBytes(buf: Uint8Array, from: number, to: number): Uint8Array {
  return new Uint8Array(new Uint8Array(buf.buffer, buf.byteOffset + from, to - from))
}
