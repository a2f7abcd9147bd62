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

const item = (i) => draft(at, Written, { n: count + i, filler })
// Single events until the disk is full, then batches, then smaller events until those do not fit either.
for (const write of [
  () => [store.append(at, Written, { n: count, filler })],
  () => store.appendBatch([item(0), item(1), item(2), item(3)]),
  () => [store.append(at, Written, { n: count })],
]) {
  try {
    for (;;) for (const { sequence } of write()) say({ n: count++, sequence })
  } catch (error) {
    refused(error)
  }
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
