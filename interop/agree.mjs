// Do both implementations see the same in a directory? Differences that are listed in
// docs/divergences.md are predicted from the files, never merely tolerated.

import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { join } from 'node:path'

import { dump } from './driver.mjs'
import { core } from './packages.mjs'
import { hasFooter, segmentFiles } from './segments.mjs'
import { play } from './sides.mjs'
import { tally } from './tally.mjs'
import { copyOf, rowsOf, view } from './view.mjs'

/**
 * Compares what a read-only open of ours sees in `dir` with the reference, which opens copies with its
 * index files and without. Returns our rows and the dump of the reference without index files.
 *
 * `healed`: the reference is shown a copy that our mutable open has healed. It must then see what we
 * saw before the heal, and the OPEN event of the healing process.
 */
export function agree(dir, what, { healed = false } = {}) {
  const ours = view(copyOf(dir, 'ours'))
  const shown = healed ? healedCopy(dir) : copyOf(dir, 'theirs')
  const expected = healed ? view(copyOf(shown, 'ours')) : ours
  if (healed) {
    assert.deepEqual(expected.slice(0, -1), ours, `${what}: healing changed rows`)
    assert.equal(expected.at(-1).kind, 8)
    tally('directories healed by TypeScript, then read by Rust')
  }
  const normal = dump(copyOf(shown, 'theirs'))
  const replayed = ['index.fbati', 'index.ckpt'].some((name) => existsSync(join(shown, name)))
  compare(expected, normal, shown, replayed, `${what}, index files of the reference as they are`)
  const rebuilt = dump(copyOf(shown, 'theirs'), '--no-artifacts', '--verify')
  compare(expected, rebuilt, shown, false, `${what}, rebuilt by the reference from the segments`)
  tally('directories read by both sides')
  return { ours, theirs: healed ? undefined : normal, rebuilt }
}

function compare(ours, theirs, dir, replayed, what) {
  const rows = rowsOf(theirs)
  assert.deepEqual(rows, expectedOf(ours, rows, dir, replayed), what)
  const store = core.Store.openReadOnly({ dataDir: copyOf(dir, 'next') })
  assert.equal(store.stats().globalSequence, theirs.globalSequence, `${what}: next sequence`)
  store.close()
  for (const { entity, stream } of theirs.entities) {
    const sequences = ours.filter((row) => row.entity === entity).map((row) => row.globalSequence)
    assert.deepEqual([...stream].sort(numerically), sequences, `${what}: events of ${entity}`)
  }
  tally('rows compared field by field', rows.length)
}

/**
 * Our rows as the reference must show them. DEV-15: a segment that it takes from its footer alone has
 * no receipt extensions in its index. It does so behind an index file, and when another segment has no
 * footer.
 */
function expectedOf(ours, theirs, dir, replayed) {
  const footers = new Map(
    segmentFiles(dir).map((path) => [Number(/(\d+)\.fbat$/.exec(path)[1]), hasFooter(path)]),
  )
  const mixed = replayed || [...footers.values()].includes(false)
  return ours.map((row, i) => {
    const has = Object.keys(row.extensions).length > 0
    const bare = theirs[i] !== undefined && Object.keys(theirs[i].extensions).length === 0
    if (!(has && bare && mixed && footers.get(row.segmentId))) return row
    tally('listed difference: DEV-15 (receipt extensions that the reference lost)')
    return { ...row, extensions: {} }
  })
}

function healedCopy(dir) {
  const copy = copyOf(dir, 'healed')
  const [opened] = play('typescript', copy, [{ op: 'open' }, { op: 'exit' }])
  assert.equal(opened.error, undefined, JSON.stringify(opened))
  return copy
}

const numerically = (a, b) => a - b
