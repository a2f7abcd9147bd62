/**
 * Writes down what a store is asked and what it answers, for the application's own calls too: the
 * store's methods are replaced on the instance by ones that ask the original.
 */
import {
  Kind,
  type AnyEventType,
  type Coordinate,
  type Draft,
  type Receipt,
  type Store,
} from '@batpak/core'
import type { FenceStory, Ledger } from './ledger.ts'
import { breach, type LawId } from './law.ts'
import { failedOutcome } from './outcome.ts'
import { contentOf, toldOf, type Content } from './told.ts'

export interface WitnessOptions {
  /** The store's `syncEveryNEvents`: with 1 a returned receipt is durable. */
  readonly syncEveryNEvents?: number
}

/** What a call would write, known before it runs. */
interface Plan {
  readonly call: string
  readonly contents?: readonly Content[]
  /** When it returns, everything that readers see is durable. */
  readonly durable?: boolean
  readonly fence?: FenceStory
}

type Args = readonly unknown[]
type Call = (...args: unknown[]) => unknown

/** Watches `store` until it is closed. Events that it shows already are told, and durable. */
export function witness(store: Store, ledger: Ledger, options: WitnessOptions = {}): void {
  new Witness(store, ledger, options).start()
}

class Witness {
  readonly #store: Store
  readonly #ledger: Ledger
  readonly #everyAppend: boolean
  readonly #contents = new Map<string, Content>()
  #groups = 0
  #fence: FenceStory | undefined
  /** The failed sync after which no write may succeed. */
  #poisonedBy: string | undefined
  #durableSequence = -1

  constructor(store: Store, ledger: Ledger, { syncEveryNEvents }: WitnessOptions) {
    this.#store = store
    this.#ledger = ledger
    this.#everyAppend = syncEveryNEvents === 1
  }

