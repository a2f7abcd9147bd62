/** Workers: order, verdicts, restarts, checkpoints, ends, and handlers that misbehave. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { Region, Store, WorkerContext, WorkerHandler } from '../../src/index.ts'
import { AtLeastOnce, ObservedOnce } from '../../src/delivery.ts'
import { messagesOn } from '../support/api-channel.ts'
import { Counted, Noted, at } from '../support/api-events.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import { freshDir, openStore } from '../support/api-store.ts'
import { codesOf, rig } from '../write/rig.ts'
import { rejection, turns, until } from './turns.ts'

const NOTES: Region = { kind: Noted }

function notes(store: Store, count: number): number[] {
  return Array.from({ length: count }, (_, n) => store.append(at('e'), Noted, { n }).sequence)
}

describe('a worker', () => {
  it('gets every event in batches, in order, one after the other, never empty or too long (R-87)', async () => {
    const store = openStore()
    const sent = notes(store, 5)
    const batches: number[][] = []
    let inside = 0
    const worker = store.work(
      NOTES,
      async (batch) => {
        inside += 1
        expect(inside).toBe(1)
        await turns(1)
        batches.push(batch.map(({ sequence }) => sequence))
        inside -= 1
      },
      { batchSize: 2 },
    )
    expect(batches).toEqual([]) // nothing runs inside the call
    await until(() => batches.length === 3)
    for (let n = 0; n < 3; n += 1) {
      sent.push(store.append(at('e'), Noted, { n }).sequence)
      store.append(at('e'), Counted, { n })
      await turns()
    }
    expect(batches.flat()).toEqual(sent)
    expect(batches.every(({ length }) => length === 1 || length === 2)).toBe(true)
    worker.stop()
    await worker.done
    notes(store, 1)
    await turns()
    expect(batches.flat()).toEqual(sent)
  })

  it('saves its position after every batch and goes on from there (R-83, R-91)', async () => {
    const dataDir = freshDir()
    const first = openStore({ dataDir })
    const sent = notes(first, 4)
    const seen: number[] = []
    const worker = first.work(NOTES, (batch) => void seen.push(batch[0]!.sequence), {
      batchSize: 1,
      checkpoint: 'w',
    })
    await until(() => seen.length === 2)
    worker.stop()
    await worker.done
    first.close()
    const second = openStore({ dataDir })
    second.work(NOTES, (batch) => void seen.push(...batch.map((e) => e.sequence)), {
      checkpoint: 'w',
    })
    await until(() => seen.length >= 4)
    expect(seen).toEqual(sent)
  })

  it('ends on stop with the batch committed, on rollback without (R-87, R-92)', async () => {
    const store = openStore()
    const sent = notes(store, 3)
    const verdicts = ['stop', 'rollback', 'continue'] as const
    const seen: number[] = []
    for (const verdict of verdicts) {
      const worker = store.work(
        NOTES,
        (batch) => {
          seen.push(batch[0]!.sequence)
          return batch[0]!.sequence === sent[2] ? 'stop' : verdict
        },
        { batchSize: 1, checkpoint: 'v' },
      )
      await worker.done
    }
    expect(seen).toEqual([sent[0], sent[1], sent[1], sent[2]])
  })

  it('gets a batch again after a failure, once, then gives up (R-88, DEV-9)', async () => {
    const told = messagesOn('batpak:worker')
    const store = openStore()
    const [one] = notes(store, 1)
    const seen: number[] = []
    const broken = new Error('handler')
    const worker = store.work(NOTES, (batch) => {
      seen.push(batch[0]!.sequence)
      throw broken
    })
    const error = await rejection(worker.done)
    expect(error).toMatchObject({ code: 'RestartBudgetExhausted', restarts: 1, cause: broken })
    expect(seen).toEqual([one, one])
    expect(told).toHaveLength(2)
    expect(told[1]).toMatchObject({ error })
  })

  it('has as many restarts per window as it is given, by the injected clock (R-88)', async () => {
    const { store, clock } = rig()
    notes(store, 1)
    let failures = 0
    const worker = store.work(
      NOTES,
      async () => {
        failures += 1
        // Two in the first window, the third opens the next: which then has all of its own.
        clock.monoNs += failures === 3 ? 101_000_000n : 1_000_000n
        throw new Error(`failure ${failures}`)
      },
      { restart: { maxRestarts: 2, withinMs: 100 } },
    )
    const error = await rejection(worker.done)
    expect(error).toMatchObject({ code: 'RestartBudgetExhausted', restarts: 4 })
    expect(failures).toBe(5)
  })

  it.each([
    ['rejects with undefined', () => Promise.reject(undefined)],
    ['rejects with no error', () => Promise.reject('text')],
  ])('whose handler %s fails like any other', async (_, handler) => {
    const store = openStore()
    notes(store, 1)
    const worker = store.work(NOTES, handler, {
      restart: { maxRestarts: 0, withinMs: 1 },
    })
    expect(await rejection(worker.done)).toMatchObject({
      code: 'RestartBudgetExhausted',
      restarts: 0,
    })
  })

  it.each([7, 'contineu', true, null, {}])(
    'whose handler returns %j ends with a TypeError, without restart, its batch uncommitted',
    async (verdict) => {
      const store = openStore()
      const [one] = notes(store, 1)
      let calls = 0
      const options = { checkpoint: 'n' }
      const odd = (() => {
        calls += 1
        return verdict
      }) as never
      const error = await rejection(store.work(NOTES, odd, options).done)
      expect(error).toBeInstanceOf(TypeError)
      expect(calls).toBe(1)
      expect(store.cursor(NOTES, options).poll()?.sequence).toBe(one)
    },
  )

  it('never runs on with an unsaved position (R-89)', async () => {
    const { store, platform } = rig()
    const sent = notes(store, 2)
    const seen: number[] = []
    platform.refuse = ({ name }) => (name === 'rename' ? 'ENOSPC' : undefined)
    const worker = store.work(NOTES, (batch) => void seen.push(batch[0]!.sequence), {
      batchSize: 1,
      checkpoint: 'w',
      restart: { maxRestarts: 9, withinMs: 9 },
    })
    const error = await rejection(worker.done)
    expect(codesOf(error)).toEqual(['CheckpointWriteFailed', 'Io', 'ENOSPC'])
    expect(seen).toEqual([sent[0]])
    platform.refuse = undefined
    expect(store.cursor(NOTES, { checkpoint: 'w' }).poll()?.sequence).toBe(sent[0])
  })

  it('ends before the first batch with what is wrong with its checkpoint (R-84)', async () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    notes(store, 1)
    const path = join(dataDir, 'cursors', 'w.ckpt')
    const cursor = store.cursor(NOTES, { checkpoint: 'w' })
    cursor.poll()
    cursor.commit()
    cursor[Symbol.dispose]()
    const never = (): never => {
      throw new Error('no batch')
    }
    const other = store.work({}, never, { checkpoint: 'w' })
    expect(await rejection(other.done)).toMatchObject({ code: 'CursorCheckpointRegionMismatch' })
    writeFileSync(path, readFileSync(path).subarray(0, 9))
    const corrupt = store.work(NOTES, never, { checkpoint: 'w' })
    expect(await rejection(corrupt.done)).toMatchObject({ code: 'CursorCheckpointCorrupt' })
    corrupt.stop()
    corrupt[Symbol.dispose]()
    await expect(corrupt[Symbol.asyncDispose]()).rejects.toThrow(/corrupt/)
    // What the caller did wrong is thrown at once.
    refusal('CheckpointId', () => store.work({}, never, { checkpoint: 'a/b' }))
    const worker = store.work({}, () => 'stop', { checkpoint: 'busy' })
    refusal('Configuration', () => store.work({}, never, { checkpoint: 'busy' }))
    await worker.done
    notes(store, 1)
    await store.work({}, () => 'stop', { checkpoint: 'busy' }).done
  })

  it('has a witness exactly when it has a checkpoint; nobody else can make one (R-90)', async () => {
    const store = openStore()
    const contexts: WorkerContext[] = []
    const take: WorkerHandler = (_, context) => {
      contexts.push(context)
      return 'stop'
    }
    await store.work({}, take).done
    await store.work({}, take, { checkpoint: 'w' }).done
    const [plain, durable] = contexts
    expect('atLeastOnce' in plain!).toBe(false)
    expect(plain!.store).toBe(store)
    const witness = durable!.atLeastOnce!
    expect(witness.checkpointId).toBe('w')
    const key = new Uint8Array(32).fill(7)
    const once = ObservedOnce.of(witness, key)
    key[0] = 0
    expect(once.parts()).toEqual({ witness, idempotencyKey: new Uint8Array(32).fill(7) })
    once.parts().idempotencyKey.fill(0)
    expect(once.parts().idempotencyKey[0]).toBe(7)
    for (const forged of [{ checkpointId: 'w' }, Object.create(AtLeastOnce.prototype), null]) {
      expect(argumentError(TypeError, () => ObservedOnce.of(forged as never, key))).toMatch(
        /witness/,
      )
    }
    expect(argumentError(TypeError, () => ObservedOnce.of(witness, new Uint8Array(31)))).toMatch(
      /32 bytes/,
    )
  })

  it('finishes its batch when it is stopped, from outside or from its handler, or aborted (R-92)', async () => {
    const store = openStore()
    const sent = notes(store, 3)
    for (const [i, way] of ['stop', 'abort', 'inside', 'dispose'].entries()) {
      const stop = new AbortController()
      const seen: number[] = []
      let release: () => void = () => undefined
      let signal: AbortSignal | undefined
      const worker = store.work(
        NOTES,
        async (batch, context) => {
          seen.push(batch[0]!.sequence)
          signal = context.signal
          if (way === 'inside') worker.stop()
          else await new Promise<void>((resolve) => (release = resolve))
        },
        { batchSize: 1, checkpoint: `s${i}`, signal: stop.signal },
      )
      await until(() => seen.length === 1)
      if (way === 'stop') worker.stop()
      if (way === 'abort') stop.abort()
      if (way === 'dispose') worker[Symbol.dispose]()
      expect(signal?.aborted).toBe(true)
      release()
      await worker.done
      expect(seen).toEqual([sent[0]])
      expect(store.cursor(NOTES, { checkpoint: `s${i}` }).position).toBe(sent[0])
    }
    const aborted = store.work(NOTES, () => 'stop', { signal: AbortSignal.abort() })
    await aborted.done
  })

  it('ends with the store: idle, between batches, and with a handler that never settles (D14)', async () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    const idle = store.work({ entity: 'nobody' }, () => undefined)
    const [one] = notes(store, 2)
    let fail: (error: Error) => void = () => undefined
    const stuck = store.work(
      NOTES,
      () =>
        new Promise<void>((_, reject) => {
          fail = reject
        }),
      { checkpoint: 'stuck', batchSize: 1 },
    )
    const told = messagesOn('batpak:worker')
    await turns()
    store.close()
    await Promise.all([idle.done, stuck.done])
    fail(new Error('too late')) // reported, and no unhandled rejection
    await turns()
    expect(told).toMatchObject([{ error: { message: 'too late' } }])
    const again = openStore({ dataDir })
    expect(again.cursor(NOTES, { checkpoint: 'stuck' }).poll()?.sequence).toBe(one)
    refusal('StoreClosed', () => store.work({}, () => undefined))
  })

  it('may close its store from its handler', async () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    const [one] = notes(store, 2)
    const seen: number[] = []
    const worker = store.work(
      NOTES,
      (batch) => {
        seen.push(batch[0]!.sequence)
        store.close()
      },
      { batchSize: 1, checkpoint: 'c' },
    )
    await worker.done
    await turns()
    expect(seen).toEqual([one])
    // It could not be saved any more: it comes again.
    const again = openStore({ dataDir })
    expect(again.cursor(NOTES, { checkpoint: 'c' }).poll()?.sequence).toBe(one)
  })

  it('may append from its handler, also what it then gets itself', async () => {
    const store = openStore()
    notes(store, 1)
    let seen = 0
    const worker = store.work(NOTES, (batch) => {
      seen += batch.length
      if (seen < 5) notes(store, 1)
      return seen < 5 ? 'continue' : 'stop'
    })
    await worker.done
    expect(seen).toBe(5)
  })

  it('lets timers and input run between the batches of a long backlog', async () => {
    const store = openStore()
    notes(store, 200)
    let seen = 0
    const worker = store.work(NOTES, (batch) => void (seen += batch.length), { batchSize: 1 })
    await turns(3)
    expect(seen).toBeLessThan(50)
    await worker[Symbol.asyncDispose]()
    expect(seen).toBeLessThan(50)
  })

  it('hands over gaps', async () => {
    const store = openStore()
    notes(store, 1)
    const fence = store.beginFence()
    fence.append(at('e'), Noted, { n: 1 })
    fence.cancel()
    notes(store, 1)
    let gaps: unknown
    const worker = store.work(
      NOTES,
      (_, context) => {
        gaps = context.takeGaps()
        return 'stop'
      },
      { gaps: 4 },
    )
    await worker.done
    expect(gaps).toHaveLength(1)
  })

  it('refuses nonsense', () => {
    const store = openStore()
    const run = (): undefined => undefined
    expect(argumentError(TypeError, () => store.work({}, 1 as never))).toMatch(/handler/)
    expect(argumentError(TypeError, () => store.work({}, run, { batchsize: 1 } as never))).toMatch(
      /batchSize/,
    )
    expect(argumentError(RangeError, () => store.work({}, run, { batchSize: 0 }))).toMatch(
      /batchSize/,
    )
    for (const restart of ['twice', 1, null]) {
      expect(
        argumentError(TypeError, () => store.work({}, run, { restart: restart as never })),
      ).toMatch(/restart/)
    }
    expect(
      argumentError(RangeError, () =>
        store.work({}, run, { restart: { maxRestarts: -1, withinMs: 1 } }),
      ),
    ).toMatch(/maxRestarts/)
    expect(argumentError(TypeError, () => store.work({}, run, { signal: 1 as never }))).toMatch(
      /signal/,
    )
  })
})
