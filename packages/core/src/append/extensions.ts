/** Receipt extensions: opaque bytes under namespaced keys, stored with the event. */
import { copyBytes } from '../encoding/bytes.ts'
import { Writer } from '../encoding/writer.ts'
import { Reader } from '../encoding/reader.ts'
import { NO_EXTENSIONS_MAP, type Extensions } from './receipt.ts'

const KEY_MAX = 256

/**
 * Checks and sorts a caller's extensions; values are copied.
 *
 * @throws RangeError naming `Empty`, `NonAscii`, `TooLong`, `InvalidNamespaceFormat` or
 *   `ReservedNamespace` for a key (W-126); TypeError for anything but a Map of Uint8Arrays
 */
export function checkExtensions(extensions: unknown): Extensions {
  if (!(extensions instanceof Map)) {
    throw new TypeError('extensions must be a Map of string to Uint8Array')
  }
  if (extensions.size === 0) return NO_EXTENSIONS_MAP
  const entries: [string, Uint8Array][] = []
  for (const [key, value] of extensions as Map<unknown, unknown>) {
    if (typeof key !== 'string') throw new TypeError('extensions must have strings as keys')
    if (!(value instanceof Uint8Array)) {
      throw new TypeError(`extensions: the value of ${JSON.stringify(key)} must be a Uint8Array`)
    }
    const defect = keyDefect(key)
    if (defect !== undefined) {
      throw new RangeError(
        `${defect}: the extension key ${JSON.stringify(key)} must be ASCII, 1 to ${KEY_MAX} bytes, ` +
          'of the form namespace.name, and not in the namespace batpak',
      )
    }
    entries.push([key, copyBytes(value, 0, value.length)])
  }
  return new Map(entries.sort(([a], [b]) => (a < b ? -1 : 1)))
}

/** The MessagePack map of the extensions as frames and covers hold it. */
export function encodeExtensions(extensions: Extensions): Uint8Array {
  const out = new Writer(64)
  out.mapHeader(extensions.size)
  for (const [key, value] of extensions) {
    out.str(key)
    out.byteList(value)
  }
  return out.toBytes()
}

/** Reads an extension map; keys come out sorted, whatever their order in the frame. */
export function decodeExtensions(buf: Uint8Array, at: number): Extensions {
  const reader = new Reader(buf, at)
  const entries: [string, Uint8Array][] = []
  for (let i = reader.mapHeader('receipt_extensions'); i > 0; i -= 1) {
    entries.push([reader.str('extension key'), reader.bytes('extension value')])
  }
  return new Map(entries.sort(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b))))
}

function keyDefect(key: string): string | undefined {
  if (key.length === 0) return 'Empty'
  for (let i = 0; i < key.length; i += 1) if (key.charCodeAt(i) > 0x7f) return 'NonAscii'
  if (key.length > KEY_MAX) return 'TooLong'
  const parts = key.split('.')
  if (parts.length !== 2 || parts.includes('')) return 'InvalidNamespaceFormat'
  return parts[0] === 'batpak' ? 'ReservedNamespace' : undefined
}
