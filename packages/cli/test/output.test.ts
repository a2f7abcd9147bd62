// What reaches a terminal, a pipe and a file: colour, width, closed pipes, Ctrl-C.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { Store, defineEvent } from '@batpak/core'
import { beforeAll, describe, expect, it } from 'vitest'
import { batpak, bin, environment } from './support/run.ts'
import { copyStore, sharedTempDir } from './support/stores.ts'

const ESC = '\u001b'
const parent = sharedTempDir()
const damaged = copyStore('flipped-frame', parent)
const large = join(parent, 'large')
const broken = join(parent, 'broken')
const stores = { large, broken }

// Two stores whose output is far more than a pipe holds: many events, and many findings.
beforeAll(() => {
  const Noted = defineEvent({ name: 'Noted', category: 0xf, typeId: 1 })
  for (const dir of [large, broken]) {
    const store = Store.open({ dataDir: dir })
    for (let n = 0; n < 4000; n += 1)
      store.append({ entity: `note:${n}`, scope: 'test' }, Noted, { n })
    store.close()
  }
  const path = join(broken, '000001.fbat')
  const bytes = readFileSync(path)
  for (let at = bytes.indexOf('note:'); at >= 0; at = bytes.indexOf('note:', at + 5))
    bytes[at] = 0x4e
  writeFileSync(path, bytes)
})

describe('colour', () => {
  it.each([
    ['nothing said, no terminal', [], {}, false],
    ['--color always', ['--color', 'always'], {}, true],
    ['--color always beats NO_COLOR', ['--color', 'always'], { NO_COLOR: '1' }, true],
    ['FORCE_COLOR', [], { FORCE_COLOR: '1' }, true],
    ['FORCE_COLOR=0', [], { FORCE_COLOR: '0' }, false],
    ['NO_COLOR beats FORCE_COLOR', [], { NO_COLOR: '1', FORCE_COLOR: '1' }, false],
    ['an empty NO_COLOR says nothing', [], { NO_COLOR: '', FORCE_COLOR: '1' }, true],
    ['--color never beats FORCE_COLOR', ['--color', 'never'], { FORCE_COLOR: '1' }, false],
  ] as [string, string[], NodeJS.ProcessEnv, boolean][])(
    '%s',
    async (_what, args, env, coloured) => {
      const { out } = await batpak(['verify', damaged, ...args], { env })
      expect(out.includes(ESC)).toBe(coloured)
      const { err } = await batpak(['verify', join(parent, 'nowhere'), ...args], { env })
      expect(err.includes(ESC)).toBe(coloured)
    },
  )

  it('never touches a document', async () => {
    const { out } = await batpak(['verify', damaged, '--json', '--color', 'always'])
    expect(out).not.toContain(ESC)
  })
})

// The program that gives another one a terminal.
const recorder = 'script'
const script = spawnSync(recorder, ['--version'], { encoding: 'utf8' })
const hasTerminal = script.status === 0 && script.stdout.includes('util-linux')

