/**
 * One workload of this implementation per process, one JSON line on stdout.
 * Usage: node batpak.js append DIR N [close|kill] | p99 DIR N | allocation DIR N | batch DIR BATCHES
 *        | durable DIR N | signed DIR N | open DIR | get DIR N | cursor DIR CALLS SIZE
 *        | fanout DIR N SUBSCRIBERS | drain DIR N SUBSCRIBERS
 */
import { PerformanceObserver, performance } from 'node:perf_hooks'
import { Store, draft, type EventId, type StoreOptions } from '@batpak/core'
import { Order, STREAMS, WARM_UP, WARM_UP_SYNCED, addresses, order } from './payload.ts'

const [workload = '', dir = '', count = '0', end = 'close'] = process.argv.slice(2)
const n = Number(count)
const NO_SYNC = { syncEveryNEvents: 0xffff_ffff }
const BATCH = 100

const workloads: Readonly<Record<string, () => number>> = {
  append: () => appending(NO_SYNC, WARM_UP, (run) => timed(() => run(n)) / n),
  durable: () =>
    appending({ syncEveryNEvents: 1, syncMode: 'data' }, WARM_UP_SYNCED, (run) => {
      return timed(() => run(n)) / n
    }),
  signed: () =>
    appending({ ...NO_SYNC, signingKeys: [new Uint8Array(32).fill(7)] }, WARM_UP, (run) => {
      return timed(() => run(n)) / n
    }),
  p99: () =>
    appending(NO_SYNC, WARM_UP, (run) => {
      const calls = new Float64Array(n)
      for (let i = 0; i < n; i += 1) {
        const start = performance.now()
        run(1)
        calls[i] = performance.now() - start
      }
      return calls.sort()[Math.floor(n * 0.99)]! * 1000
    }),
  allocation: () => appending(NO_SYNC, WARM_UP, (run) => allocated(() => run(n)) / n),
  batch,
  open: () => {
    let store: Store | undefined
    const micros = timed(() => (store = Store.open({ dataDir: dir })))
    store?.close()
    return micros
  },
  get,
  cursor: () => cursor(Number(end)),
  fanout: () => fanout(Number(end)).appending,
  drain: () => fanout(Number(end)).draining,
}

const work = workloads[workload]
if (work === undefined) throw new Error(`unknown workload ${workload}`)
process.stdout.write(`${JSON.stringify({ value: work() })}\n`)

/** Hands out a function that appends the next `events` orders, after `warmUp` of them. */
function appending(
  options: Omit<StoreOptions, 'dataDir'>,
  warmUp: number,
  measure: (run: (events: number) => void) => number,
): number {
  const store = Store.open({ dataDir: dir, ...options })
  const ats = addresses()
  const orders = Array.from({ length: 4096 }, (_, i) => order(i))
  let next = 0
  const run = (events: number): void => {
    for (let i = 0; i < events; i += 1, next += 1) {
      store.append(ats[next % STREAMS]!, Order, orders[next & 4095]!)
    }
  }
  run(warmUp)
  const value = measure(run)
  if (end === 'kill') {
    process.stdout.write(`${JSON.stringify({ value })}\n`)
    process.kill(process.pid, 'SIGKILL')
  }
  store.close()
  return value
}

/** Microseconds per event, with the making of the drafts. */
function batch(): number {
  const store = Store.open({ dataDir: dir })
  const ats = addresses()
  const orders = Array.from({ length: 4096 }, (_, i) => order(i))
  let next = 0
  const run = (batches: number): void => {
    for (let i = 0; i < batches; i += 1) {
      const at = ats[i % STREAMS]!
      store.appendBatch(
        Array.from({ length: BATCH }, () => draft(at, Order, orders[next++ & 4095]!)),
      )
    }
  }
  run(50)
  const micros = timed(() => run(n)) / (n * BATCH)
  store.close()
  return micros
}

function get(): number {
  const store = Store.openReadOnly({ dataDir: dir })
  const ids = [...store.entries({ scope: 'bench:scope' })].map((entry) => entry.eventId)
  let x = 42
  let sum = 0
  const next = (): EventId => {
    x = (Math.imul(x, 1_103_515_245) + 12_345) & 0x7fff_ffff
    return ids[x % ids.length]!
  }
  const run = (reads: number): void => {
    for (let i = 0; i < reads; i += 1) {
      sum += (store.get(next()).payload as { amount_cents: number }).amount_cents
    }
  }
  run(WARM_UP)
  const micros = timed(() => run(n)) / n
  store.close()
  if (sum === 0) throw new Error('nothing was read')
  return micros
}

/** Batches of a cursor over everything, from the beginning: microseconds per batch. */
function cursor(size: number): number {
  const store = Store.openReadOnly({ dataDir: dir })
  let walk = store.cursor({ scope: 'bench:scope' })
  const run = (calls: number): void => {
    for (let i = 0; i < calls; i += 1) {
      if (walk.pollBatch(size).length > 0) continue
      walk = store.cursor({ scope: 'bench:scope' }) // at the end it begins again
      i -= 1
    }
  }
  run(Math.ceil(WARM_UP / size))
  const micros = timed(() => run(n)) / n
  store.close()
  return micros
}

/** Appends with live subscribers, who read afterwards: microseconds per append and per event read. */
function fanout(subscribers: number): { readonly appending: number; readonly draining: number } {
  const events = n
  const options = { ...NO_SYNC, broadcastCapacity: 2 * (events + WARM_UP) }
  const store = Store.open({ dataDir: dir, ...options })
  const subscribed = Array.from({ length: subscribers }, () => store.subscribe({}))
  const ats = addresses()
  const orders = Array.from({ length: 4096 }, (_, i) => order(i))
  let next = 0
  const run = (count: number): void => {
    for (let i = 0; i < count; i += 1, next += 1) {
      store.append(ats[next % STREAMS]!, Order, orders[next & 4095]!)
    }
  }
  run(WARM_UP)
  const appending = timed(() => run(events)) / events
  const draining = timed(() => {
    for (const subscription of subscribed) {
      for (let i = 0; i < events; i += 1) {
        if (subscription.tryNext() === undefined) throw new Error('a notification is missing')
      }
    }
  })
  store.close()
  return { appending, draining: draining / (events * subscribers) }
}

/** Microseconds. */
function timed(run: () => unknown): number {
  const start = process.hrtime.bigint()
  run()
  return Number(process.hrtime.bigint() - start) / 1000
}

/** Bytes that `run` allocates on the heap; meaningful only if nothing is collected meanwhile. */
function allocated(run: () => void): number {
  const observer = new PerformanceObserver(() => undefined)
  observer.observe({ entryTypes: ['gc'] })
  const before = process.memoryUsage().heapUsed
  run()
  const after = process.memoryUsage().heapUsed
  if (observer.takeRecords().length > 0) throw new Error('the collector ran: raise the semi-space')
  return after - before
}
