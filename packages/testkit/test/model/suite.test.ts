/** The suite itself: what it says of an application that is wrong, and of itself when it is misused. */
import { Store, defineEvent, type AppendReceipt } from '@batpak/core'
import { deny, gate } from '@batpak/core/gate'
import fc from 'fast-check'
import { afterEach, expect, it, vi } from 'vitest'
import { LawViolation, appCommand, storeSuite, type StoreSuiteOptions } from '../../src/index.ts'

const Placed = defineEvent<{ qty: number }>({ name: 'test.Placed', category: 0xe, typeId: 1 })

/** An application that remembers a sum of what it has stored. */
class Orders {
  readonly store: Store
  total = 0

  constructor(store: Store, forgetful = false) {
    this.store = store
    if (!forgetful) this.total = this.stored()
  }

  place(qty: number): AppendReceipt {
    const receipt = this.store.append({ entity: 'order:1', scope: 'orders' }, Placed, { qty })
    this.total += qty
    return receipt
  }

  stored(): number {
    const events = this.store.events({ kind: Placed })
    return [...events].reduce((sum, event) => sum + Placed.decode(event).qty, 0)
  }
}

const ordersApp = (forgetful = false): StoreSuiteOptions<Orders> => ({
  open: (env, config) => new Orders(Store.open({ ...config, platform: env.platform }), forgetful),
  store: (orders) => orders.store,
  commands: [place],
  invariants: [totalIsStored],
  runs: 30,
  realRuns: 0,
})

const place = appCommand('place', fc.record({ qty: fc.nat(5) }), (orders: Orders, { qty }) =>
  orders.place(qty),
)

function totalIsStored(orders: Orders): void {
  if (orders.total !== orders.stored()) throw new Error(`total is ${orders.total}`)
}

type Run = readonly [name: string, run: () => void | Promise<void>]

/** Registers a suite and returns its tests instead of having them run. */
function testsOf<App>(name: string, options: StoreSuiteOptions<App>): readonly Run[] {
  const tests: Run[] = []
  storeSuite((title, run) => tests.push([title, run]), name, options)
  return tests
}

/** The violation that the random programs of a suite end with. */
async function violationOf<App>(
  name: string,
  options: StoreSuiteOptions<App>,
): Promise<LawViolation> {
  const error: unknown = await Promise.resolve(testsOf(name, options)[0]![1]()).catch(
    (thrown: unknown) => thrown,
  )
  expect(error).toBeInstanceOf(LawViolation)
  return error as LawViolation
}

afterEach(() => vi.unstubAllEnvs())

it('an application that keeps its laws passes, and its commands are counted', async () => {
  const tests: Run[] = []
  const report = storeSuite((title, run) => tests.push([title, run]), 'orders', ordersApp())
  expect(tests.map(([title]) => title)).toEqual(['orders store: random programs keep every law'])
  await tests[0]![1]()
  expect(report.runs).toBeGreaterThanOrEqual(30)
  expect(report.commands['place']).toBeGreaterThan(30)
  expect(report.notChecked).toContain('the real disk: realRuns is 0')
})

it('an application that forgets at a reopen fails with the shortest program', async () => {
  const violation = await violationOf('orders', ordersApp(true))
  expect(violation.law).toBe('invariant')
  expect(violation.message).toContain('totalIsStored does not hold')
  const [, ...steps] = violation.program.steps
  expect(steps).toEqual([{ place: { qty: 1 } }])
})

it('the last line of a failure repeats it, without a generator', async () => {
  const violation = await violationOf('orders', ordersApp(true))
  const [, value] = /BATPAK_REPLAY='(.*)' npx vitest/.exec(violation.repro)!
  vi.stubEnv('BATPAK_REPLAY', value)
  const tests = testsOf('orders', ordersApp(true))
  expect(tests.map(([title]) => title)).toEqual(['orders store: replays BATPAK_REPLAY'])
  await expect(tests[0]![1]()).rejects.toMatchObject({ law: 'invariant' })
  await testsOf('orders', ordersApp())[0]![1]()
  expect(testsOf('another', ordersApp())).toHaveLength(1)
  expect(testsOf('another', ordersApp())[0]![0]).toContain('random programs')
})

