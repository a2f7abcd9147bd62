// Fills the disk or the allowed file size with events, makes room, goes on, and closes. Tells on
// standard output what was refused and what was acknowledged, one JSON line each.
// Usage: node full-child.mjs DIR BALLAST
import { rmSync, writeSync } from 'node:fs'
import { Store, defineEvent, draft } from '@batpak/core'

const [dataDir, ballast] = process.argv.slice(2)
const Written = defineEvent({ name: 'test.Written', category: 0xf, typeId: 2 })
const at = { entity: 'e', scope: 'full' }
const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`)
const filler = 'x'.repeat(700)

const store = Store.open({ dataDir, segmentMaxBytes: 64 * 1024 })
let count = 0
const refused = (error) =>
  say({
    refused: error.code,
    cause: error.cause?.cause?.code ?? error.cause?.code,
    sequence: store.stats().eventCount,
  })

// Single events until the disk is full, then a batch, then smaller events until those do not fit either.
for (const [size, write] of [
  [1, (n) => store.append(at, Written, { n, filler })],
  [
    4,
    (n) =>
      store.appendBatch(
        Array.from({ length: 4 }, (_, i) => draft(at, Written, { n: n + i, filler })),
      ),
  ],
  [1, (n) => store.append(at, Written, { n })],
]) {
  try {
    for (;;) {
      const done = [write(count)].flat()
      for (const receipt of done) say({ n: count++, sequence: receipt.sequence })
    }
  } catch (error) {
    refused(error)
  }
  if (store.stats().eventCount === 0) throw new Error(`nothing of size ${size} was written`)
}
if (ballast !== '') {
  rmSync(ballast)
  for (let i = 0; i < 20; i += 1)
    say({ n: count++, sequence: store.append(at, Written, { n: count - 1 }).sequence })
}
try {
  store.close()
  say({ closed: true })
} catch (error) {
  refused(error)
}
