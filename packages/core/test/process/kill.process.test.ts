/**
 * Writers that are killed with SIGKILL, generation after generation in one directory.
 * Harness pattern: Runtime And Boundary Harness.
 * PROVES: whatever a killed process had been told is there after the next open, with its id, place in
 *   the order and receipt; a batch is there as a whole or not at all; what a cancel had hidden stays
 *   hidden; the whole directory passes the full check each time.
 * CATCHES: an acknowledgement before the write, a batch that can be cut, an unfinished end that is
 *   healed only once, hidden ranges that slip, sequences that are assigned twice.
 * SEEDED: the programs by BATPAK_SEED (printed when it fails); when the kill strikes is left to the
 *   machine, but for the named points. BATPAK_RUNS raises the number of generations.
 */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { nodePlatform } from '@batpak/platform'
import { describe, expect, it } from 'vitest'
import { Store, defineEvent } from '../../src/index.ts'
import { verifyDirectory, type VerifyStep } from '../../src/inspect.ts'
import { abandon, type InjectionPoint } from '../../src/testing.ts'
import { freshDir } from '../support/api-store.ts'
import { KillLedger, type Line } from '../support/kill-ledger.ts'

const Written = defineEvent<{ token: string }>({ name: 'test.Written', category: 0xf, typeId: 2 })
const CHILD = fileURLToPath(new URL('../support/kill-child.mjs', import.meta.url))
const GENERATIONS = Math.max(10, Number(process.env['BATPAK_RUNS'] ?? 0))
const SEED = Number(process.env['BATPAK_SEED'] ?? 20_261_125)
const PER_GENERATION_MS = 3000

interface Kill {
  /** After so many lines of the child, unless it dies before at `point`. */
  readonly afterLines: number
  readonly point?: InjectionPoint['at']
}

describe('a killed writer', { timeout: GENERATIONS * PER_GENERATION_MS }, () => {
  it.each([1, 1000])(
    'loses nothing that it acknowledged, over many generations (L-DUR), cadence %i',
    async (cadence) => {
      const dataDir = freshDir()
      const ledger = new KillLedger()
      for (let generation = 0; generation < GENERATIONS; generation += 1) {
        const seed = SEED + generation * 7919
        const afterLines = 1 + ((seed * 31) % 120)
        await writeUntilKilled(ledger, dataDir, cadence, seed, { afterLines })
        checkDirectory(ledger, dataDir, `seed ${SEED}, generation ${generation}`)
      }
      expect(ledger.present.size).toBeGreaterThan(GENERATIONS * 5)
    },
  )

  const points = [
    'BatchStart',
    'BatchBeginWritten',
    'BatchItemWritten',
    'BatchItemsComplete',
    'BatchCommitWritten',
    'BatchFsync',
    'BatchPrePublish',
    'SingleAppendStart',
    'SingleAppendWritten',
    'SingleAppendPublished',
    'SegmentRotation',
  ] as const satisfies readonly InjectionPoint['at'][]

  it('loses nothing when it dies at any of the eleven points', async () => {
    const dataDir = freshDir()
    const ledger = new KillLedger()
    for (const [i, point] of points.entries()) {
      const signal = await writeUntilKilled(ledger, dataDir, 1000, SEED + i, {
        afterLines: 5000,
        point,
      })
      expect(signal, `${point} was reached`).toBe('itself')
      checkDirectory(ledger, dataDir, `seed ${SEED}, ${point}`)
    }
  })
})

/** Runs a child in `dataDir`, tells the ledger what it says, and kills it; returns who did. */
async function writeUntilKilled(
  ledger: KillLedger,
  dataDir: string,
  cadence: number,
  seed: number,
  { afterLines, point }: Kill,
): Promise<'itself' | 'us'> {
  const args = [
    dataDir,
    String(cadence),
    String(seed),
    ...(point === undefined ? [] : [point, '3']),
  ]
  const child = spawn(process.execPath, ['--no-warnings', CHILD, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  let lines = 0
  for await (const line of createInterface({ input: child.stdout })) {
    ledger.tell(JSON.parse(line) as Line)
    lines += 1
    // What it has said and done until the signal strikes is still read: the pipe outlives it.
    if (lines === afterLines) child.kill('SIGKILL')
  }
  const [code, signal] = (await exited) as [number | null, string | null]
  expect({ code, signal }).toEqual({ code: null, signal: 'SIGKILL' })
  return lines < afterLines ? 'itself' : 'us'
}

function checkDirectory(ledger: KillLedger, dataDir: string, what: string): void {
  const store = Store.open({ dataDir })
  const rows = [...store.events({ scope: 'kill' })].map((event) => ({
    token: Written.decode(event).token,
    event,
  }))
  const tokens = new Set(rows.map(({ token }) => token))
  expect(tokens.size, `${what}: no event twice`).toBe(rows.length)
  expect(ledger.settle(tokens), what).toEqual([])
  for (const { token, event } of rows) {
    const receipt = ledger.present.get(token)
    if (receipt === undefined) continue
    expect(receipt.sequence, `${what}: sequence of ${token}`).toBe(event.sequence)
    const verdict = store.verify(receipt, { strictDiskPosition: true })
    expect(verdict, `${what}: receipt of ${token}`).toEqual({ outcome: 'unsigned_accepted' })
  }
  if (tokens.size % 2 === 0) abandon(store)
  else store.close()
  const steps: VerifyStep[] = [...verifyDirectory(nodePlatform().fs, dataDir, { level: 'full' })]
  const worse = steps.filter((step) => step.type === 'finding' && step.finding.severity !== 'note')
  expect(worse, `${what}: the full check`).toEqual([])
}
