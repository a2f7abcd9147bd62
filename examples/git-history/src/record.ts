/** Commits become events: parents become causes, roots become sagas, hashes become keys. */
import {
  EventId,
  idempotencyKey,
  type AppendOptions,
  type AppendReceipt,
  type Store,
} from '@batpak/core'
import type { Commit } from './commits.ts'
import { CommitRecorded, addressOf } from './events.ts'

export interface Recording {
  readonly receipts: readonly AppendReceipt[]
  /** How many of them were new; the others were known by their key and wrote nothing. */
  readonly added: number
  /** Microseconds per append that wrote. */
  readonly microsPerAppend: number
}

/** The event id of a commit: the same in every run, because it is derived from the hash. */
export function eventIdOf(hash: string): EventId {
  return EventId.fromHex(idempotencyKey('git-history', hash))
}

/** Appends one event per commit. What a former run recorded is recognised and not written again. */
export function recordCommits(
  store: Store,
  commits: readonly Commit[],
  scope: string,
  progress: (done: number) => void,
): Recording {
  const roots = new Map<string, EventId>()
  const receipts: AppendReceipt[] = []
  let added = 0
  let nanos = 0n
  for (const commit of commits) {
    const [parent] = commit.parents
    const root = (parent && roots.get(parent)) || eventIdOf(commit.hash)
    roots.set(commit.hash, root)
    const options: AppendOptions = {
      idempotencyKey: idempotencyKey('git-history', commit.hash),
      correlationId: root,
      ...(parent === undefined ? {} : { causationId: eventIdOf(parent) }),
    }
    const start = process.hrtime.bigint()
    const receipt = store.append(addressOf(commit, scope), CommitRecorded, commit, options)
    if (!receipt.replayed) {
      nanos += process.hrtime.bigint() - start
      added += 1
    }
    receipts.push(receipt)
    progress(receipts.length)
  }
  const microsPerAppend = added === 0 ? 0 : Number(nanos) / 1000 / added
  return { receipts, added, microsPerAppend }
}
