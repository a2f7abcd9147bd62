/** One process that runs a reactor to its rest, or dies in one of its reactions. */
import {
  Store,
  type CorrelationId,
  type Region,
  type StoredEvent,
  type WorkerHandle,
} from '@batpak/core'
import { reaction, type Reaction, type ReactionHandler } from '@batpak/core/delivery'
import type { SimPlatform } from '../sim/sim-platform.ts'
import type { GivenEvent } from './given-event.ts'

/** A reactor as an application declares it. */
export interface ReactorSpec {
  readonly name: string
  /** Default: everything. */
  readonly region?: Region
  readonly reactions: readonly Reaction[]
}

export const CHECKPOINT = 'testkit'

/**
 * What befalls the handler call of this number, counted from 0: the handler throws, or the process
 * dies in it. `kill written`: it dies behind the writing of so many reactions, before that is saved.
 */
export type Accident =
  { readonly call: number; readonly how: 'throws' | 'kill' | 'kill written' } | undefined

export interface Call {
  readonly sequence: number
  readonly kind: number
  readonly event: StoredEvent
  readonly hasWitness: boolean
  readonly life: number
  /** How many times the reactor was begun or restarted before; order holds within one attempt. */
  readonly attempt: number
}

export interface Life {
  readonly calls: readonly Call[]
  /** How many events were given before it died. */
  readonly given: number
  /** How many times reactions were written. */
  readonly flushes: number
  /** `rest`: everything was handled; else it died or ended with an error. */
  readonly end: 'rest' | 'killed' | { readonly error: unknown }
}

export interface LifeOptions {
  readonly platform: SimPlatform
  readonly spec: ReactorSpec
  readonly durable: boolean
  readonly accident: Accident
  /** Written before the reactor begins, and while it runs. */
  readonly before: readonly GivenEvent[]
  readonly during: readonly GivenEvent[]
  readonly life: number
}

const TURNS = 20_000

/** Runs one life; a store that was not killed is closed. */
export async function live(options: LifeOptions): Promise<Life> {
  const { platform, spec, durable, before, during } = options
  const store = Store.open({ dataDir: platform.dir, platform })
  const give = giver(store)
  for (const event of before) give(event)
  const calls: Call[] = []
  let flushes = 0
  let isKilled = false
  const kill = (): void => {
    isKilled = true
    platform.kill()
  }
  const reactions = watched(options, calls, kill)
  const write = store.appendReactions.bind(store)
  store.appendReactions = (ids, drafts) => {
    const receipts = write(ids, drafts)
    const { accident } = options
    if (accident?.how === 'kill written' && accident.call === flushes) kill()
    flushes += 1
    return receipts
  }
  const handle = store.react(spec.region ?? {}, reactions, {
    batchSize: 3,
    restart: { maxRestarts: 1, withinMs: 1e9 },
    ...(durable ? { checkpoint: CHECKPOINT } : {}),
  })
  let count = before.length
  for (const event of during) {
    await turn()
    if (isKilled) break
    give(event)
    count += 1
  }
  const error = await ended(store, handle, () => isKilled)
  if (isKilled) return { calls, given: count, flushes, end: 'killed' }
  if (error !== undefined) return { calls, given: count, flushes, end: error }
  handle.stop()
  await handle.done
  store.close()
  return { calls, given: count, flushes, end: 'rest' }
}

/** Appends events; every other one belongs to the story of the first, so that correlations show. */
function giver(store: Store): (event: GivenEvent) => void {
  let story: CorrelationId | undefined
  let count = 0
  return ({ at, type, value }) => {
    const options = story !== undefined && count % 2 === 0 ? { correlationId: story } : {}
    const { eventId } = store.append(at, type, value as never, options)
    story ??= eventId
    count += 1
  }
}

/** The reactions, told of every call, and struck by the accident. */
function watched(options: LifeOptions, calls: Call[], kill: () => void): readonly Reaction[] {
  const { accident, life } = options
  let attempt = 0
  return options.spec.reactions.map(({ kind, type, handler }) => {
    const run = handler as ReactionHandler<StoredEvent>
    const told: ReactionHandler<StoredEvent> = async (event, out, context) => {
      const { sequence } = event
      const hasWitness = context.atLeastOnce !== undefined
      calls.push({ sequence, kind: event.kind, event, hasWitness, life, attempt })
      const struck = accident?.call === calls.length - 1 ? accident.how : undefined
      if (struck === 'kill') {
        kill()
        await new Promise<never>(() => undefined)
      }
      const result = await run(event, out, context)
      if (struck !== 'throws') return result
      attempt += 1
      throw new Error('an accident of the testkit')
    }
    return type === undefined ? reaction(kind, told) : reaction(type as never, told)
  })
}

/** Resolves once the reactor has handled everything, died, or ended with an error. */
async function ended(
  store: Store,
  handle: WorkerHandle,
  isKilled: () => boolean,
): Promise<{ readonly error: unknown } | undefined> {
  let failure: { readonly error: unknown } | undefined
  handle.done.catch((error: unknown) => {
    failure = { error }
  })
  for (let i = 0; i < TURNS; i += 1) {
    await turn()
    if (isKilled()) return undefined
    if (failure !== undefined) return failure
    const { appliedHlc, visibleHlc } = store.frontier()
    if (appliedHlc.sequence === visibleHlc.sequence) return undefined
  }
  return { error: new Error(`the reactor does not come to rest in ${TURNS} turns`) }
}

function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
