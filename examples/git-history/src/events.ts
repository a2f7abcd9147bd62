/** The one event of this application, where it lives, and what is folded from it. */
import { defineEvent, defineProjection, type Coordinate } from '@batpak/core'
import type { Commit } from './commits.ts'

export const CommitRecorded = defineEvent<Commit>({
  name: 'git.CommitRecorded',
  category: 0x1,
  typeId: 0x001,
})

export interface Contribution {
  readonly commits: number
  readonly merges: number
  readonly first: string
  readonly last: string
}

export const Contributions = defineProjection<Contribution>({
  name: 'Contributions',
  version: 1,
  init: () => ({ commits: 0, merges: 0, first: '', last: '' }),
  on: (on) => [
    on(CommitRecorded, (state, commit) => ({
      commits: state.commits + 1,
      merges: state.merges + (commit.parents.length > 1 ? 1 : 0),
      first: state.first || commit.authoredAt,
      last: commit.authoredAt,
    })),
  ],
})

/** The stream of an author. A name may hold characters that a coordinate may not. */
export function streamOf(author: string): string {
  const safe = author.replace(/[/|=]|\.\.|\p{Cc}/gu, '-').trim()
  return `author:${safe === '' ? 'unknown' : safe}`
}

export function addressOf(commit: Commit, scope: string): Coordinate {
  return { entity: streamOf(commit.author), scope }
}