  start(): void {
    const { append, appendBytes, appendBatch, appendReactions, appendDenial } = PLANS
    this.#observe()
    this.#ledger.addDurable()
    const single = (plan: (args: Args) => Plan) => (args: Args) => this.#single(plan(args), args)
    this.#watch(this.#store, 'append', single(append))
    this.#watch(this.#store, 'appendBytes', single(appendBytes))
    this.#watch(this.#store, 'appendBatch', (args) => ({ ...appendBatch(args), durable: true }))
    this.#watch(this.#store, 'appendReactions', (args) => ({
      ...appendReactions(args),
      durable: true,
    }))
    this.#watch(this.#store, 'appendDenial', single(appendDenial))
    this.#watch(this.#store, 'sync', () => ({ call: 'sync', durable: true }))
    this.#watch(this.#store, 'group', () => {
      this.#groups += 1
      return { call: 'group', durable: true }
    })
    this.#watchAsyncSync()
    this.#watchFences()
    this.#watchClose()
  }

  #single(plan: Plan, args: Args): Plan {
    const until = (args.at(-1) as { until?: string } | undefined)?.until
    return { ...plan, durable: until === 'durable' || (this.#everyAppend && this.#groups === 0) }
  }

  /** Replaces `target[name]`. `done` is told what was returned, before readers are asked. */
  #watch(
    target: object,
    name: string | symbol,
    plan: (args: Args) => Plan,
    done: (result: unknown) => void = (): void => {},
  ): void {
    const original = (target as Record<string | symbol, Call>)[name]!
    const watched = (...args: unknown[]): unknown => {
      const planned = plan(args)
      const { contents = [], fence } = planned
      const attempt = this.#ledger.begin(planned.call, contents, fence)
      const leave = (): void => {
        if (name === 'group') this.#groups -= 1
      }
      try {
        const result = Reflect.apply(original, target, args)
        leave()
        done(result)
        this.#ledger.end(attempt, 'ok')
        this.#checkPoison(planned)
        if (fence === undefined) this.#receive(result, contents)
        this.#observe()
        if (planned.durable === true) this.#ledger.addDurable()
        return result
      } catch (error) {
        leave()
        this.#failed(planned, attempt, error)
        throw error
      }
    }
    Object.defineProperty(target, name, { value: watched, configurable: true, writable: true })
  }

  #failed(plan: Plan, attempt: ReturnType<Ledger['begin']>, error: unknown): void {
    const { kind, code } = failedOutcome(error)
    this.#ledger.end(attempt, kind, code)
    const failedSync = code === 'Io' && ['sync', 'fence publish', 'close'].includes(plan.call)
    if (code === 'SyncFailed' || code === 'BatchSyncFailed' || failedSync) {
      this.#poisonedBy ??= `${plan.call}: ${code}`
    }
    if (code === 'SyncFailed')
      this.#receive((error as { receipts?: unknown }).receipts, plan.contents ?? [])
    this.#observe()
  }

  #checkPoison({ call, contents = [], durable }: Plan): void {
    if (this.#poisonedBy === undefined || (contents.length === 0 && durable !== true)) return
    const what = `${call} succeeded after a sync had failed (${this.#poisonedBy})`
    this.#breach('L-FSYNC', what, 'WriterCrashed', 'ok')
  }

  #breach(law: LawId, what: string, expected: unknown, actual: unknown): void {
    this.#ledger.breaches.push(breach(law, what, expected, actual))
  }

  #receive(result: unknown, contents: readonly Content[]): void {
    const receipts = (Array.isArray(result) ? result : [result]) as (Receipt | undefined)[]
    for (const [i, receipt] of receipts.entries()) {
      if (receipt?.eventId === undefined) continue
      this.#ledger.receipts.push({ at: this.#ledger.position, receipt })
      const content = contents[i]
      if (content !== undefined && !receipt.replayed) this.#contents.set(receipt.eventId, content)
    }
  }

  /** Takes note of what readers see now, and of what the frontier claims. */
  #observe(): void {
    const store = this.#store
    if (store.closed) return
    const { lastSequence } = this.#ledger
    const options = lastSequence < 0 ? {} : { after: lastSequence }
    for (const entry of store.entries({}, options)) {
      this.#ledger.addVisible(toldOf(entry, this.#contents.get(entry.eventId)))
    }
    const { durableHlc, writtenHlc, visibleHlc, acceptedHlc } = store.frontier()
    const order = [durableHlc, writtenHlc, acceptedHlc].map(({ sequence }) => sequence)
    const ordered = order.every((sequence, i) => i === 0 || order[i - 1]! <= sequence)
    if (!ordered || visibleHlc.sequence > acceptedHlc.sequence) {
      this.#breach(
        'L-FRONT',
        'the frontiers are out of order',
        'durable ≤ written ≤ accepted',
        order,
      )
    }
    if (durableHlc.sequence < this.#durableSequence) {
      const expected = `at least ${this.#durableSequence}`
      this.#breach('L-FRONT', 'the durable frontier fell', expected, durableHlc.sequence)
    }
    if (durableHlc.sequence > this.#durableSequence) {
      this.#durableSequence = durableHlc.sequence
      this.#ledger.addDurable(durableHlc.sequence)
    }
  }

  /** Durable at the end is what readers saw at the call. */
  #watchAsyncSync(): void {
    const original = this.#store.syncAsync.bind(this.#store)
    const watched = async (): Promise<unknown> => {
      const sequence = this.#ledger.lastSequence
      const attempt = this.#ledger.begin('syncAsync', [])
      try {
        const point = await original()
        this.#ledger.end(attempt, 'ok')
        this.#ledger.addDurable(sequence)
        return point
      } catch (error) {
        this.#failed({ call: 'syncAsync' }, attempt, error)
        throw error
      }
    }
    Object.defineProperty(this.#store, 'syncAsync', { value: watched, configurable: true })
  }

  #watchFences(): void {
    this.#watch(
      this.#store,
      'beginFence',
      () => ({ call: 'beginFence' }),
      (fence) => this.#watchFence(fence as object),
    )
  }

  #watchFence(fence: object): void {
    const story: FenceStory = { publishedAt: Infinity, cancelling: Infinity, cancelledAt: Infinity }
    const pending: { result: { receipt: () => unknown }; contents: readonly Content[] }[] = []
    this.#fence = story
    const under = (name: 'append' | 'appendBatch'): void => {
      let contents: readonly Content[] = []
      const plan = (args: Args): Plan => {
        const planned = PLANS[name](args)
        contents = planned.contents ?? []
        return { ...planned, fence: story }
      }
      this.#watch(fence, name, plan, (result) => {
        pending.push({ result: result as { receipt: () => unknown }, contents })
      })
    }
    under('append')
    under('appendBatch')
    this.#watch(
      fence,
      'publish',
      () => ({ call: 'fence publish', durable: true }),
      () => {
        story.publishedAt = this.#ledger.position
        this.#fence = undefined
        for (const { result, contents } of pending) this.#receive(result.receipt(), contents)
      },
    )
    const cancelling = (call: string) => (): Plan => {
      if (story.publishedAt === Infinity)
        story.cancelling = Math.min(story.cancelling, this.#ledger.position)
      return { call }
    }
    this.#watch(fence, 'cancel', cancelling('fence cancel'), () => this.#cancelled(story))
    // Disposing never throws, so nobody knows whether the cancel went well.
    this.#watch(fence, Symbol.dispose, cancelling('fence dispose'))
  }

  #cancelled(story: FenceStory): void {
    story.cancelledAt = Math.min(story.cancelledAt, this.#ledger.position)
    if (this.#fence === story) this.#fence = undefined
  }

  #watchClose(): void {
    const closing = (call: string) => (): Plan => {
      const { position } = this.#ledger
      if (this.#fence !== undefined)
        this.#fence.cancelling = Math.min(this.#fence.cancelling, position)
      return { call }
    }
    this.#watch(
      this.#store,
      'close',
      () => ({ ...closing('close')(), durable: true }),
      () => this.#fence !== undefined && this.#cancelled(this.#fence),
    )
    this.#watch(this.#store, Symbol.dispose, closing('dispose'))
  }
}