describe.skipIf(!hasTerminal)('on a terminal (util-linux `script`)', () => {
  function onTerminal(args: string, env: NodeJS.ProcessEnv = {}): string {
    const command = `stty cols 60 rows 24; exec ${process.execPath} --no-warnings ${bin} ${args}`
    const run = spawnSync(recorder, ['-qec', command, '/dev/null'], {
      env: environment({ TERM: 'xterm', ...env }),
      encoding: 'utf8',
    })
    return run.stdout.replaceAll('\r\n', '\n')
  }

  const plain = (line: string): string => line.replaceAll(new RegExp(`${ESC}\\[\\d+m`, 'g'), '')

  it('events fit its width: the time goes first, then names are cut, never the id', () => {
    const rows = onTerminal(`log ${large} --limit 5`).split('\n').slice(0, 5)
    for (const row of rows) {
      expect(row.replaceAll(ESC, '^')).toMatch(/^ +\d {2}\^\[33m[0-9a-f]{32}\^\[39m {2}0x.*…$/)
      expect(plain(row)).toHaveLength(60)
    }
  })

  it('a table is cut to its width, values to copy are not', () => {
    const text = onTerminal(`inspect ${large}`)
    expect(text).toMatch(/^SEGMENT .*…$/m)
    expect(text.split('\n').find((line) => line.startsWith('SEGMENT'))).toHaveLength(60)
    expect(text).toContain(large)
  })

  it('a terminal that is dumb, and NO_COLOR, are respected', () => {
    expect(onTerminal(`log ${large} --limit 1`, { TERM: 'dumb' })).not.toContain(ESC)
    expect(onTerminal(`log ${large} --limit 1`, { NO_COLOR: '1' })).not.toContain(ESC)
  })

  it('progress is one line that is removed again', () => {
    const clear = `\r${ESC}[K`
    const [before, ...lines] = onTerminal(`verify ${large} --full`).split(clear)
    expect(before).toBe('')
    const rest = lines.pop()
    expect(
      lines.filter(
        (line) => line !== '' && !/^\d+ %, [\d ]+ of [\d ]+ bytes, \d+ s left$/.test(line),
      ),
    ).toEqual([])
    expect(lines.length).toBeGreaterThan(0)
    expect(rest).toMatch(/^checked /)
  })
})

it('a pipe has whole lines, however long', async () => {
  const { out } = await batpak(['log', large, '--limit', '1'], { env: { COLUMNS: '20' } })
  expect(out).toMatch(/batpak:store @ batpak:lifecycle\n$/)
})

it('--progress prints a line per tenth where there is no terminal, --quiet none', async () => {
  const { err } = await batpak(['verify', large, '--progress'])
  const tenths = err
    .trimEnd()
    .split('\n')
    .map((line) => Number(/^(\d+) %/.exec(line)![1]))
  expect(tenths.length).toBeGreaterThan(1)
  expect(tenths.every((tenth, i) => tenth % 10 === 0 && (i === 0 || tenth > tenths[i - 1]!))).toBe(
    true,
  )
  expect(tenths.at(-1)).toBe(100)
  expect((await batpak(['verify', large, '--progress', '--quiet'])).err).toBe('')
  expect((await batpak(['verify', large])).err).toBe('')
})

it('--verbose says what is done, and where an error comes from', async () => {
  expect((await batpak(['log', large, '--limit', '1', '--verbose'])).err).toMatch(
    /opened .*: 4002 events in \d+ ms/,
  )
  const { err } = await batpak(['log', damaged, '--verbose'])
  expect(err).toMatch(/\n {4}at /)
})

describe.skipIf(process.platform === 'win32')('a reader that goes away', () => {
  it.each([
    ['log', 'large'],
    ['log --json', 'large'],
    ['verify', 'broken'],
    ['inspect --segment 1', 'large'],
    ['inspect --json --segment 1', 'large'],
  ] as const)('ends %s of a %s store quietly with 0', async (command, name) => {
    const line = `"$0" --no-warnings "$@" | head -n 1; echo "\${PIPESTATUS[0]}"`
    const args = ['-c', line, process.execPath, bin, ...command.split(' '), '-C', stores[name]]
    const child = spawn('bash', args, { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] })
    const [out, err] = await Promise.all([textOf(child.stdout), textOf(child.stderr)])
    expect(err).toBe('')
    expect(out.trimEnd().split('\n').at(-1)).toBe('0')
  })
})

describe.skipIf(process.platform === 'win32')('Ctrl-C', () => {
  /** Starts the command, takes its first output, and then reads no more. */
  async function stuck(args: readonly string[]): Promise<ChildProcess> {
    const child = spawn(process.execPath, ['--no-warnings', bin, ...args], {
      env: environment(),
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    await once(child.stdout, 'readable')
    await setTimeout(300) // by now the pipe is full
    return child
  }

  it.each([
    ['log', 'large', /^interrupted after (\d ?)+ events\n$/],
    ['log --json', 'large', /^interrupted after (\d ?)+ events\n$/],
    ['verify', 'broken', /^interrupted: checked 0 segments, .* bytes: frames, .*\nnot checked: /],
  ] as const)(
    '%s of a %s store says how far it came, exit 130, even when nobody reads',
    async (command, name, message) => {
      const args = [...command.split(' '), stores[name]]
      const child = await stuck(args)
      const err = textOf(child.stderr!)
      const start = Date.now()
      child.kill('SIGINT')
      const [code, signal] = (await once(child, 'exit')) as [number | null, string | null]
      expect({ code, signal }).toEqual({ code: 130, signal: null })
      expect(Date.now() - start).toBeLessThan(5000)
      child.stdout!.resume()
      expect(await err).toMatch(message)
    },
  )

  it('still leaves one whole document to whoever goes on reading', async () => {
    const child = await stuck(['verify', broken, '--json'])
    child.kill('SIGINT')
    const [out, [code]] = await Promise.all([textOf(child.stdout!), once(child, 'exit')])
    expect(code).toBe(130)
    const report = JSON.parse(out) as { ok: boolean; findings: unknown[] }
    expect(report.ok).toBe(false)
    expect(report.findings.length).toBeGreaterThan(10)
    expect(report.findings.length).toBeLessThan(4000)
  })
})

describe.skipIf(process.platform === 'win32')('Ctrl-C between many small, healthy segments', () => {
  const many = join(parent, 'many')
  const SEGMENTS = 400

  beforeAll(() => {
    const Noted = defineEvent({ name: 'Noted', category: 0xf, typeId: 1 })
    const store = Store.open({ dataDir: many, segmentMaxBytes: 512, syncEveryNEvents: 100_000 })
    for (let n = 0; n < SEGMENTS; n += 1)
      store.append({ entity: 'note:1', scope: 'test' }, Noted, 'x'.repeat(200))
    store.close()
  })

  /** Interrupted as soon as the first tenth is reported. */
  async function interrupted(
    ...args: string[]
  ): Promise<{ out: string; err: string; code: number }> {
    const slow = new URL('child/slow-opens.mjs', import.meta.url).href
    const child = spawn(
      process.execPath,
      ['--no-warnings', '--import', slow, bin, 'verify', many, '--progress', ...args],
      { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] },
    )
    child.stderr.once('data', () => child.kill('SIGINT'))
    const [out, err, [code]] = await Promise.all([
      textOf(child.stdout),
      textOf(child.stderr),
      once(child, 'exit') as Promise<[number]>,
    ])
    return { out, err, code }
  }

  it('stops the check there and says how far it came', async () => {
    expect((await batpak(['verify', many])).out).toMatch(/no problems found/)
    const { out, err, code } = await interrupted()
    expect({ out, code }).toEqual({ out: '', code: 130 })
    const segments = Number(/^interrupted: checked (\d+) segments/m.exec(err)![1])
    expect(segments).toBeGreaterThan(1)
    expect(segments).toBeLessThan(SEGMENTS / 2)
  })

  it('leaves a document that says so, with the command that checks all of it', async () => {
    const { out, code } = await interrupted('--json', '--full')
    expect(code).toBe(130)
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      interrupted: true,
      findings: [],
      suggest: [`batpak verify ${many} --full`],
    })
  })
})

async function textOf(stream: NodeJS.ReadableStream): Promise<string> {
  let text = ''
  for await (const piece of stream) text += String(piece)
  return text
}
