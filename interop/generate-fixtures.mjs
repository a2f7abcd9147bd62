// Writes fixtures/abi/rust-0.8.0 anew. Names of shapes as arguments limit it to these.
//
// Ids of lifecycle events, durations in OPEN events and ids of fenced single appends are random, so
// a new run gives stores with other bytes and the same meaning.

import { mkdirSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

import { build, dump, run, script } from './driver.mjs'
import { contents, dumps, fixturesDir, format, observe, withCopy } from './fixtures.mjs'

// Receipts are not on disk: they are kept where a test needs more than the rows.
const withReceipts =
  /^(signed|idempotent|sequence-gap|cursor|fence|compacted-|batch-(options|failed)|denial-options)/

build()
const wanted = process.argv.slice(2)
for (const { shape } of run('shapes')) {
  if (wanted.length === 0 || wanted.includes(shape)) generate(shape)
}

function generate(shape) {
  const dir = join(fixturesDir, shape)
  const store = join(dir, 'store')
  rmSync(dir, { recursive: true, force: true })
  mkdirSync(dir, { recursive: true })
  const written = run('write', store, shape)
  if (written.error) throw new Error(`${shape}: ${JSON.stringify(written.error)}`)
  for (const [name, flags] of Object.entries(dumps)) {
    const { document, changed } = observe(store, flags)
    if (changed.length > 0) throw new Error(`${shape}: a read-only open changed ${changed}`)
    writeFileSync(join(dir, name), format(document))
  }
  writeFileSync(join(dir, 'meta.json'), format(meta(written, store)))
}

function meta({ lives, ...described }, store) {
  const sizes = Object.entries(contents(store)).map(([name, hex]) => [name, hex.length / 2])
  return {
    ...described,
    writtenBy: { crate: 'batpak 0.8.0 (Rust)', driver: 'batpak-interop 0.0.0' },
    files: Object.fromEntries(sizes),
    mutableOpen: mutableOpen(store),
    ...(withReceipts.test(described.shape) ? { lives } : {}),
  }
}

/** Whether the reference opens a copy for writing, and whether it opens it again after a kill. */
function mutableOpen(store) {
  return withCopy(store, (copy) => {
    const [opened] = script(copy, [{ op: 'open' }, { op: 'exit' }])
    const again = dump(copy, '--no-artifacts')
    return {
      first: opened.error ?? 'opened',
      afterKill: again.error ?? { eventCount: again.eventCount, visibleRows: again.rows.length },
    }
  })
}
