/** The event that records a denial, as batpak 0.8.0 writes it (W-122). */
import { encodePayload } from '../encoding/payload-encode.ts'
import { Writer } from '../encoding/writer.ts'
import type { EventKind } from '../event/kind.ts'
import { checkDenial, type Denial } from './denial.ts'
import { requireGateName } from './gate.ts'
import type { GateSet } from './gate-set.ts'

/** What was refused. */
export interface ProposedEvent {
  readonly kind: EventKind
  /** BLAKE3 of the payload that was not written, if there was one. */
  readonly contentHash: Uint8Array | undefined
  readonly pipelineId: string | undefined
}

/**
 * The payload of a denial event: what each gate said, and what was proposed.
 *
 * @throws TypeError for anything but a gate set and a denial, RangeError for a denial whose gate has
 *   a name that cannot be stored, StoreError `InvalidUnicode`
 */
export function encodeDenial(
  gates: Pick<GateSet, 'trace'>,
  denial: Denial,
  proposed: ProposedEvent,
): Uint8Array {
  const checked = checkDenial(denial)
  const { gate: denier, code, message, context } = checked
  requireGateName(denier)
  const out = new Writer(512)
  encodePayload(out, {
    evaluations: gates.trace(checked).map(({ gate, verdict }) => ({
      gate_id: gate,
      verdict: verdict === 'Deny' ? { Deny: { code, message, context } } : verdict,
      evidence_hash: null,
    })),
    pipeline_id: proposed.pipelineId ?? null,
    proposed_kind: proposed.kind,
    proposed_content_hash: proposed.contentHash ?? null,
  })
  return out.toBytes()
}
