/** What the demo found, as data and as text. */
import type { Diagnostics } from '@batpak/core'
import type { ChainCheck } from './check.ts'
import type { Contribution } from './events.ts'
import type { CapturedProfile } from './host-profile.ts'
import type { ReferenceCheck } from './reference-store.ts'

export interface Report {
  readonly node: string
  readonly dataDir: string
  readonly source: string
  readonly profile: CapturedProfile
  readonly backends: Diagnostics['backends']
  readonly commits: number
  /** Recorded commits that are not in the present history: of another branch, or rewritten. */
  readonly earlier: number
  readonly added: number
  readonly microsPerAppend: number
  readonly pages: number
  readonly receipts: Readonly<Record<string, number>>
  readonly chains: ChainCheck
  readonly authors: readonly (Contribution & { readonly stream: string })[]
  readonly head: {
    readonly commit: string
    readonly causes: number
    readonly nearestCauses: readonly string[]
    readonly chain: number
  }
  readonly reopened: {
    readonly milliseconds: number
    readonly events: number
    readonly problems: readonly string[]
  }
  readonly reference: ReferenceCheck
  readonly problems: readonly string[]
}

const SHOWN_AUTHORS = 5

/** `mmapVariable` is the value of BATPAK_MMAP, which may be what forbids maps. */
export function printReport(report: Report, mmapVariable: string | undefined): void {
  const { profile, backends, head, chains, reference } = report
  const recorded = report.commits + report.earlier
  const lines = [
    '',
    `batpak on Node ${report.node}`,
    `  store        ${report.dataDir}`,
    `  history      ${report.source}: ${report.commits} commits, ${report.added} new in this run`,
    `  profile      fingerprint ${profile.fingerprint}${profile.changed === undefined ? '' : `; the host changed: ${profile.changed}`}`,
    `  lock         ${backends.lock.backend} (${backends.lock.probe})`,
    `  maps         ${backends.mmap.backend} (${backends.mmap.probe})`,
    ...(report.earlier === 0
      ? []
      : [`               and ${report.earlier} more from earlier histories`]),
    ...(profile.maps ? [] : degraded(mmapVariable)),
    `  appended     ${report.added === 0 ? 'nothing: every commit was known by its key' : `${report.microsPerAppend.toFixed(1)} µs per append (cold: the first calls of a process), then one sync`}`,
    `  paged        ${report.pages} pages of up to 100 events`,
    `  receipts     ${Object.entries(report.receipts)
      .map(([outcome, count]) => `${count} ${outcome}`)
      .join(', ')}`,
    `  hash chains  ${chains.entities} streams, ${chains.events} events, ${chains.broken.length} broken`,
    `               ${recorded} commits and ${chains.events - recorded} of the store itself: it notes each opening and closing`,
    `  HEAD         ${head.commit}`,
    `               ${head.causes} causes up to the root, ${head.chain} events in its author's chain`,
    ...head.nearestCauses.map((cause) => `               ← ${cause}`),
    ...report.authors
      .slice(0, SHOWN_AUTHORS)
      .map(
        (author) =>
          `  author       ${author.stream.slice('author:'.length)}: ${author.commits} commits, ${author.merges} merges`,
      ),
    ...(report.authors.length > SHOWN_AUTHORS
      ? [`               and ${report.authors.length - SHOWN_AUTHORS} more`]
      : []),
    `  reopened     ${report.reopened.events} events (one more: the closing) in ${report.reopened.milliseconds.toFixed(1)} ms`,
    `  Rust store   ${reference.agreeing} of ${reference.events} events read as batpak 0.8.0 reads them, ${reference.chains.broken.length} broken chains`,
    '',
    ...(report.problems.length === 0
      ? ['Everything checked is as it should be.']
      : ['Problems:', ...report.problems.map((problem) => `  ${problem}`)]),
  ]
  process.stdout.write(`${lines.join('\n')}\n`)
}

function degraded(mmapVariable = ''): string[] {
  return [
    '               degraded: nothing maps files here, sealed segments are read by position;',
    mmapVariable === ''
      ? '               a C++ compiler and Python 3 let `npm run demo` build mmap-io, and'
      : `               BATPAK_MMAP=${mmapVariable} forbids it (\`unset BATPAK_MMAP\`), and`,
    '               `node packages/cli/dist/bin.js doctor` says more',
  ]
}