/** What a writing method would write, from its arguments. */
const PLANS = {
  append: ([at, type, value]: Args): Plan => {
    const { kind } = (type ?? {}) as AnyEventType
    return { call: `append ${nameOf(at)}`, contents: [content(at, kind, encoded(type, value))] }
  },
  appendBytes: ([at, kind, payload]: Args): Plan => ({
    call: `append ${nameOf(at)}`,
    contents: [content(at, kind, payload)],
  }),
  appendBatch: ([drafts]: Args): Plan => ({ call: 'batch', contents: contentsOf(drafts) }),
  appendReactions: ([, drafts]: Args): Plan => ({
    call: 'reactions',
    contents: contentsOf(drafts),
  }),
  appendDenial: ([at]: Args): Plan => ({
    call: `denial ${nameOf(at)}`,
    contents: [content(at, Kind.SYSTEM_DENIAL, undefined)],
  }),
}

function nameOf(at: unknown): string {
  return String((at as Partial<Coordinate> | undefined)?.entity)
}

function content(at: unknown, kind: unknown, payload: unknown): Content {
  const bytes = payload instanceof Uint8Array ? payload : undefined
  return contentOf((at ?? {}) as Coordinate, kind as number, bytes)
}

function contentsOf(drafts: unknown): readonly Content[] {
  if (!Array.isArray(drafts)) return []
  return (drafts as Draft[]).map(({ at, kind, payloadBytes }) => content(at, kind, payloadBytes))
}

function encoded(type: unknown, value: unknown): Uint8Array | undefined {
  try {
    return (type as { encode: (value: unknown) => Uint8Array }).encode(value)
  } catch {
    return undefined // the store will refuse it as well
  }
}
