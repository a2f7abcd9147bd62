/** The commits of a repository, oldest first, each after its parents. */
import { spawnSync } from 'node:child_process'
import { readFileSync, realpathSync } from 'node:fs'

export interface Commit {
  readonly hash: string
  readonly parents: readonly string[]
  readonly author: string
  /** RFC 3339. */
  readonly authoredAt: string
  readonly subject: string
}

export interface History {
  /** Where the commits come from, in words. */
  readonly source: string
  readonly commits: readonly Commit[]
}

/** Reads the history of the repository at `root`, or the bundled one where there is no whole one. */
export function readHistory(root: URL, bundled: URL): History {
  const why = whyNotOwn(root)
  if (why === undefined) {
    return { source: 'the git history of this checkout', commits: readGitLog(root) }
  }
  return {
    source: `the bundled history (${why})`,
    commits: parseLines(readFileSync(bundled, 'utf8')),
  }
}

/** Why the repository at `root` cannot be used, or undefined when it can. */
function whyNotOwn(root: URL): string | undefined {
  if (git(root, ['--version']) === undefined) return 'git is not on the PATH'
  const top = git(root, ['rev-parse', '--show-toplevel'])
  if (top === undefined) return 'no git repository here'
  // An unpacked archive may lie inside somebody's repository, whose history is none of ours.
  if (realpathSync.native(top.trim()) !== realpathSync.native(root)) {
    return 'the git repository around this directory is another one'
  }
  if (git(root, ['rev-parse', '--is-shallow-repository'])?.trim() !== 'false') {
    return 'a shallow clone'
  }
  return git(root, ['rev-parse', '--verify', 'HEAD']) === undefined ? 'no commit yet' : undefined
}

/** One JSON document per line. */
export function parseLines(text: string): readonly Commit[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Commit)
}

const FIELD = '\x1f'
const RECORD = '\x1e'

function readGitLog(root: URL): readonly Commit[] {
  const format = ['%H', '%P', '%an', '%aI', '%s'].join(FIELD) + RECORD
  const log = git(root, ['log', '--reverse', '--topo-order', `--format=${format}`]) ?? ''
  return log
    .split(RECORD)
    .map((record) => record.trim())
    .filter((record) => record !== '')
    .map((record) => {
      const [hash = '', parents = '', author = '', authoredAt = '', subject = ''] =
        record.split(FIELD)
      return {
        hash,
        parents: parents.split(' ').filter((parent) => parent !== ''),
        author,
        authoredAt,
        subject,
      }
    })
}

/** The output of git in `root`, or undefined when git is missing or refuses. */
function git(root: URL, args: readonly string[]): string | undefined {
  const run = spawnSync('git', args, { cwd: root, encoding: 'utf8', maxBuffer: 1 << 30 })
  return run.status === 0 ? run.stdout : undefined
}
