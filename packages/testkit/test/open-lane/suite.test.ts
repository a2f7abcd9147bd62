/** The suite is red where it must be: applications that break one law each, and programs that replay. */
import { Store, type StoreOptions } from '@batpak/core'
import { afterEach, expect, expectTypeOf, it, vi, type TestAPI } from 'vitest'
import {
  LawViolation,
  openLaneSuite,
  runOpenLane,
  checkLane,
  expectOpen,
  defineHost,
  type LaneConfig,
  type LaneEnv,
  type OpenLaneOptions,
  type TestFunction,
} from '../../src/index.ts'

vi.setConfig({ testTimeout: 60_000 })

type Open = (env: LaneEnv, config: LaneConfig) => Store

const good: Open = (env, config) => Store.open({ ...config, platform: env.platform })

/** Runs a suite's tests by hand, those of `only`; the violation of each that fails. */
function failures(
  open: Open,
  options: Partial<OpenLaneOptions<Store>> = {},
  only = /host|random|replays/,
): LawViolation[] {
  const tests: (() => unknown)[] = []
  const collect = (name: string, run: () => unknown): unknown => only.test(name) && tests.push(run)
  const small = { hosts: ['linux'], runs: 40, real: false } as const
  openLaneSuite(collect, 'toy', { open, ...small, ...options })
  return tests.flatMap((run) => {
    try {
      run()
      return []
    } catch (error) {
      if (error instanceof LawViolation) return [error]
      throw error
    }
  })
}

function laws(open: Open, only?: RegExp): string[] {
  return [...new Set(failures(open, {}, only).map(({ law }) => law))].sort()
}

/** The application that forgets what the lane is named after. */
const unprofiled: Open = (env, config) => good(env, without(config, 'platformProfilePath'))

function without(config: LaneConfig, name: keyof LaneConfig): LaneConfig {
  return Object.fromEntries(Object.entries(config).filter(([key]) => key !== name)) as LaneConfig
}

afterEach(() => vi.unstubAllEnvs())

it('an application that passes everything on is green', () => {
  expect(laws(good)).toEqual([])
})

it('an application that drops the profile breaks L-CLOSED', () => {
  const [first] = failures(unprofiled)
  expect(first?.law).toBe('L-CLOSED')
  expect(first?.message).toContain('an open that must be refused succeeded')
})

it('an application that drops the observer is told so', () => {
  const [first] = failures((env, config) => good(env, without(config, 'openReportObserver')))
  expect(first?.message).toContain('does open pass config.openReportObserver on?')
})

it('an application that locks itself out breaks L-OPEN, one that keeps a file open L-CLOSED', () => {
  const leaking: Open = (env, { platformProfilePath, ...config }) => {
    const store = good(env, config)
    if (platformProfilePath === undefined) return store
    const again: StoreOptions = { ...config, platformProfilePath, platform: env.platform }
    return Store.open(again)
  }
  expect(laws(leaking)).toContain('L-OPEN')
  const kept: Open = (env, config) => {
    try {
      return good(env, config)
    } catch (error) {
      env.platform.fs.open(`${env.dir}/.batpak.lock`, 'lock-nofollow')
      throw error
    }
  }
  const seen = failures(kept).map(({ message }) => message)
  expect(seen.some((text) => text.includes('L-CLOSED violated: a lock was left open'))).toBe(true)
})

it('an application that writes files of its own into a refused directory breaks L-CLOSED', () => {
  const littering: Open = (env, config) => {
    try {
      return good(env, config)
    } catch (error) {
      if ((error as { code?: string }).code === 'PlatformProfileInvalid') {
        env.platform.fs.open(`${env.dir}/000001.fbat`, 'create-new')
      }
      throw error
    }
  }
  expect(laws(littering)).toContain('L-CLOSED')
})

it('an application that opens twice breaks L-OPEN, one that reports its own errors too', () => {
  const twice: Open = (env, config) => {
    good(env, config).close()
    return good(env, config)
  }
  expect(laws(twice)).toContain('L-OPEN')
  const own: Open = (env, config) => {
    try {
      return good(env, config)
    } catch {
      throw new Error('orders cannot start')
    }
  }
  expect(failures(own)[0]?.message).toContain('Error: orders cannot start')
})

it('an error that an application wraps is found behind it', () => {
  const wrapping: Open = (env, config) => {
    try {
      return good(env, config)
    } catch (cause) {
      throw new Error('orders cannot start', { cause })
    }
  }
  expect(laws(wrapping)).toEqual([])
})

it('an application that knows its own evidence better breaks the admission table', () => {
  const lying: Open = (env, config) => {
    const store = good(env, config)
    const honest = store.diagnostics.bind(store)
    store.diagnostics = () => {
      const seen = honest()
      const admission = { ...seen.platformEvidence.admission, mmapIndex: 'FileBacked' as const }
      return { ...seen, platformEvidence: { ...seen.platformEvidence, admission } }
    }
    return store
  }
  expect(laws(lying, /diagnostics/)).toEqual(['admission table'])
})

it('an application that maps what is not admitted breaks the admission table', () => {
  const mapping: Open = (env, config) => {
    const store = good(env, config)
    const events = store.events.bind(store)
    store.events = (...args) => {
      const { fs } = env.platform
      for (const name of fs.readdir(env.dir).filter((one) => one.endsWith('.fbat'))) {
        const fd = fs.open(`${env.dir}/${name}`, 'read')
        fs.unmap(fs.map(fd, 4))
        fs.close(fd)
      }
      return events(...args)
    }
    return store
  }
  const seen = failures(mapping, { hosts: ['probeFails'] }).map(({ message }) => message)
  expect(seen[0]).toContain(
    'admission table violated: a file was mapped although no map is admitted',
  )
})

