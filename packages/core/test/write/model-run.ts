/** Runs a program against a store and its model, and compares both after every step. */
import { expect } from 'vitest'
import {
  EventId,
  Kind,
  Store,
  draft,
  idempotencyKey,
  isStoreError,
  prior,
  type AppendOptions,
  type Draft,
  type Fence,
  type PendingReceipt,
} from '../../src/index.ts'
import { deny, gate, gateSet } from '../../src/gate.ts'
import { abandon } from '../../src/testing.ts'
import { FakeClock } from '../support/api-clock.ts'
import { Noted, at, hexId } from '../support/api-events.ts'
import { FaultPlatform } from '../support/api-faults.ts'
import { copyOf, scratchDir } from '../support/scratch.ts'
import { Model, type Held, type ModelEvent, type Verdict } from './model-state.ts'
import type { Program, Step } from './model-program.ts'
import { expectChains } from './rig.ts'

type Of<D extends Step['do']> = Extract<Step, { readonly do: D }>

const SEED = new Uint8Array(32).fill(7)
const GATES = gateSet([gate('g', () => undefined)])
const idOf = (key: number): string => idempotencyKey('model', String(key))
const nameOf = (entity: number): string => `e${entity}`
/** Fewer bytes than any frame or footer has. */
const NO_SPACE = 40

