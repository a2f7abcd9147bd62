/**
 * A process with everything that waits for events.
 * Harness pattern: Runtime And Boundary Harness.
 * PROVES: a process with workers, reactors and watchers that wait ends by itself, the backlog handled.
 * CATCHES: a timer or handle held while idle; an unhandled rejection of a `done` that nobody looks at.
 * SEEDED: nothing, one fixed script.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'
import { freshDir } from '../support/api-store.ts'

const core = new URL('../../dist/', import.meta.url)

const SCRIPT = `
import { Store, defineEvent, defineProjection } from '${core.href}index.js'
import { reaction } from '${core.href}delivery.js'
const Noted = defineEvent({ name: 'Noted', category: 0xf, typeId: 1 })
const Sum = defineProjection({ name: 'Sum', init: () => 0, on: (on) => [on(Noted, (s, { n }) => s + n)] })
const store = Store.open({ dataDir: process.argv[1] })
for (let n = 0; n < 300; n += 1) store.append({ entity: 'e', scope: 's' }, Noted, { n })
let seen = 0
const worker = store.work({ kind: Noted }, async (batch) => { seen += batch.length }, { checkpoint: 'w' })
const failing = store.work({}, () => { throw new Error('nobody looks at done') })
store.react({ kind: Noted }, [reaction(Noted, () => {})])
store.subscribe({})[Symbol.asyncIterator]().next()
store.watch(Sum, 'e').next()
store.cursor({ kind: Noted }).batches({ max: 400 })
process.on('exit', () => process.stdout.write(String(seen)))
`

it('a process ends although its deliveries wait, the backlog handled, failures unhandled (R-93, R-116)', () => {
  const args = ['--input-type=module', '--no-warnings', '-e', SCRIPT, freshDir()]
  const out = execFileSync(process.execPath, args, {
    cwd: fileURLToPath(core),
    encoding: 'utf8',
    timeout: 20_000,
  })
  expect(out).toBe('300')
})