it('an application whose store cannot be read breaks L-AVAIL', () => {
  const deaf: Open = (env, config) => {
    const store = good(env, config)
    store.events = () => [][Symbol.iterator]()
    return store
  }
  expect(laws(deaf)).toContain('L-AVAIL')
})

it('an application that depends on the time of day is not repeatable', () => {
  let calls = 0
  const moody: Open = (env, config) => {
    env.platform.fs.stat(`/${(calls += 1)}`)
    return good(env, config)
  }
  expect(laws(moody)).toContain('repeatability')
})

it('a failure says law, program, expectation and the line that repeats it', () => {
  const [first] = failures(unprofiled)
  const { message, repro, program, name } = first!
  expect(name).toBe('LawViolation')
  expect(message.split('\n')).toEqual([
    'law L-CLOSED violated: an open that must be refused succeeded',
    `  program   ${JSON.stringify(program.steps[0])}`,
    expect.stringMatching(/^ {2}expected {2}refused with PlatformProfile/),
    '  actual    open',
    `  repro     ${repro}`,
  ])
  expect(repro).toBe(
    `BATPAK_REPLAY='toy|${JSON.stringify(program.steps[0])}' npx vitest run -t 'toy open lane'`,
  )
})

it('BATPAK_REPLAY runs the one program of its suite, and no other suite heeds it', () => {
  const program = '{"host":"noMmap","profile":{"text":"garbage"}}'
  vi.stubEnv('BATPAK_REPLAY', `toy|${program}`)
  const names: string[] = []
  const report = openLaneSuite((name, run) => names.push(name) && run(), 'toy', { open: good })
  expect(names).toEqual(['toy open lane: replays BATPAK_REPLAY'])
  expect(report.commands).toEqual({ open: 1 })
  expect(failures(unprofiled)[0]?.message).toContain(`program   ${program}`)
  vi.stubEnv('BATPAK_REPLAY', 'other|{')
  expect(failures(good).length).toBe(0)
  vi.stubEnv('BATPAK_REPLAY', 'toy|{')
  expect(() => failures(good)).toThrow(/BATPAK_REPLAY of suite toy is no JSON/)
})

it('a shrunk random program is what is reported', () => {
  const picky: Open = (env, config) => {
    if (env.platform.probe(env.dir).storePath.activeSegmentRead === 'Unknown') {
      throw new RangeError('no')
    }
    return good(env, config)
  }
  const random = failures(picky, { runs: 300 }).at(-1)
  expect(random?.program.steps).toEqual([
    { host: { name: 'linux*', evidence: { activeSegmentRead: 'Unknown' } } },
  ])
})

it('BATPAK_RUNS raises the number of runs, never lowers it, and must be a number', () => {
  const runs = (): number =>
    openLaneSuite((name, run) => name.includes('random') && run(), 'toy', {
      open: good,
      hosts: ['linux'],
      runs: 40,
    }).runs
  const own = runs()
  vi.stubEnv('BATPAK_RUNS', '10')
  expect(runs()).toBe(own)
  vi.stubEnv('BATPAK_RUNS', '100')
  expect(runs()).toBeGreaterThan(100)
  vi.stubEnv('BATPAK_RUNS', '1e3')
  expect(runs).toThrow('BATPAK_RUNS must be a non-negative integer, got "1e3"')
})

it('the report names what is not checked', () => {
  const { notChecked } = openLaneSuite(() => {}, 'toy', { open: good, hosts: ['linux', 'noMmap'] })
  expect(notChecked).toContain('read-only opens: openReadOnly is not given')
  expect(notChecked).toContain('host windowsLike: not among hosts')
  expect(notChecked).not.toContain('host linux: not among hosts')
})

it('wrong use is a TypeError that says what to do', () => {
  const test = (): void => {}
  expect(() => openLaneSuite(test, 'toy', { open: good, hosts: [] })).toThrow(
    'hosts must not be empty',
  )
  expect(() => openLaneSuite(test, 'toy', {} as OpenLaneOptions<Store>)).toThrow(
    'open must be a function',
  )
  const promised = { open: async () => {} } as unknown as OpenLaneOptions<Store>
  expect(runOpenLane({}, promised).code).toContain('not a promise')
  expect(runOpenLane({}, { open: () => ({}) }).code).toContain('pass `store: (app) => app.store`')
})

it('one open can be run, judged and predicted by itself', () => {
  const host = defineHost({ evidence: { parentDirSync: 'Unknown' } })
  expect(expectOpen({ host })).toEqual({
    verdict: 'refused',
    code: 'PlatformAdmissionFailed',
    at: 'Writing',
    fields: { capability: 'parent directory sync' },
  })
  expect(expectOpen({ host, mode: 'ReadOnly', dir: 'store' })).toEqual({ verdict: 'open' })
  const seen = runOpenLane({ host })
  expect(seen.code).toBe('PlatformAdmissionFailed')
  expect(checkLane({ host }, seen)).toBeUndefined()
  expect(checkLane({}, seen)).toMatchObject({ law: 'L-OPEN' })
})

it('the test functions of vitest and of Node fit as they are', () => {
  expectTypeOf<TestAPI>().toExtend<TestFunction>()
  expectTypeOf<(typeof import('node:test'))['test']>().toExtend<TestFunction>()
})
