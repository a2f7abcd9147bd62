/** Bytes for people: offset, sixteen bytes in hex, and what they are as ASCII. */

const ROW = 16

/** @param from the offset of the first byte in its file */
export function hexView(bytes: Uint8Array, from: number): string {
  let out = ''
  const digits = Math.max(8, (from + bytes.length).toString(16).length)
  for (let at = 0; at < bytes.length; at += ROW) {
    const row = bytes.subarray(at, at + ROW)
    const hex = Array.from(row, (byte) => byte.toString(16).padStart(2, '0'))
    const left = hex.slice(0, 8).join(' ')
    const right = hex.slice(8).join(' ')
    const text = Array.from(row, (byte) =>
      byte > 0x1f && byte < 0x7f ? String.fromCharCode(byte) : '.',
    )
    const offset = (from + at).toString(16).padStart(digits, '0')
    out += `${offset}  ${left.padEnd(23)}  ${right.padEnd(23)}  |${text.join('')}|\n`
  }
  return out
}
