/** The events that say when a store was opened and closed, and what it found (W-157, W-158). */
import { Writer } from '../encoding/writer.ts'
import type { HlcPoint } from '../frontier/hlc.ts'
import type { OpenReport } from '../restore/report.ts'

/** The payload of SYSTEM_OPEN_COMPLETED: the report in snake_case, as batpak 0.8.0 writes it. */
export function encodeOpenPayload(report: OpenReport): Uint8Array {
  const out = new Writer(1024)
  const absent = [report.mmapInvalidReason, report.checkpointInvalidReason].filter(
    (reason) => reason === undefined,
  ).length
  out.mapHeader(20 - absent)
  text(out, 'path', report.path)
  count(out, 'restored_entries', report.restoredEntries)
  count(out, 'tail_entries', report.tailEntries)
  count(out, 'elapsed_us', report.elapsedUs)
  count(out, 'phase_plan_build_us', report.phasePlanBuildUs)
  count(out, 'phase_interner_us', report.phaseInternerUs)
  count(out, 'phase_restore_index_us', report.phaseRestoreIndexUs)
  count(out, 'phase_hidden_ranges_us', report.phaseHiddenRangesUs)
  text(out, 'mmap_load_status', report.mmapLoadStatus)
  text(out, 'mmap_invalid_reason', report.mmapInvalidReason)
  text(out, 'checkpoint_load_status', report.checkpointLoadStatus)
  text(out, 'checkpoint_invalid_reason', report.checkpointInvalidReason)
  const r = report
  const system = 'unknown_reserved_system_kind'
  const effect = 'unknown_reserved_effect_kind'
  count(out, `${system}_fallbacks`, r.unknownReservedSystemKindFallbacks)
  histogram(out, `${system}_histogram`, r.unknownReservedSystemKindHistogram)
  count(out, `${effect}_fallbacks`, r.unknownReservedEffectKindFallbacks)
  histogram(out, `${effect}_histogram`, r.unknownReservedEffectKindHistogram)
  count(out, `cumulative_${system}_fallbacks`, r.cumulativeUnknownReservedSystemKindFallbacks)
  histogram(out, `cumulative_${system}_histogram`, r.cumulativeUnknownReservedSystemKindHistogram)
  count(out, `cumulative_${effect}_fallbacks`, r.cumulativeUnknownReservedEffectKindFallbacks)
  histogram(out, `cumulative_${effect}_histogram`, r.cumulativeUnknownReservedEffectKindHistogram)
  return out.toBytes()
}

/** The payload of SYSTEM_CLOSE_COMPLETED: the visible frontier just before it. */
export function encodeClosePayload(visible: HlcPoint): Uint8Array {
  const out = new Writer(64)
  out.mapHeader(2)
  count(out, 'wall_ms', visible.wallMs)
  count(out, 'global_sequence', visible.sequence)
  return out.toBytes()
}

function count(out: Writer, key: string, value: number): void {
  out.str(key)
  out.int(value)
}

/** An absent text has no entry at all. */
function text(out: Writer, key: string, value: string | undefined): void {
  if (value === undefined) return
  out.str(key)
  out.str(value)
}

function histogram(out: Writer, key: string, values: ReadonlyMap<number, number>): void {
  out.str(key)
  out.mapHeader(values.size)
  for (const [kind, occurrences] of [...values].sort(([a], [b]) => a - b)) {
    out.int(kind)
    out.int(occurrences)
  }
}
