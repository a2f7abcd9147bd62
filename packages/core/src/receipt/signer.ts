/** The configured keys: the last one signs, all of them verify. */
import type { Coordinate } from '../event/coordinate.ts'
import { equalBytes } from '../event/hash.ts'
import type { FrameDraft } from '../segment/frame-encode.ts'
import { receiptCover, type Covered } from './cover.ts'
import { signCover, signingKey, verifyCover, type SigningKey } from './keys.ts'

export interface Signature {
  readonly keyId: Uint8Array
  readonly signature: Uint8Array
}

export class Signer {
  readonly #keys: readonly SigningKey[]

  /** @param seeds at least one, 32 bytes each */
  constructor(seeds: readonly Uint8Array[]) {
    this.#keys = seeds.map(signingKey)
  }

  sign(covered: Covered): Signature {
    const key = this.#keys.at(-1)!
    const signature = signCover(receiptCover(covered), key)
    return { keyId: key.verifier.keyId.slice(), signature }
  }

  signDraft(draft: FrameDraft, coordinate: Coordinate, sequence: number): Signature {
    const { eventId, kind, prevHash, eventHash: contentHash, extensions } = draft
    return this.sign({ eventId, sequence, coordinate, kind, prevHash, contentHash, extensions })
  }

  /** The verdict on a signature over `covered` (W-133, rows 12 and 13). */
  judge(
    covered: Covered,
    { keyId, signature }: Signature,
  ): 'signed' | 'unknown_signing_key' | 'invalid_signature' {
    const key = this.#keys.find(({ verifier }) => equalBytes(verifier.keyId, keyId))
    if (key === undefined) return 'unknown_signing_key'
    const right = verifyCover(receiptCover(covered), signature, key.verifier)
    return right ? 'signed' : 'invalid_signature'
  }
}
