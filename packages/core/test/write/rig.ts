/** What the tests of the write side share: a store on a host that can fail, and looks at both. */
import { isStoreError, IdempotencyKey, type Store, type StoreOptions } from '../../src/index.ts'
import { installHooks, type InjectionPoint, type PathMark } from '../../src/testing.ts'
import { FakeClock } from '../support/api-clock.ts'
import { hexId } from '../support/api-events.ts'
import { FaultPlatform } from '../support/api-faults.ts'
import { freshDir, openStore, stateOf } from '../support/api-store.ts'
import { expect, onTestFinished } from 'vitest'

export interface Rig {
  readonly store: Store
  readonly platform: FaultPlatform
  readonly clock: FakeClock
  readonly dataDir: string
}

export function rig(options: Partial<StoreOptions> = {}): Rig {
  const platform = new FaultPlatform()
  const clock = new FakeClock()
  const dataDir = options.dataDir ?? freshDir()
  const store = openStore({ dataDir, platform, clock, ...options })
  platform.forget()
  return { store, platform, clock, dataDir }
}

export function key(n: number): IdempotencyKey {
  return IdempotencyKey.fromHex(hexId(n))
}

/** The entity's visible payload numbers in commit order. */
export function numbersOf(store: Pick<Store, 'events'>, entity?: string): unknown[] {
  const region = { kind: { category: 0xf }, ...(entity === undefined ? {} : { entity }) }
  return [...store.events(region)].map((event) => (event.payload as { n: unknown }).n)
}

/** Sequences dense, clocks from 0, chain unbroken: of all visible events, for stores without cancels. */
export function expectSound(store: Pick<Store, 'entries'>): void {
  const rows = [...store.entries()]
  expect(rows.map(({ sequence }) => sequence)).toEqual(rows.map((_, i) => i))
  expectChains(store)
}

/** Each entity's visible clocks are 0 … n-1 and each event follows the one before. */
export function expectChains(store: Pick<Store, 'entries'>): void {
  const last = new Map<string, { clock: number; eventHash: Uint8Array }>()
  for (const { entity, clock, prevHash, eventHash } of store.entries()) {
    const before = last.get(entity)
    expect([entity, clock]).toEqual([entity, before === undefined ? 0 : before.clock + 1])
    expect(prevHash).toEqual(before?.eventHash ?? new Uint8Array(32))
    last.set(entity, { clock, eventHash })
  }
}

/** Runs `call`, which must throw, and proves that nothing of the store changed. */
export function refusedWithout(store: Store, effect: 'effect', call: () => unknown): unknown {
  const before = stateOf(store)
  let thrown: unknown
  try {
    call()
  } catch (error) {
    thrown = error
  }
  if (thrown === undefined) throw new Error(`expected a refusal without ${effect}`)
  expect(stateOf(store)).toEqual(before)
  return thrown
}

/** The codes of an error and its causes, outermost first. */
export function codesOf(error: unknown): string[] {
  if (!(error instanceof Error)) return []
  const own = isStoreError(error) ? error.code : error.name
  const system = (error as { code?: unknown }).code
  const name = isStoreError(error) || typeof system !== 'string' ? own : system
  return [name, ...codesOf(error.cause)]
}

/** The injection points and marks that are reached from now until the test ends. */
export function watchPoints(
  answer: (point: InjectionPoint) => Error | undefined = () => undefined,
): { readonly points: InjectionPoint[]; readonly marks: PathMark[] } {
  const points: InjectionPoint[] = []
  const marks: PathMark[] = []
  const hooks = installHooks({
    inject(point) {
      points.push(point)
      return answer(point)
    },
    mark: (mark) => void marks.push(mark),
  })
  onTestFinished(() => hooks[Symbol.dispose]())
  return { points, marks }
}

/** The calls that matter for durability since the last look, as `name file what`. */
export function diskCalls(platform: FaultPlatform): string[] {
  return platform.calls
    .splice(0)
    .filter(({ name }) => ['pwrite', 'fsync', 'fsyncAsync', 'fsyncDir', 'rename'].includes(name))
    .map(({ name, file, what }) => [name, file.replace(/^\.tmp.*/, 'temp'), what].join(' ').trim())
}
