/** A stored event whose payload is what its type decodes. */
import type { StoredEvent } from '../read/entry.ts'

/** As `event`, with `payload`; what reads a file or copies bytes is still done on access only. */
export function decodedEvent<T>(event: StoredEvent, payload: T): StoredEvent<T> {
  return {
    ...event, // its own properties: what it computes is not among them
    payload,
    get payloadBytes(): Uint8Array {
      return event.payloadBytes
    },
    get extensions(): StoredEvent['extensions'] {
      return event.extensions
    },
  }
}
