/**
 * One workload of this implementation per process, one JSON line on stdout.
 * Usage: node batpak.js append DIR N [close|kill] | open DIR | get DIR N
 */
import { Store, type EventId } from '@batpak/core'
import { Order, STREAMS, WARM_UP, addresses, order } from './payload.ts'

const [workload, dir = '', count = '0', end = 'close'] = process.argv.slice(2)
const n = Number(count)

switch (workload) {
  case 'append':
    append()
    break
  case 'open':
    open()
    break
  case 'get':
    get()
    break
  default:
    process.stderr.write(`unknown workload ${workload}\n`)
    process.exitCode = 2
}

function append(): void {
  const store = Store.open({ dataDir: dir, syncEveryNEvents: 0xffff_ffff })
  const ats = addresses()
  const orders = Array.from({ length: 4096 }, (_, i) => order(i))
  const run = (events: number): void => {
    for (let i = 0; i < events; i += 1) store.append(ats[i % STREAMS]!, Order, orders[i & 4095]!)
  }
  run(WARM_UP)
  const start = process.hrtime.bigint()
  run(n)
  const micros = microsSince(start) / n
  process.stdout.write(`${JSON.stringify({ micros })}\n`)
  if (end === 'kill') process.kill(process.pid, 'SIGKILL')
  store.close()
}

function open(): void {
  const start = process.hrtime.bigint()
  const store = Store.open({ dataDir: dir })
  const micros = microsSince(start)
  process.stdout.write(`${JSON.stringify({ micros, events: store.stats().eventCount })}\n`)
  store.close()
}

function get(): void {
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
  const start = process.hrtime.bigint()
  run(n)
  process.stdout.write(`${JSON.stringify({ micros: microsSince(start) / n, sum })}\n`)
  store.close()
}

function microsSince(start: bigint): number {
  return Number(process.hrtime.bigint() - start) / 1000
}
