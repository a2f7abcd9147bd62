// Writes to the store in a directory until somebody kills it, and tells on standard output what it
// tries and what was acknowledged, one JSON line each. A line that was read was true before the kill.
// Usage: node kill-child.mjs DIR CADENCE SEED [POINT NTH]
import { writeSync } from 'node:fs'
import { Store, defineEvent, draft } from '@batpak/core'
import { receiptToJson } from '@batpak/core/receipt'
import { installHooks } from '@batpak/core/testing'

const [dataDir, cadence, seed, point, nth = '1'] = process.argv.slice(2)
const Written = defineEvent({ name: 'test.Written', category: 0xf, typeId: 2 })
const say = (line) => writeSync(1, `${JSON.stringify(line)}\n`)

let state = Number(seed) >>> 0
function below(n) {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 2 ** 32) * n)
}
let count = 0
const token = () => `${seed}.${count++}`
const at = () => ({ entity: `e${below(5)}`, scope: 'kill' })
const value = () => ({ token: token(), filler: 'x'.repeat(below(300)) })
const told = (receipts, drafts) =>
  receipts.map((receipt, i) => ({ token: drafts[i].token, receipt: receiptToJson(receipt) }))

const store = Store.open({
  dataDir,
  syncEveryNEvents: Number(cadence),
  segmentMaxBytes: 24 * 1024,
})
if (point !== undefined) {
  let left = Number(nth)
  installHooks({ inject: ({ at }) => (at === point && --left === 0 ? 'kill' : undefined) })
}
say({ opened: true })

function append(target, fence) {
  const written = value()
  say({ try: fence ? 'fenced' : 'append', tokens: [written.token] })
  const got = target.append(at(), Written, written)
  say(fence ? { pending: [written.token] } : { acknowledged: told([got], [written]) })
}

function batch(target, fence) {
  const values = Array.from({ length: 1 + below(6) }, value)
  say({ try: fence ? 'fenced' : 'batch', tokens: values.map(({ token }) => token) })
  const got = target.appendBatch(values.map((written) => draft(at(), Written, written)))
  say(fence ? { pending: values.map(({ token }) => token) } : { acknowledged: told(got, values) })
}

function fence() {
  const open = store.beginFence()
  say({ try: 'fence' })
  for (let i = below(4); i >= 0; i -= 1) {
    if (below(2) === 0) append(open, true)
    else batch(open, true)
  }
  const end = below(2) === 0 ? 'publish' : 'cancel'
  say({ try: end })
  open[end]()
  say({ ended: end })
}

for (;;) {
  const choice = below(10)
  if (choice < 5) append(store)
  else if (choice < 8) batch(store)
  else if (choice < 9) fence()
  else {
    say({ try: 'sync' })
    store.sync()
    say({ synced: true })
  }
}
