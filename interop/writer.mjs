// A process that writes a store with this implementation and ends as it is told.
// Usage: node writer.mjs DIR SHAPE close|abandon|kill

import { core, testing } from './packages.mjs'

const [dir, shape, end] = process.argv.slice(2)
const Order = core.defineEvent({ name: 'Order', category: 0xa, typeId: 1 })
const at = (i) => ({ entity: `order:${i % 5}`, scope: 'interop' })

/** What each shape appends. */
const shapes = {
  single: (store) => {
    for (let i = 0; i < 40; i += 1) store.append(at(i), Order, { i, note: `single ${i}` })
  },
  options: (store) => {
    let parent
    for (let i = 0; i < 12; i += 1) {
      const receipt = store.append(
        at(i),
        Order,
        { i },
        {
          idempotencyKey: core.idempotencyKey('options', `${dir} ${i}`),
          ...(parent ? { causationId: parent.eventId, correlationId: parent.eventId } : {}),
          position: { lane: i, depth: 2 * i },
          flags: i * 20,
          extensions: new Map([
            ['acme.trace', Uint8Array.of(0, 127, 128, 255, i)],
            ['acme.audit', new Uint8Array(i)],
          ]),
        },
      )
      parent = receipt
    }
  },
  'non-ascii': (store) => {
    for (const name of [
      'café',
      'cafe\u0301',
      '🦊:den',
      ' spaced name ',
      'ж'.repeat(512),
      '\ufeffbom',
    ]) {
      store.append({ entity: name, scope: `scope ${name}`.slice(0, 40) }, Order, {
        name,
        emoji: '🧪',
      })
    }
  },
  payloads: (store) => {
    const values = [
      null,
      true,
      0,
      -1,
      127,
      128,
      -32,
      -33,
      65535,
      65536,
      4294967295,
      4294967296,
      -2147483649,
      18446744073709551615n,
      -9223372036854775808n,
      1.5,
      -0,
      1e300,
      '',
      'x'.repeat(31),
      'x'.repeat(32),
      'y'.repeat(70_000),
      [],
      Array.from({ length: 20 }, (_, i) => i),
      {},
      Object.fromEntries(Array.from({ length: 40 }, (_, i) => [`key${i}`, i])),
      { nested: { deep: [{ a: [1, [2, [3]]] }] } },
      Uint8Array.from({ length: 300 }, (_, i) => i),
    ]
    for (const [i, value] of values.entries()) store.append(at(i), Order, value)
    store.append(at(0), Order, { big: 'z'.repeat(1_000_000) })
    store.appendBytes(at(1), core.kind(0xb, 9), new Uint8Array(0))
    store.appendBytes(at(2), core.kind(0xb, 9), Uint8Array.of(0xc1, 0xff))
  },
  segments: (store) => {
    for (let i = 0; i < 60; i += 1) store.append(at(i), Order, { i, fill: 'f'.repeat(i * 7) })
  },
}

const store = core.Store.open({
  dataDir: dir,
  ...(shape === 'segments' ? { segmentMaxBytes: 2048 } : {}),
})
shapes[shape](store)
if (end === 'kill') process.kill(process.pid, 'SIGKILL')
else if (end === 'abandon') testing.abandon(store)
else store.close()
