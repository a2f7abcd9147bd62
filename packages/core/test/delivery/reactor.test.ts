/** Reactors: what is written in reaction to what, in which order, and how they end. */
import { describe, expect, it } from 'vitest'
import {
  defineEvent,
  draft,
  prior,
  type EventType,
  type Store,
  type StoredEvent,
} from '../../src/index.ts'
import { fail, reaction, type Reaction, type WorkerContext } from '../../src/delivery.ts'
import { Counted, Noted, at, type Note } from '../support/api-events.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import { freshDir, openStore } from '../support/api-store.ts'
import { rig } from '../write/rig.ts'
import { rejection, turns, until } from './turns.ts'

/** The same kind as `Noted`, but it does not decode what `Noted` wrote. */
const Strict: EventType<string> = defineEvent<string>({
  name: 'test.Strict',
  category: 0xf,
  typeId: 1,
  upcast: () => {
    throw new Error('of another shape')
  },
})

const ECHO: Reaction = reaction(Noted, ({ payload }, out) => {
  out.stage(at('echo'), Counted, { n: payload.n * 10 })
})

function echoes(store: Store): unknown[] {
  return [...store.events({ entity: 'echo' })].map((event) => (event.payload as Note).n)
}

function note(store: Store, n: number): StoredEvent {
  return store.get(store.append(at('e'), Noted, { n }).eventId)
}

