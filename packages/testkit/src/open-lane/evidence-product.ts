/**
 * All evidence a host can report, against what is admitted.
 *
 * What a probe says can be observed in two ways. `diagnostics()` probes anew on every call, so one
 * open store shows the reported admission of every combination. What evidence does to an open can
 * only be seen by opening: there the lock and the directory sync decide, and nothing else may.
 */
import type { Breach } from '../core/law.ts'
import type { RunningReport } from '../core/report.ts'
import { defineHost, type ClaimedEvidence, type HostSpec } from '../host/host-spec.ts'
import { simPlatform } from '../sim/sim-platform.ts'
import { admissionByTable, evidenceProduct, EVIDENCE_VALUES } from './evidence-values.ts'
import type { LaneMode, LaneSpec } from './lane-spec.ts'
import { laneStore, type LaneApp } from './run-open-lane.ts'

/** Asks one open store for its diagnostics under each of these combinations; the first that is wrong. */
export function wrongAdmission(
  product: Iterable<Required<ClaimedEvidence>>,
  app: LaneApp<unknown>,
  report: RunningReport,
): readonly [Required<ClaimedEvidence>, Breach] | undefined {
  const machine = simPlatform('linux')
  const env = { platform: machine, dir: machine.dir, mode: 'Mutable' } as const
  const store = laneStore(app, app.open(env, { dataDir: machine.dir }))
  try {
    for (const claimed of product) {
      machine.claim(claimed)
      report.count('diagnostics')
      const { admission } = store.diagnostics().platformEvidence
      const table = admissionByTable(claimed)
      const fields = Object.keys(table) as (keyof typeof table)[]
      if (fields.every((field) => admission[field] === table[field])) continue
      const what = 'diagnostics admit something else than the evidence gives'
      return [claimed, { law: 'admission table', what, expected: table, actual: admission }]
    }
    return undefined
  } finally {
    store.close()
  }
}

/**
 * Opens under each lock and directory-sync evidence (20 pairs), and under each other value of each
 * other field, alone and with all the others at their worst; all 15 360 combinations when `runs` is
 * that large.
 */
export function* verdictPrograms(
  host: HostSpec,
  modes: readonly LaneMode[],
  runs: number,
): Generator<LaneSpec> {
  const claims = runs >= COMBINATIONS ? evidenceProduct() : tellingClaims()
  for (const evidence of claims) {
    const claiming = defineHost({ base: host, evidence })
    for (const mode of modes) {
      for (const dir of ['missing', 'store'] as const) {
        if (mode === 'Mutable' || dir === 'store') yield { host: claiming, mode, dir }
      }
    }
  }
}

const COMBINATIONS = 15_360

function* tellingClaims(): Generator<ClaimedEvidence> {
  const { lockLeafSymlinkProtection, parentDirSync, ...describing } = EVIDENCE_VALUES
  const worst = Object.fromEntries(
    Object.entries(describing).map(([field, values]) => [field, values.at(-1)]),
  ) as ClaimedEvidence
  for (const lock of lockLeafSymlinkProtection) {
    for (const sync of parentDirSync) {
      const pair = { lockLeafSymlinkProtection: lock, parentDirSync: sync }
      yield pair
      yield { ...worst, ...pair }
    }
  }
  for (const [field, values] of Object.entries(describing)) {
    for (const value of values) {
      yield { [field]: value }
      yield { ...worst, [field]: value }
    }
  }
}
