/** A decoded frame, before anything is copied out of it. */

/** How the payload stands in the frame: as bytes, or as the value itself. */
export type PayloadForm = 'list' | 'bin' | 'inline'

/** What a frame says. One instance is reused for many frames; offsets are into the decoded buffer. */
export class FrameHead {
  readonly eventId: Uint32Array = new Uint32Array(4)
  readonly correlationId: Uint32Array = new Uint32Array(4)
  /** Zeros when there is none. */
  readonly causationId: Uint32Array = new Uint32Array(4)
  timestampUs = 0
  wallMs = 0
  depth = 0
  lane = 0
  clock = 0
  payloadSize = 0
  kind = 0
  flags = 0
  readonly contentHash: Uint8Array = new Uint8Array(32)
  hasChain = false
  readonly prevHash: Uint8Array = new Uint8Array(32)
  readonly eventHash: Uint8Array = new Uint8Array(32)
  entity = ''
  scope = ''
  payloadForm: PayloadForm = 'list'
  /** Where the encoded payload value begins, header included. */
  payloadValueAt = 0
  /** First element of the list, first byte of the bin, or first byte of the inline value. */
  payloadAt = 0
  /** Elements of the list or bytes of the bin; bytes of the encoded inline value. */
  payloadCount = 0
  /** The extension map: where it begins, 0 when the key is missing, and its number of entries. */
  extensionsAt = 0
  extensionCount = 0
}