describe('a reactor', () => {
  it('writes what each event stages as one batch, with its correlation and caused by it (R-111)', async () => {
    const store = openStore()
    const root = note(store, 0)
    const source = store.append(at('e'), Noted, { n: 1 }, { correlationId: root.eventId })
    const reactor = store.react({ entity: 'e' }, [
      reaction(Noted, (event, out) => {
        if (event.eventId !== source.eventId) return
        out.stage(at('r'), Counted, { n: 1 })
        out.push(draft(at('r'), Counted, { n: 2 }, { causedBy: prior(0) }))
        out.stage(at('r'), Counted, { n: 3 }, { causedBy: root.eventId })
      }),
    ])
    await until(() => store.count({ entity: 'r' }) > 0)
    const [first, second, third] = [...store.entries({ entity: 'r' })]
    expect([first, second, third].map((entry) => entry?.correlationId)).toEqual(
      Array.from({ length: 3 }, () => root.eventId),
    )
    expect(first?.causationId).toBe(source.eventId)
    expect(second?.causationId).toBe(first?.eventId)
    expect(third?.causationId).toBe(root.eventId)
    reactor.stop()
    await reactor.done
  })

  it('gives handlers what their type decodes, and raw events where nothing is decoded', async () => {
    const Upcast = defineEvent<{ n: number; name: string }>({
      name: 'test.Upcast',
      category: 0xf,
      typeId: 1,
      upcast: (stored) => ({ ...(stored as Note), name: 'new' }),
    })
    const store = openStore()
    const written = note(store, 1)
    store.append(at('e'), Counted, { n: 2 })
    const seen: StoredEvent[] = []
    store.react({ entity: 'e' }, [
      reaction(Upcast, (event) => void seen.push(event)),
      reaction('any', (event) => void seen.push(event)),
    ])
    await until(() => seen.length === 2)
    const [typed, raw] = seen
    expect(typed?.payload).toEqual({ n: 1, name: 'new' })
    expect(typed?.payloadBytes).toEqual(written.payloadBytes)
    expect(typed?.extensions.size).toBe(0)
    expect(typed?.sequence).toBe(written.sequence)
    expect(raw?.payload).toEqual({ n: 2 })
  })

  it('passes over kinds that nothing binds, and its position with them (R-110)', async () => {
    const store = openStore()
    store.append(at('e'), Counted, { n: 1 })
    const last = store.append(at('e'), Counted, { n: 2 })
    const reactor = store.react({ entity: 'e' }, [ECHO], { checkpoint: 'r' })
    await turns()
    reactor.stop()
    await reactor.done
    expect(store.cursor({ entity: 'e' }, { checkpoint: 'r' }).position).toBe(last.sequence)
    expect(echoes(store)).toEqual([])
  })

  it('dispatches a whole batch, then flushes, then commits (R-112)', async () => {
    const { store } = rig()
    note(store, 1)
    note(store, 2)
    const trace: string[] = []
    const subscription = store.subscribe({})
    const reactor = store.react(
      { entity: 'e' },
      [
        reaction(Noted, async (event, out) => {
          await turns(1)
          trace.push(`dispatched ${event.payload.n}, ${echoes(store).length} written`)
          out.stage(at('echo'), Counted, { n: event.payload.n })
        }),
      ],
      { checkpoint: 'r' },
    )
    await until(() => echoes(store).length === 2)
    expect(trace).toEqual(['dispatched 1, 0 written', 'dispatched 2, 0 written'])
    expect(subscription.tryNext()?.entity).toBe('echo')
    reactor.stop()
    await reactor.done
    expect(store.cursor({ entity: 'e' }, { checkpoint: 'r' }).poll()).toBeUndefined()
  })

  it('drops what a failed handler staged, and what its batch staged; then repeats the batch (R-112, R-113)', async () => {
    const store = openStore()
    for (const n of [1, 2, 3]) note(store, n)
    let failures = 0
    const reactor = store.react({ entity: 'e' }, [
      reaction(Noted, ({ payload }, out) => {
        out.stage(at('echo'), Counted, { n: payload.n })
        if (payload.n === 2 && failures++ === 0) throw new Error('once')
      }),
    ])
    await until(() => echoes(store).length > 0)
    expect(echoes(store)).toEqual([1, 2, 3])
    expect(failures).toBe(2)
    reactor.stop()
    await reactor.done
  })

  it('keeps earlier flushes of a batch when a later one fails, and stands before the batch (R-110, R-112)', async () => {
    const store = openStore({ batchMaxSize: 2 })
    const first = note(store, 1)
    note(store, 3)
    const reactor = store.react(
      { entity: 'e' },
      [
        reaction(Noted, ({ payload }, out) => {
          for (let i = 0; i < payload.n; i += 1) out.stage(at('echo'), Counted, payload)
        }),
      ],
      { checkpoint: 'r', restart: { maxRestarts: 9, withinMs: 1000 } },
    )
    expect(await rejection(reactor.done)).toMatchObject({ code: 'BatchFailed' })
    expect(echoes(store)).toEqual([1])
    expect(store.cursor({ entity: 'e' }, { checkpoint: 'r' }).poll()?.sequence).toBe(first.sequence)
  })

  it('ends at once with DecodeFailure, with what fail was given, and for nonsense (R-110)', async () => {
    const store = openStore()
    const { eventId } = note(store, 1)
    const restart = { maxRestarts: 9, withinMs: 1000 }
    let calls = 0
    const strict = store.react({}, [reaction(Strict, () => undefined)], { restart })
    expect(await rejection(strict.done)).toMatchObject({ code: 'DecodeFailure', eventId })
    for (const error of [new Error('declared'), undefined, 'text']) {
      const failing = reaction(Noted, async (_, out) => {
        calls += 1
        out.stage(at('echo'), Counted, { n: 1 })
        return fail(error)
      })
      expect(await rejection(store.react({}, [failing], { restart }).done)).toBe(error)
    }
    const odd = reaction(Noted, (() => {
      calls += 1
      return 'stop'
    }) as never)
    expect(await rejection(store.react({}, [odd], { restart }).done)).toBeInstanceOf(TypeError)
    const flushing = reaction(Noted, (_, out) => {
      calls += 1
      return out.flush()
    })
    const exhausted = await rejection(store.react({}, [flushing]).done)
    expect(exhausted).toMatchObject({ code: 'RestartBudgetExhausted', restarts: 1 })
    expect(calls).toBe(6)
    expect(echoes(store)).toEqual([])
  })

  it('ends with what reading an event throws, without restart (R-110)', async () => {
    const { store, platform } = rig()
    note(store, 1)
    platform.refuse = ({ name }) => (name === 'pread' ? 'EIO' : undefined)
    const reactor = store.react({ entity: 'e' }, [ECHO], {
      restart: { maxRestarts: 9, withinMs: 1000 },
    })
    expect(await rejection(reactor.done)).toMatchObject({ code: 'Io' })
  })

  it('waits with what it has to write while a fence of the application is open', async () => {
    const store = openStore()
    note(store, 1)
    const reactor = store.react({ entity: 'e' }, [ECHO], { checkpoint: 'r' })
    const fence = store.beginFence()
    fence.append(at('e'), Noted, { n: 2 })
    await turns()
    expect(echoes(store)).toEqual([])
    fence.cancel()
    await until(() => echoes(store).length === 1)
    const empty = store.beginFence()
    await turns()
    empty.publish()
    note(store, 3)
    await until(() => echoes(store).length === 2)
    expect(echoes(store)).toEqual([10, 30])
    // Stopped while it waits, it ends with nothing written, and stands where it was.
    const blocking = store.beginFence()
    blocking.append(at('e'), Noted, { n: 4 })
    blocking.publish()
    const second = store.beginFence()
    await turns()
    reactor.stop()
    await reactor.done
    second.cancel()
    await turns()
    expect(echoes(store)).toEqual([10, 30])
    const left = [...store.cursor({ entity: 'e' }, { checkpoint: 'r' })]
    expect(left.map((entry) => store.get(entry.eventId).payload)).toEqual([{ n: 4 }])
  })

  it('refuses to stage behind the end of a reaction: what is not awaited is not lost silently', async () => {
    const store = openStore()
    note(store, 1)
    let late: Promise<unknown> = Promise.resolve()
    const reactor = store.react({ entity: 'e' }, [
      reaction(Noted, (_, out) => {
        late = turns(3).then(() => out.stage(at('echo'), Counted, { n: 1 }))
      }),
    ])
    await turns(2)
    expect(await rejection(late)).toMatchObject({
      message: expect.stringMatching(/reaction has ended/),
    })
    reactor.stop()
    await reactor.done
  })

  it('stops behind the current event, which counts; the rest comes again (R-116)', async () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    for (const n of [1, 2, 3]) note(store, n)
    const stop = new AbortController()
    const reactor = store.react(
      { entity: 'e' },
      [
        reaction(Noted, async ({ payload }, out) => {
          out.stage(at('echo'), Counted, payload)
          await turns(1)
          if (payload.n === 2) stop.abort()
        }),
      ],
      { checkpoint: 'r', signal: stop.signal },
    )
    await reactor.done
    expect(echoes(store)).toEqual([1, 2])
    const next = store.cursor({ entity: 'e' }, { checkpoint: 'r' }).poll()
    expect(store.get(next!.eventId).payload).toEqual({ n: 3 })
  })

  it('ends with its store, and never keeps it open (R-116)', async () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    note(store, 1)
    const waiting = store.react({ entity: 'e' }, [
      reaction(Noted, () => new Promise<never>(() => undefined)),
    ])
    const closing = store.react({ entity: 'e' }, [
      reaction(Noted, (event, out) => {
        out.stage(at('echo'), Counted, event.payload)
        store.close()
      }),
    ])
    await Promise.all([waiting.done, closing.done])
    expect(echoes(openStore({ dataDir }))).toEqual([])
    refusal('StoreClosed', () => store.react({}, []))
  })

  it('reacts to its own events when they are in its region (R-115)', async () => {
    const store = openStore()
    note(store, 1)
    const reactor = store.react({ kind: Noted }, [
      reaction(Noted, ({ payload }, out) => {
        if (payload.n < 5) out.stage(at('e'), Noted, { n: payload.n + 1 })
      }),
    ])
    await until(() => store.count({ kind: Noted }) === 5)
    await turns()
    expect(store.count({ kind: Noted })).toBe(5)
    reactor.stop()
    await reactor.done
  })

  it('goes on from its checkpoint in the next life, with a witness (R-114)', async () => {
    const dataDir = freshDir()
    const contexts: WorkerContext[] = []
    const watching = reaction(Noted, (event, out, context) => {
      contexts.push(context)
      out.stage(at('echo'), Counted, event.payload)
    })
    for (const n of [1, 2]) {
      const store = openStore({ dataDir })
      note(store, n)
      const reactor = store.react({ entity: 'e' }, [watching], { checkpoint: 'r' })
      await until(() => echoes(store).length === n)
      reactor.stop()
      await reactor.done
      expect(echoes(store)).toEqual([1, 2].slice(0, n))
      store.close()
    }
    expect(contexts.map(({ atLeastOnce }) => atLeastOnce?.checkpointId)).toEqual(['r', 'r'])
  })

  it('on the lossy canal takes what comes from now on, without witness, checkpoint and restart (R-114)', async () => {
    const store = openStore({ broadcastCapacity: 4 })
    note(store, 1)
    const contexts: WorkerContext[] = []
    const reactor = store.react(
      { kind: Noted },
      [
        reaction(Noted, ({ payload }, out, context) => {
          contexts.push(context)
          if (payload.n === 9) throw new Error('no restart')
          out.stage(at('echo'), Counted, payload)
        }),
      ],
      { canal: 'lossy' },
    )
    await turns()
    note(store, 2)
    await until(() => echoes(store).length === 1)
    expect('atLeastOnce' in contexts[0]!).toBe(false)
    note(store, 9)
    expect(await rejection(reactor.done)).toMatchObject({
      code: 'RestartBudgetExhausted',
      restarts: 0,
    })
    expect(echoes(store)).toEqual([2])
    for (const options of [{ checkpoint: 'r' }, { gaps: 1 }, { restart: 'once' }] as const) {
      expect(
        argumentError(TypeError, () => store.react({}, [], { canal: 'lossy', ...options })),
      ).toMatch(/lossy/)
    }
  })

  it('on the lossy canal handles what is buffered before it ends as dropped (R-101)', async () => {
    const store = openStore({ broadcastCapacity: 4 })
    const reactor = store.react({ kind: Noted }, [ECHO], { canal: 'lossy', batchSize: 3 })
    for (let n = 0; n < 9; n += 1) note(store, n)
    expect(await rejection(reactor.done)).toMatchObject({ code: 'SubscriptionPruned' })
    expect(echoes(store)).toEqual([0, 10, 20, 30])
  })

  it('refuses nonsense', () => {
    const store = openStore()
    expect(argumentError(TypeError, () => store.react({}, ECHO as never))).toMatch(/array/)
    expect(argumentError(TypeError, () => store.react({}, [{ ...ECHO }]))).toMatch(
      /made by reaction/,
    )
    expect(argumentError(TypeError, () => store.react({}, [ECHO, ECHO]))).toMatch(/already/)
    expect(argumentError(TypeError, () => store.react({}, [], { canal: 'x' as never }))).toMatch(
      /canal/,
    )
    expect(argumentError(TypeError, () => store.react({}, [], { lane: 1 } as never))).toMatch(
      /lane/,
    )
    expect(argumentError(TypeError, () => reaction(Noted, 1 as never))).toMatch(/handler/)
    expect(argumentError(TypeError, () => reaction('some' as never, () => undefined))).toMatch(
      /expected an event type/,
    )
  })
})
