/** The demo records a history once, however often it runs, and finds everything again. */
import { spawnSync } from 'node:child_process'
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, join } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { afterAll, describe, expect, it } from 'vitest'
import { Store } from '@batpak/core'
import { readHistory } from '../src/commits.ts'
import type { Report } from '../src/report.ts'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const example = fileURLToPath(new URL('..', import.meta.url))
const readme = readFileSync(join(root, 'README.md'), 'utf8')
const work = mkdtempSync(join(tmpdir(), 'batpak-demo-test-'))
afterAll(() => rmSync(work, { recursive: true, force: true }))

function start(args: readonly string[], env: Record<string, string> = {}): Run {
  const main = join(example, 'dist', 'main.js')
  return spawnSync(process.execPath, [main, ...args], {
    encoding: 'utf8',
    env: { ...process.env, ...env },
  })
}

interface Run {
  readonly status: number | null
  readonly stdout: string
  readonly stderr: string
}

function demo(name: string, env: Record<string, string> = {}): Report {
  const run = start(['--json', '--data', join(work, name)], env)
  expect(run.status, run.stderr + run.stdout).toBe(0)
  return JSON.parse(run.stdout) as Report
}

/** A repository with an empty commit per subject. */
function repository(
  name: string,
  ...subjects: string[]
): { readonly dir: string; readonly git: Git } {
  const dir = join(work, name)
  mkdirSync(dir)
  const git: Git = (...args) => {
    const identity = ['-c', 'user.name=A', '-c', 'user.email=a@b', '-c', 'commit.gpgsign=false']
    const run = spawnSync('git', [...identity, ...args], { cwd: dir, encoding: 'utf8' })
    expect(run.status, run.stderr).toBe(0)
  }
  git('init', '-q')
  for (const subject of subjects) git('commit', '-q', '--allow-empty', '-m', subject)
  return { dir, git }
}

type Git = (...args: string[]) => void

describe('npm run demo', () => {
  it('records every commit, and in a second run none again', () => {
    const first = demo('twice')
    expect(first.problems).toEqual([])
    expect(first.added).toBe(first.commits)
    expect(first.commits).toBeGreaterThan(5)
    expect(first.receipts).toEqual({ unsigned_accepted: first.commits })
    expect(first.chains.broken).toEqual([])
    expect(first.reference.agreeing).toBe(first.reference.events)
    const second = demo('twice')
    expect(second).toMatchObject({ added: 0, commits: first.commits, problems: [] })
    expect(second.reopened.events).toBe(first.reopened.events + 2)
  })

  it('says what is missing where nothing maps, and works all the same', () => {
    const report = demo('unmapped', { BATPAK_MMAP: 'off' })
    expect(report.problems).toEqual([])
    expect(report.profile.maps).toBe(false)
    expect(report.backends.mmap.backend).toBe('none')
  })

  it('takes the bundled history where there is no repository', () => {
    const report = demo('bundled', { GIT_DIR: join(work, 'no-repository') })
    expect(report.source).toMatch(/bundled history \(no git repository here\)/)
    expect(report.problems).toEqual([])
    expect(report.added).toBe(report.commits)
  })
})

it('the README counts the stores of the Rust crate', () => {
  const stores = readdirSync(join(root, 'fixtures', 'abi', 'rust-0.8.0'))
  expect(readme).toContain(`${stores.length} stores of the Rust crate`)
})

