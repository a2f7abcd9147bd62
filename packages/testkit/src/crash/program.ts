/** Steps of a store as plain JSON: what a saved failure or a scenario does. */
import {
  defineEvent,
  draft,
  idempotencyKey,
  isStoreError,
  prior,
  type AppendOptions,
  type Draft,
  type EventType,
  type Fence,
  type Store,
} from '@batpak/core'
import { deny, gate, gateSet } from '@batpak/core/gate'
import type { JsonObject } from '../core/law.ts'
import { codeOf } from '../core/outcome.ts'

/** `n` makes every event another one; `entity` is `a` by default. */
export type StoreStep = { readonly fails?: string; readonly entity?: string } & (
  | {
      readonly do: 'append'
      readonly n: number
      /** Bytes of text beside it. */
      readonly pad?: number
      readonly key?: string
      readonly until?: 'durable'
      readonly expected?: number | 'empty'
    }
  | {
      readonly do: 'batch'
      readonly n: readonly number[]
      readonly pad?: number
      /** The last item names itself as its cause. */
      readonly badCause?: true
      readonly keys?: readonly string[]
    }
  | { readonly do: 'group'; readonly n: readonly number[] }
  | { readonly do: 'fencedAppend'; readonly n: number }
  | { readonly do: 'fencedBatch'; readonly n: readonly number[] }
  | { readonly do: 'denial' | 'beginFence' | 'publish' | 'cancel' | 'sync' | 'read' | 'close' }
)

interface Note {
  readonly n: number
  readonly pad?: string
}

export const Noted: EventType<Note> = defineEvent<Note>({
  name: 'testkit.Noted',
  category: 0xe,
  typeId: 0xffd,
})

/**
 * Runs steps on a store that is open.
 *
 * @param faulty a fault is under way: any store error is a legal answer
 * @throws TypeError for an unknown step, and when a step does not fail as it says
 */
export function runSteps(store: Store, steps: readonly JsonObject[], faulty: boolean): void {
  const runner = new StepRunner(store)
  for (const step of steps) runner.run(step as unknown as StoreStep, faulty)
}

export class StepRunner {
  readonly #store: Store
  #fence: Fence | undefined

  constructor(store: Store) {
    this.#store = store
  }

  run(step: StoreStep, faulty = false): void {
    // The fence may be what failed.
    if (faulty && this.#fence === undefined && FENCED.has(step.do)) return
    let code: string | undefined
    try {
      this.#execute(step)
    } catch (error) {
      if (!isStoreError(error)) throw error
      code = codeOf(error)
      if (!faulty && code !== step.fails) throw error
    }
    if (faulty || code === step.fails) return
    throw new TypeError(`step ${JSON.stringify(step)} should fail with ${step.fails}`)
  }

  #execute(step: StoreStep): void {
    const at = { entity: step.entity ?? 'a', scope: 'testkit' }
    const store = this.#store
    switch (step.do) {
      case 'append':
        store.append(at, Noted, note(step.n, step.pad), optionsOf(step))
        return
      case 'batch':
        store.appendBatch(draftsOf(step, at))
        return
      case 'group':
        store.group(() => step.n.forEach((n) => store.append(at, Noted, { n })))
        return
      case 'denial':
        store.appendDenial(at, Noted.kind, CLOSED, deny('closed', 'no entry'))
        return
      case 'beginFence':
        this.#fence = store.beginFence()
        return
      case 'fencedAppend':
        this.#require().append(at, Noted, { n: step.n })
        return
      case 'fencedBatch':
        this.#require().appendBatch(draftsOf(step, at))
        return
      case 'publish':
        this.#require().publish()
        return
      case 'cancel':
        this.#require().cancel()
        return
      case 'sync':
        store.sync()
        return
      case 'read':
        for (const entry of store.entries()) store.get(entry.eventId)
        return
      case 'close':
        store.close()
        return
      default:
        step satisfies never
        throw new TypeError(`unknown step ${JSON.stringify(step)}`)
    }
  }

  #require(): Fence {
    if (this.#fence === undefined) throw new TypeError('beginFence must come before')
    return this.#fence
  }
}

const FENCED: ReadonlySet<string> = new Set(['fencedAppend', 'fencedBatch', 'publish', 'cancel'])
const CLOSED = gateSet([gate('closed', () => deny('closed', 'no entry'))])

function note(n: number, pad = 0): Note {
  return pad === 0 ? { n } : { n, pad: 'x'.repeat(pad) }
}

function optionsOf(step: StoreStep & { readonly do: 'append' }): AppendOptions {
  const { key, until, expected } = step
  return {
    ...(key !== undefined && { idempotencyKey: idempotencyKey('testkit', key) }),
    ...(until !== undefined && { until }),
    ...(expected !== undefined && { expected }),
  }
}

function draftsOf(
  step: StoreStep & { readonly do: 'batch' | 'fencedBatch' },
  at: { entity: string; scope: string },
): Draft[] {
  const { n, pad, badCause, keys } = { pad: 0, badCause: undefined, keys: undefined, ...step }
  return n.map((each, i) =>
    draft(at, Noted, note(each, pad), {
      ...(badCause === true && i === n.length - 1 && { causedBy: prior(i) }),
      ...(keys !== undefined && { idempotencyKey: idempotencyKey('testkit', keys[i]!) }),
    }),
  )
}
