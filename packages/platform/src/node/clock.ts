import type { Clock } from '../backend.ts'

/** The real-time clock of the system, and the process-wide monotonic anchor. */
export function systemClock(): Clock {
  const { monoNs, wallNs } = processAnchor()
  return {
    nowUs: () => wallMs() * 1000,
    nowWallNs: () => BigInt(wallMs()) * 1_000_000n,
    nowMonoNs: () => process.hrtime.bigint() - monoNs,
    processBootNs: wallNs,
  }
}

interface Anchor {
  readonly monoNs: bigint
  readonly wallNs: bigint
}

// Under a global symbol, so that two copies of this package in one process agree on what "equal
// markers" means. A worker thread has its own global object and is another process to the clock.
const anchorSymbol = Symbol.for('batpak.processClockAnchor')

function processAnchor(): Anchor {
  const holder = globalThis as { [anchorSymbol]?: Anchor }
  holder[anchorSymbol] ??= Object.freeze({
    monoNs: process.hrtime.bigint(),
    wallNs: BigInt(wallMs()) * 1_000_000n,
  })
  return holder[anchorSymbol]
}

// `Date` follows clock steps, which performance.timeOrigin does not. Before 1970 reads as 0.
function wallMs(): number {
  return Math.max(0, Date.now())
}