describe('a history that changes between two runs', () => {
  it('is whole when a commit was amended, reset away or is on another branch', () => {
    const { dir, git } = repository('changing', 'one', 'two', 'three')
    const record = (): Report => demo('changing-store', { GIT_DIR: join(dir, '.git') })
    expect(record()).toMatchObject({ commits: 3, added: 3, earlier: 0 })
    git('commit', '-q', '--allow-empty', '--amend', '-m', 'third')
    expect(record()).toMatchObject({ commits: 3, added: 1, earlier: 1, problems: [] })
    git('reset', '-q', '--hard', 'HEAD~2')
    expect(record()).toMatchObject({ commits: 1, added: 0, earlier: 3, problems: [] })
    git('checkout', '-q', '--orphan', 'other')
    git('commit', '-q', '--allow-empty', '-m', 'another root')
    expect(record()).toMatchObject({ commits: 1, added: 1, earlier: 4, problems: [] })
    const run = start(['--data', join(work, 'changing-store')], { GIT_DIR: join(dir, '.git') })
    expect(run.stdout).toMatch(/and 4 more from earlier histories/)
  })

  it('is the bundled one inside a foreign repository, before the first commit, without git', () => {
    const bundled = pathToFileURL(join(example, 'data', 'history.ndjson'))
    const { dir, git } = repository('foreign', 'not ours')
    mkdirSync(join(dir, 'unpacked'))
    const sourceOf = (path: string): string =>
      readHistory(pathToFileURL(`${path}/`), bundled).source
    expect(sourceOf(dir)).toBe('the git history of this checkout')
    expect(sourceOf(join(dir, 'unpacked'))).toMatch(/around this directory is another one/)
    git('checkout', '-q', '--orphan', 'empty')
    expect(sourceOf(dir)).toMatch(/no commit yet/)
    const report = demo('without-git', { PATH: programsBut('git') })
    expect(report.source).toBe('the bundled history (git is not on the PATH)')
  })
})

/** A PATH that has what else a degraded store needs (flock, where no addon locks), and not `program`. */
function programsBut(program: string): string {
  const dir = join(work, `without-${program}-bin`)
  mkdirSync(dir)
  for (const from of (process.env['PATH'] ?? '').split(delimiter)) {
    const flock = join(from, 'flock')
    if (!existsSync(flock)) continue
    symlinkSync(flock, join(dir, 'flock'))
    break
  }
  return dir
}

describe('on the command line', () => {
  it('a misspelt option and --help show the usage', () => {
    const wrong = start(['--jsn'])
    expect(wrong).toMatchObject({ status: 2, stdout: '' })
    expect(wrong.stderr).toMatch(/^demo: .*--jsn/)
    expect(wrong.stderr).toMatch(/usage: npm run demo/)
    expect(wrong.stderr).not.toMatch(/^ +at /m)
    const help = start(['--help'])
    expect(help).toMatchObject({ status: 0, stderr: '' })
    expect(help.stdout).toMatch(/usage: npm run demo/)
  })

  it('a store that is held and a directory that is none are told without a stack trace', () => {
    const held = join(work, 'held')
    const store = Store.open({ dataDir: join(held, 'store') })
    try {
      const run = start(['--data', held])
      expect(run).toMatchObject({ status: 1, stdout: '' })
      expect(run.stderr).toMatch(/^demo: .*is locked by another owner/m)
      expect(run.stderr).not.toMatch(/^ +at /m)
    } finally {
      store.close()
    }
    const run = start(['--data', join(example, 'package.json')])
    expect(run).toMatchObject({ status: 1 })
    expect(run.stderr).toMatch(/^demo: (?:ENOTDIR|EEXIST|ENOENT)/m)
    expect(run.stderr).not.toMatch(/^ +at /m)
  })

  it('without maps it names the variable that forbids them and a doctor that runs', () => {
    const run = start(['--data', join(work, 'forbidden')], { BATPAK_MMAP: 'off' })
    expect(run.stdout).toMatch(/BATPAK_MMAP=off forbids it \(`unset BATPAK_MMAP`\)/)
    const [, path, command] = /`node (\S+) (doctor)`/.exec(run.stdout) ?? []
    expect(existsSync(join(root, path!))).toBe(true)
    const doctor = spawnSync(process.execPath, [path!, command!], { cwd: root, encoding: 'utf8' })
    expect(doctor.stdout).toMatch(/mmap/)
  })

  it('the README names the way to get nothing but JSON', () => {
    expect(readme).toContain('npm run --silent demo -- --json')
  })
})