it('an application that writes behind the back of the store breaks a law of the store', async () => {
  const violation = await violationOf('orders', {
    ...ordersApp(),
    invariants: [],
    // An event that nobody asked for, written while a built-in command runs.
    open: (env, config) => {
      const store = Store.open({ ...config, platform: env.platform })
      const original = store.append.bind(store)
      store.append = (...args: Parameters<Store['append']>) => {
        const receipt = original(...args)
        store.appendBytes({ entity: 'stowaway', scope: 'x' }, Placed.kind, new Uint8Array([0xc0]))
        return receipt
      }
      return new Orders(store)
    },
    commands: [],
  })
  expect(violation.law).toBe('L-GHOST')
  expect(violation.program.steps).toHaveLength(2)
})

it('a command may be asynchronous, and says what it expects', async () => {
  const slow = appCommand(
    'slow',
    fc.record({ qty: fc.nat(3) }),
    async (orders: Orders, { qty }) => {
      await Promise.resolve()
      return orders.place(qty).clock
    },
    {
      expect: (outcome, { qty }) => {
        if (outcome.kind === 'ok' && qty === 2) throw new Error('two are never placed')
      },
    },
  )
  const violation = await violationOf('slow', { ...ordersApp(), commands: [slow] })
  expect(violation.message).toContain('two are never placed')
  expect(violation.program.steps).toContainEqual({ slow: { qty: 2 } })
})

it('a refusal is an answer, a mistake of the program is not', async () => {
  const refuse = appCommand('refuse', fc.constant(null), () => {
    throw new Error('sold out')
  })
  await testsOf('orders', { ...ordersApp(), commands: [refuse] })[0]![1]()
  const crash = appCommand('crash', fc.constant(null), () => {
    throw new TypeError('undefined is not a function')
  })
  const violation = await violationOf('orders', { ...ordersApp(), commands: [crash] })
  expect(violation.message).toContain('crash threw')
})

it('a gate that permits what its oracle denies is found', async () => {
  const open = (env: { platform: never }, config: { dataDir: string }): Store =>
    Store.open({ ...config, platform: env.platform })
  const below = (limit: number) => ({
    ctx: fc.record({ qty: fc.nat(9) }),
    checks: [
      {
        gate: gate<{ qty: number }>('few', ({ qty }) => {
          return qty < limit ? undefined : deny('few', 'too many')
        }),
        oracle: ({ qty }: { qty: number }) => qty < 5,
      },
    ],
  })
  const suite = { open: open as never, runs: 60, realRuns: 0 } satisfies StoreSuiteOptions<Store>
  const tests: Run[] = []
  storeSuite((title, run) => tests.push([title, run]), 'gates', { ...suite, gates: below(5) })
  await tests[0]![1]()
  storeSuite((title, run) => tests.push([title, run]), 'gates', { ...suite, gates: below(6) })
  await expect(tests[1]![1]()).rejects.toThrow(/a gate denies|guard was refused/)
})

it('marks that are not reached fail the suite', async () => {
  const tests = testsOf('orders', { ...ordersApp(), runs: 1, marks: ['recover.ZeroTail'] })
  await tests[0]![1]()
  expect(() => tests[1]![1]()).toThrow('no longer reach recover.ZeroTail')
})

it('an open that drops the configuration is told so', async () => {
  const dropping = {
    ...ordersApp(),
    open: (env: { platform: never; dir: string }) =>
      new Orders(Store.open({ dataDir: env.dir, platform: env.platform })),
  } as unknown as StoreSuiteOptions<Orders>
  await expect(testsOf('orders', dropping)[0]![1]()).rejects.toThrow('must pass `config` on')
  const fixed = { ...dropping, config: fc.constant({}) }
  await testsOf('orders', fixed)[0]![1]()
})

it('what is no suite is refused by name', () => {
  expect(() => testsOf('orders', {} as never)).toThrow('options.open must be a function')
  expect(() => testsOf('orders', { ...ordersApp(), commands: [place, place] })).toThrow(
    'two commands are named place',
  )
  expect(() => appCommand('', fc.constant(null), () => undefined)).toThrow(TypeError)
})