export class ModelRun {
  readonly #model: Model
  readonly #platform = new FaultPlatform()
  readonly #clock = new FakeClock()
  #dataDir = scratchDir()
  #store: Store
  #fence: Fence | undefined
  #pending: {
    readonly events: readonly ModelEvent[]
    readonly receipt: PendingReceipt<unknown>
  }[] = []
  #n = 0

  constructor({ config }: Program) {
    this.#model = new Model(config)
    this.#store = this.#open()
    this.#compare()
  }

  step(step: Step): void {
    switch (step.do) {
      case 'append':
        return this.#after(() => this.#append(step))
      case 'batch':
        return this.#after(() => this.#batch(step))
      case 'deny':
        return this.#after(() => this.#deny(step))
      case 'fence':
        return this.#after(() => this.#fenceAct(step.act))
      case 'sync':
        this.#store.sync()
        this.#model.synced()
        return this.#compare()
      case 'tick':
        this.#clock.us += step.ms * 1000
        return undefined
      case 'reopen':
        return this.#after(() => this.#reopen(step.how))
    }
  }

  /** Every run ends so: closed, read by all ways of opening, all receipts judged. */
  finish(): void {
    this.#reopen('close')
    this.#compare()
    this.#judgeAll()
    const unlocked = Store.openUnlocked({ dataDir: this.#dataDir })
    expect(rowsOf(unlocked)).toEqual(rowsOf(this.#store))
    unlocked.close()
    this.#store.close()
  }

  #after(work: () => void): void {
    work()
    this.#compare()
  }

  #append({ entity, astray, key, expected, durable, wrong }: Of<'append'>): void {
    const model = this.#model
    const fenced = (model.fence === 'active') !== (astray === true)
    if (fenced && this.#fence === undefined) return
    const name = wrong === 'coordinate' ? '' : nameOf(entity)
    this.#n += 1
    const n = wrong === 'value' ? Number.NaN : this.#n
    const swap = expected === 'head' ? (model.head(name)?.clock ?? 'empty') : expected
    const options: AppendOptions = {
      ...(key === undefined ? {} : { idempotencyKey: idOf(key) as never }),
      ...(swap === undefined ? {} : { expected: swap }),
      ...(durable === true && !fenced ? { until: 'durable' as const } : {}),
    }
    const verdict = this.#judgeAppend(name, fenced, key, swap, wrong)
    const written = 'writes' in verdict
    const outcome = this.#tried(written ? wrong === 'disk' : false, () =>
      fenced
        ? this.#fence!.append(at(name), Noted, { n }, options)
        : this.#store.append(at(name), Noted, { n }, options),
    )
    const id = key === undefined ? undefined : idOf(key)
    this.#settle(verdict, outcome, wrong === 'disk', () => [model.add(name, n, id, fenced)])
    if ('fails' in verdict || (written && wrong === 'disk')) return
    if (written) model.command()
    const [replayed] = 'replays' in verdict ? verdict.replays : []
    const behind = written || replayed!.sequence > model.durable
    if (options.until === 'durable' && behind) model.synced()
  }

  #judgeAppend(
    name: string,
    fenced: boolean,
    key: number | undefined,
    swap: number | 'empty' | undefined,
    wrong: Of<'append'>['wrong'],
  ): Verdict {
    const model = this.#model
    const fence = model.fenceVerdict(fenced)
    if (fence !== undefined) return { fails: fence }
    if (wrong === 'coordinate') return { fails: 'Coordinate' }
    if (key === undefined && model.config.keysRequired) return { fails: 'IdempotencyRequired' }
    if (wrong === 'value') return { fails: 'Serialization' }
    const known = key === undefined ? undefined : model.known(idOf(key))
    if (known !== undefined) return { replays: [known] }
    if (swap !== undefined && swap !== (model.head(name)?.clock ?? 'empty')) {
      return { fails: 'SequenceMismatch' }
    }
    return { writes: true }
  }

  #batch({ items, astray, how, wrong }: Of<'batch'>): void {
    const model = this.#model
    const fenced = (model.fence === 'active') !== (astray === true)
    if (fenced && this.#fence === undefined) return
    const names = items.map(({ entity }) => (wrong === 'coordinate' ? '' : nameOf(entity)))
    const numbers = items.map(() => (this.#n += 1))
    const drafts = items.map(({ key, prior: cause }, i) =>
      draft(
        at(names[i]!),
        Noted,
        { n: numbers[i]! },
        {
          ...(key === undefined ? {} : { idempotencyKey: idOf(key) as never }),
          ...(cause === undefined ? {} : { causedBy: prior(cause) }),
        },
      ),
    )
    const fence = model.fenceVerdict(fenced)
    const verdict: Verdict =
      fence === undefined ? model.judgeBatch(items, idOf, wrong === 'coordinate') : { fails: fence }
    const written = 'writes' in verdict && items.length > 0
    const outcome = this.#tried(written && wrong === 'disk', () =>
      this.#submit(how, fenced, drafts),
    )
    this.#settle(verdict, outcome, written && wrong === 'disk', () =>
      items.map(({ key }, i) =>
        model.add(names[i]!, numbers[i], key === undefined ? undefined : idOf(key), fenced),
      ),
    )
    if (!written || wrong === 'disk') return
    if (fenced) model.command()
    else model.synced()
  }

  #submit(how: Of<'batch'>['how'], fenced: boolean, drafts: readonly Draft[]): unknown {
    const to = fenced ? this.#fence! : this.#store
    if (how === 'outbox') {
      const outbox = to.outbox()
      for (const each of drafts) outbox.push(each)
      try {
        return outbox.flush()
      } catch (error) {
        expect(outbox.length).toBe(drafts.length)
        throw error
      }
    }
    const id = EventId.fromHex(hexId(1))
    if (how === 'batch' || fenced) return to.appendBatch(drafts)
    return this.#store.appendReactions({ correlationId: id, causationId: id }, drafts)
  }

  #deny({ entity, key }: Of<'deny'>): void {
    const model = this.#model
    const name = nameOf(entity)
    const options = key === undefined ? {} : { idempotencyKey: idOf(key) as never }
    const verdict = this.#judgeAppend(name, false, key, undefined, undefined)
    const outcome = this.#tried(false, () =>
      this.#store.appendDenial(at(name), Kind.DATA, GATES, deny('g', 'no'), options),
    )
    const id = key === undefined ? undefined : idOf(key)
    this.#settle(verdict, outcome, false, () => [model.add(name, undefined, id, false)])
    if ('writes' in verdict) model.command()
  }

  #fenceAct(act: Of<'fence'>['act']): void {
    const model = this.#model
    if (act === 'begin') {
      const outcome = this.#tried(false, () => this.#store.beginFence())
      if (model.fence === 'active') return expectCode(outcome, 'VisibilityFenceActive')
      this.#fence = outcome.value as Fence
      model.fence = 'active'
      return undefined
    }
    const fence = this.#fence
    if (fence === undefined) return undefined
    const outcome = this.#tried(false, () =>
      act === 'dispose' ? fence[Symbol.dispose]() : fence[act](),
    )
    if (model.fence === 'active') {
      model.endFence(act === 'publish' ? 'visible' : 'hidden')
      expect(outcome.error).toBeUndefined()
      return this.#endPending()
    }
    return act === 'dispose'
      ? expect(outcome.error).toBeUndefined()
      : expectCode(outcome, 'VisibilityFenceNotActive')
  }

  /** Pending receipts say what became of their events. */
  #endPending(): void {
    for (const { events, receipt } of this.#pending) {
      const outcome = this.#tried(false, () => receipt.receipt())
      if (receipt.state === 'cancelled') expectCode(outcome, 'VisibilityFenceCancelled')
      else this.#hand(events, outcome.value)
    }
    this.#pending = []
  }

  #reopen(how: Of<'reopen'>['how']): void {
    const crashed = how === 'crash' ? copyOf(this.#dataDir) : this.#dataDir
    if (how === 'close') this.#store.close()
    else abandon(this.#store)
    this.#model.ended(how)
    this.#fence = undefined
    this.#pending = []
    this.#dataDir = crashed
    this.#store = this.#open()
    expect(this.#store.diagnostics().openReport.healed).toEqual([])
    this.#judgeAll()
  }

  #open(): Store {
    const { config } = this.#model
    this.#model.opened()
    return Store.open({
      dataDir: this.#dataDir,
      platform: this.#platform,
      clock: this.#clock,
      mmap: 'off',
      syncEveryNEvents: config.cadence,
      segmentMaxBytes: config.small ? 1200 : 1 << 26,
      batchMaxSize: config.batchMaxSize,
      requireIdempotencyKeys: config.keysRequired,
      ...(config.signed ? { signingKeys: [SEED] } : {}),
    })
  }

  /** What a call gave; with a full disk if that is asked for. */
  #tried(full: boolean, call: () => unknown): Outcome {
    if (full) this.#platform.spaceLeft = NO_SPACE
    try {
      return { value: call(), error: undefined }
    } catch (error) {
      return { value: undefined, error }
    } finally {
      this.#platform.spaceLeft = undefined
    }
  }

  #settle(
    verdict: Verdict,
    outcome: Outcome,
    full: boolean,
    write: () => readonly ModelEvent[],
  ): void {
    if ('fails' in verdict) return expectCode(outcome, verdict.fails)
    if ('writes' in verdict && full) {
      const { error } = outcome
      // A rotation that finds no space fails before the batch does.
      const cause = isStoreError(error, 'BatchFailed') ? error.cause : error
      return expectCode({ value: undefined, error: cause }, 'Io')
    }
    if (outcome.error !== undefined) throw outcome.error
    const replayed = 'replays' in verdict
    const events = replayed ? verdict.replays : write()
    if (
      outcome.value !== null &&
      typeof (outcome.value as PendingReceipt<unknown>).receipt === 'function'
    ) {
      const receipt = outcome.value as PendingReceipt<unknown>
      expect(receipt.state).toBe('pending')
      expectCode(
        this.#tried(false, () => receipt.receipt()),
        'FencePending',
      )
      this.#pending.push({ events, receipt })
      return undefined
    }
    return this.#hand(events, outcome.value, replayed)
  }

  #hand(events: readonly ModelEvent[], value: unknown, replayed?: boolean): void {
    const receipts = (Array.isArray(value) ? value : [value]) as Held[]
    expect(receipts).toHaveLength(events.length)
    for (const [i, event] of events.entries()) {
      const receipt = receipts[i]!
      expect([receipt.sequence, receipt.clock]).toEqual([event.sequence, event.clock])
      expect(receipt.coordinate.entity).toBe(event.entity)
      if (event.id !== undefined) expect(receipt.eventId).toBe(event.id)
      if (replayed !== undefined) expect(receipt.replayed).toBe(replayed)
      event.receipt ??= receipt
    }
  }

  #compare(): void {
    const model = this.#model
    expect(rowsOf(this.#store)).toEqual(
      model.visible().map(({ sequence, entity, clock, n }) => [sequence, entity, clock, n]),
    )
    expectChains(this.#store)
    expect(this.#store.stats().globalSequence).toBe(model.next)
    this.#compareFrontier()
    for (const event of model.events.slice(-6)) this.#judge(event)
  }

  #compareFrontier(): void {
    const { acceptedHlc, writtenHlc, durableHlc, visibleHlc, emittedHlc, appliedHlc } =
      this.#store.frontier()
    const model = this.#model
    expect([acceptedHlc.sequence, writtenHlc.sequence]).toEqual([model.next - 1, model.next - 1])
    const visible = model.visible().at(-1)!.sequence
    expect([visibleHlc.sequence, emittedHlc.sequence]).toEqual([visible, visible])
    expect(durableHlc.sequence).toBeLessThanOrEqual(model.next - 1)
    expect(appliedHlc.sequence).toBeLessThanOrEqual(visible)
    expect(visibleHlc.wallMs).toBeLessThanOrEqual(acceptedHlc.wallMs)
    // A rotation syncs too, which the model does not foresee.
    if (!model.config.small) expect(durableHlc.sequence).toBe(model.durable)
  }

  #judgeAll(): void {
    for (const event of this.#model.events) this.#judge(event)
  }

  #judge({ receipt, state, id, sequence, n }: ModelEvent): void {
    if (receipt === undefined) return
    const result = this.#store.verify(receipt, { strictDiskPosition: true })
    if (state === 'visible' && receipt.type === 'denial' && n !== undefined) {
      // A denial whose key was that of another event: its receipt calls that event a denial.
      expect(result).toMatchObject({ outcome: 'invalid', reason: 'denial_kind_mismatch' })
      return
    }
    if (state === 'visible') {
      expect(result.outcome).toBe(this.#model.config.signed ? 'signed' : 'unsigned_accepted')
      return
    }
    // The key of a cancelled event may be the id of another one by now.
    const again = id === undefined ? undefined : this.#model.known(id)
    const reason =
      again?.state === 'visible' && again.sequence !== sequence
        ? 'sequence_mismatch'
        : 'missing_committed_event'
    expect(result).toMatchObject({ outcome: 'invalid', reason })
  }
}

interface Outcome {
  readonly value: unknown
  readonly error: unknown
}

function expectCode({ value, error }: Outcome, code: string): void {
  if (error === undefined) throw new Error(`expected ${code}, got ${JSON.stringify(value)}`)
  if (!isStoreError(error)) throw error
  expect(error.code).toBe(code)
}

function rowsOf(store: Pick<Store, 'events'>): unknown[] {
  return [...store.events()].map(({ sequence, entity, clock, kind, payload }) => [
    sequence,
    entity,
    clock,
    kind === Noted.kind ? (payload as { n: number }).n : undefined,
  ])
}
