/**
 * The main job on real input: records the git history of this checkout as a causal graph, checks
 * everything that can be checked, and shows that it is all there after a reopen.
 */
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Store, isStoreError, type IndexEntry } from '@batpak/core'
import { USAGE, readArguments } from './arguments.ts'
import { checkChains, pageThrough, verifyReceipts } from './check.ts'
import { readHistory, type Commit } from './commits.ts'
import { CommitRecorded, Contributions, streamOf } from './events.ts'
import { captureProfile } from './host-profile.ts'
import { eventIdOf, recordCommits } from './record.ts'
import { checkReferenceStore } from './reference-store.ts'
import { printReport, type Report } from './report.ts'

const ROOT = new URL('../../../', import.meta.url)
const PAGE = 100

process.exitCode = main(process.argv.slice(2))

function main(argv: readonly string[]): number {
  const args = readArguments(argv)
  if ('refused' in args) {
    process.stderr.write(`demo: ${args.refused}\n\n${USAGE}`)
    return 2
  }
  if (args.help) {
    process.stdout.write(USAGE)
    return 0
  }
  try {
    const report = run(args.data ?? fileURLToPath(new URL('.batpak/git-history/', ROOT)))
    if (args.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`)
    else printReport(report, process.env['BATPAK_MMAP'])
    return report.problems.length === 0 ? 0 : 1
  } catch (error) {
    // What the store or the system refuses says all by itself; anything else is a defect.
    if (!isStoreError(error) && !(error instanceof Error && 'syscall' in error)) throw error
    process.stderr.write(`demo: ${error.message}\n`)
    return 1
  }
}

function run(directory: string): Report {
  const problems: string[] = []
  const dataDir = join(directory, 'store')
  step('capturing the platform profile of this host')
  const profile = captureProfile(dataDir, join(directory, 'host.profile'))
  step('reading the history')
  const history = readHistory(ROOT, new URL('../data/history.ndjson', import.meta.url))
  const scope = `git:${history.commits[0]!.hash.slice(0, 12)}`
  step(`opening ${dataDir} against the profile`)
  const store = Store.open({
    dataDir,
    events: [CommitRecorded],
    platformProfilePath: profile.path,
  })
  try {
    const { backends } = store.diagnostics()
    const recording = recordCommits(store, history.commits, scope, progress(history.commits.length))
    store.sync()
    step('paging, verifying receipts and hash chains')
    const { pages, entries } = pageThrough(store, { kind: CommitRecorded }, PAGE)
    const missing = missingCommits(history.commits, entries)
    problems.push(...missing)
    const receipts = verifyReceipts(store, recording.receipts)
    for (const outcome of Object.keys(receipts)) {
      if (outcome !== 'unsigned_accepted') problems.push(`a receipt is ${outcome}`)
    }
    const chains = checkChains(store, store.entries())
    problems.push(...chains.broken)
    const authors = contributions(store, history.commits)
    const head = headOf(store, history.commits.at(-1)!)
    store.close()
    step('reopening read-only')
    const after = reopened(dataDir, entries)
    problems.push(...after.problems)
    step('opening a store that the Rust implementation wrote')
    const reference = checkReferenceStore(new URL('fixtures/abi/rust-0.8.0/many-segments/', ROOT))
    if (reference.agreeing !== reference.events)
      problems.push('the Rust store reads differently here')
    problems.push(...reference.chains.broken)
    return {
      node: process.version,
      dataDir,
      source: history.source,
      profile,
      backends,
      commits: history.commits.length,
      // Amended, reset or on another branch: what was recorded before stays recorded.
      earlier: entries.length - (history.commits.length - missing.length),
      added: recording.added,
      microsPerAppend: recording.microsPerAppend,
      pages,
      receipts,
      chains,
      authors,
      head,
      reopened: after,
      reference,
      problems,
    }
  } finally {
    store.close()
  }
}

function missingCommits(commits: readonly Commit[], entries: readonly IndexEntry[]): string[] {
  const recorded = new Set(entries.map(({ eventId }) => eventId))
  return commits
    .filter(({ hash }) => !recorded.has(eventIdOf(hash)))
    .map(({ hash }) => `commit ${hash} is not in the store`)
}

function contributions(store: Store, commits: readonly Commit[]): Report['authors'] {
  const streams = [...new Set(commits.map((commit) => streamOf(commit.author)))]
  return streams
    .map((stream) => ({ stream, ...store.project(Contributions, stream)! }))
    .sort((a, b) => b.commits - a.commits)
}

function headOf(store: Store, commit: Commit): Report['head'] {
  const id = eventIdOf(commit.hash)
  const describe = (entry: { readonly eventId: IndexEntry['eventId'] }): string => {
    const { hash, subject } = CommitRecorded.decode(store.get(entry.eventId))
    return `${hash.slice(0, 8)} ${subject}`
  }
  return {
    commit: describe({ eventId: id }),
    causes: [...store.causes(id)].length,
    nearestCauses: [...store.causes(id, { limit: 3 })].map(describe),
    chain: [...store.ancestors(id)].length,
  }
}

function reopened(dataDir: string, before: readonly IndexEntry[]): Report['reopened'] {
  const start = process.hrtime.bigint()
  const store = Store.openReadOnly({ dataDir })
  const milliseconds = Number(process.hrtime.bigint() - start) / 1e6
  try {
    const { entries } = pageThrough(store, { kind: CommitRecorded }, PAGE)
    const problems = before
      .filter(
        (entry, i) =>
          entries[i]?.eventId !== entry.eventId || entries[i].sequence !== entry.sequence,
      )
      .map((entry) => `event ${entry.eventId} is not where it was before the close`)
    return { milliseconds, events: store.stats().eventCount, problems }
  } finally {
    store.close()
  }
}

function step(text: string): void {
  process.stderr.write(`· ${text}\n`)
}

/** A line when the work begins and ends, and at most one a second in between. */
function progress(total: number): (done: number) => void {
  let last = Date.now()
  return (done) => {
    if (done !== total && Date.now() - last < 1000) return
    last = Date.now()
    step(`recording commits: ${done} of ${total}`)
  }
}
