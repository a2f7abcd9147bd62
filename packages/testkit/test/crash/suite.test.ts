// The crash suites as an application uses them: what they accept, how they fail, and how a failure is
// repeated.
import { Store, defineEvent } from '@batpak/core'
import { afterEach, expect, it } from 'vitest'
import {
  LawViolation,
  crashSuite,
  faultSweep,
  replayProgram,
  type CrashEnv,
  type CrashOptions,
} from '../../src/index.ts'
import { runScenario } from '../../src/crash/scenario.ts'

const Placed = defineEvent<{ sku: number }>({ name: 'Placed', category: 0xf, typeId: 1 })
const at = { entity: 'order:1', scope: 'shop' }

/** An application: it holds its store elsewhere and syncs what it has promised. */
class Orders {
  readonly store: Store

  constructor({ dir, platform }: CrashEnv) {
    this.store = Store.open({ dataDir: dir, platform })
  }

  place(sku: number): void {
    this.store.append(at, Placed, { sku }, { until: 'durable' })
  }
}

const orders: CrashOptions<Orders> = {
  open: (env) => new Orders(env),
  store: (app) => app.store,
  scenario: (app) => {
    app.place(1)
    app.place(2)
  },
  budget: { images: 60, again: 1 },
}
const { budget: _, ...sweepable } = orders

type Registered = readonly [name: string, run: () => void | Promise<void>]

/** A test runner that only remembers. */
function collected<R>(register: (test: (...args: Registered) => void) => R): {
  readonly report: R
  readonly tests: readonly Registered[]
} {
  const tests: Registered[] = []
  const report = register((...test) => void tests.push(test))
  return { report, tests }
}

async function failuresOf(tests: readonly Registered[]): Promise<readonly unknown[]> {
  const failures: unknown[] = []
  for (const [, run] of tests) {
    try {
      await run()
    } catch (error) {
      failures.push(error)
    }
  }
  return failures
}

afterEach(() => {
  delete process.env['BATPAK_REPLAY']
})

it('an application that keeps its promises is green, and its report says what was done', async () => {
  const { report, tests } = collected((test) => crashSuite(test, 'orders', orders))
  expect(await failuresOf(tests)).toEqual([])
  expect(tests.map(([name]) => name.split(':')[0])).toEqual(Array(3).fill('orders crash'))
  expect(report.images).toBeGreaterThan(100)
  expect(report.second).toBeGreaterThan(50)
  expect(report.laws['L-DUR']).toBeGreaterThan(100)
  expect(report.marks).toContain('recover.TornTail')
})

/** The same over a machine that says yes to every sync and does nothing. */
const careless: CrashOptions<Orders> = {
  ...orders,
  models: ['ordered'],
  open: (env) => {
    env.platform.fs.fsync = (): void => {}
    return new Orders(env)
  },
}

it('a lost sync breaks L-DUR, and the line in the message repeats that crash alone', async () => {
  const { tests } = collected((test) => crashSuite(test, 'orders', careless))
  const [failure] = (await failuresOf(tests)) as LawViolation[]
  expect(failure).toBeInstanceOf(LawViolation)
  expect(failure!.law).toBe('L-DUR')
  const line = /BATPAK_REPLAY='(.*)' npx vitest run -t 'orders crash'/.exec(failure!.message)
  process.env['BATPAK_REPLAY'] = line?.[1]
  const { report, tests: again } = collected((test) => crashSuite(test, 'orders', careless))
  expect(again.map(([name]) => name)).toEqual(['orders crash: replays BATPAK_REPLAY'])
  const [same] = (await failuresOf(again)) as LawViolation[]
  expect(same!.law).toBe('L-DUR')
  expect(report.images - report.second).toBe(1)
})

it('a known defect is counted and does not fail', async () => {
  const known = [{ law: 'L-DUR', what: 'was durable', because: 'syncs are careless' }] as const
  const open = (env: CrashEnv): Orders => {
    const app = new Orders(env)
    env.platform.fs.fsync = (): void => {}
    return app
  }
  const { report, tests } = collected((test) =>
    crashSuite(test, 'orders', { ...careless, open, known }),
  )
  expect(await failuresOf(tests)).toEqual([])
  expect(report.known['syncs are careless']).toBeGreaterThan(5)
})

it('a mark that is not reached fails, by name', async () => {
  const marks = ['fence.cancelled'] as const
  const { tests } = collected((test) => crashSuite(test, 'orders', { ...orders, marks }))
  expect(await failuresOf(tests)).toEqual([
    expect.objectContaining({ message: expect.stringContaining('fence.cancelled') as unknown }),
  ])
})

it('faults: every call of the scenario fails once, and an application error is no defect', async () => {
  const scenario = (app: Orders): void => {
    try {
      app.place(1)
      app.place(2)
    } catch (cause) {
      throw new Error('no order today', { cause })
    }
  }
  const sweep = { ...sweepable, scenario, calls: ['pwrite', 'fsync'], errors: ['EIO'] } as const
  const { report, tests } = collected((test) => faultSweep(test, 'orders', sweep))
  expect(await failuresOf(tests)).toEqual([])
  expect(report.faults).toBeGreaterThan(8)
  expect(report.outcomes).toMatchObject({ SyncFailed: 2, Io: 2 })
})

it('faults: a store that swallows a failed sync breaks a law', async () => {
  const open = (env: CrashEnv): Orders => {
    const { fs } = env.platform
    const fsync = fs.fsync.bind(fs)
    fs.fsync = (...args): void => {
      try {
        fsync(...args)
      } catch {
        // this is the defect
      }
    }
    return new Orders(env)
  }
  const sweep = { ...sweepable, open, calls: ['fsync'], errors: ['EIO'] } as const
  const { tests } = collected((test) => faultSweep(test, 'orders', sweep))
  const [failure] = (await failuresOf(tests)) as LawViolation[]
  expect(failure).toBeInstanceOf(LawViolation)
  expect(failure!.law).toBe('L-DUR')
  expect(failure!.message).toContain('"fault":{"call":"fsync"')
})

it('the same scenario makes the same operations and bytes', async () => {
  const run = async (): Promise<unknown> => {
    const { session } = await runScenario(orders, orders.scenario)
    return [session.recording.ops, session.platform.disk.digest()]
  }
  expect(await run()).toEqual(await run())
})

it('wrong options are TypeErrors that name them', () => {
  const test = (): void => {}
  expect(() => crashSuite(test, 'x', {} as never)).toThrow(/options\.open/)
  expect(() => faultSweep(test, 'x', {} as never)).toThrow(/options\.open/)
})

it('a program with a step that does not exist, or does not fail as it says, is no violation', () => {
  const program = (step: object): never => ({ suite: 'p', version: 1, steps: [step] }) as never
  expect(() => replayProgram(program({ do: 'dance' }))).toThrow(/unknown step/)
  expect(() => replayProgram(program({ do: 'sync', fails: 'Io' }))).toThrow(/should fail with Io/)
})
