/**
 * Per entity: does every event carry the next clock and the hash of its predecessor?
 *
 * The predecessor is the entity's last event, or the last one that is visible: events of a cancelled
 * fence are passed over by what follows (W-91). batpak 0.8.0 also begins an entity anew around
 * fences (disk format 3.6), after which it may go on from either branch.
 */
import { equalBytes, isZero } from '../event/hash.ts'
import type { FrameHead } from '../segment/frame-head.ts'
import type { FindingCode } from './finding.ts'

interface Head {
  readonly clock: number
  readonly hash: Uint8Array
}

interface Chain {
  /** The last event in file order. */
  last: Head
  /** The last visible one. */
  visible: Head | undefined
  /** Ends of branches that a restart left. */
  readonly left: Head[]
}

export interface ChainDefect {
  readonly code: FindingCode
  readonly message: string
}

export class ChainCheck {
  readonly #chains = new Map<string, Chain>()

  /** Call it for every committed event in file order. */
  check(event: FrameHead, isVisible: boolean): ChainDefect | undefined {
    const chain = this.#chains.get(event.entity)
    const head: Head = { clock: event.clock, hash: event.eventHash.slice() }
    if (chain === undefined) {
      this.#chains.set(event.entity, {
        last: head,
        visible: isVisible ? head : undefined,
        left: [],
      })
      return firstDefect(event)
    }
    const defect = restarts(event) ? restart(chain) : linkDefect(event, chain)
    chain.last = head
    if (isVisible) chain.visible = head
    return defect
  }
}

function restarts(event: FrameHead): boolean {
  return event.clock === 0 && isZero(event.prevHash)
}

function firstDefect(event: FrameHead): ChainDefect | undefined {
  if (restarts(event)) return undefined
  if (event.clock === 0) {
    const message = 'the first event of its entity names a predecessor'
    return { code: 'ChainBroken', message }
  }
  const message = `the entity begins with clock ${event.clock}: ${gapText(0, event.clock)}`
  return { code: 'ChainGap', message }
}

function restart(chain: Chain): ChainDefect {
  const { clock } = chain.last
  chain.left.push(chain.last)
  if (chain.visible !== undefined && chain.visible !== chain.last) chain.left.push(chain.visible)
  const message = `the entity begins anew behind clock ${clock}, as batpak 0.8.0 writes it around fences`
  return { code: 'ChainRestart', message }
}

function linkDefect(event: FrameHead, chain: Chain): ChainDefect | undefined {
  const { last, visible, left } = chain
  const continues = (head: Head | undefined): boolean =>
    head !== undefined && head.clock + 1 === event.clock && equalBytes(head.hash, event.prevHash)
  if (continues(last) || continues(visible) || left.some(continues)) return undefined
  const { clock } = event
  if (clock > last.clock + 1) {
    return { code: 'ChainGap', message: gapText(last.clock + 1, clock) }
  }
  const message =
    clock === last.clock + 1
      ? `prev_hash is not the hash of the event with clock ${last.clock}`
      : `clock ${clock} follows clock ${last.clock}, and prev_hash leads to no event before it`
  return { code: 'ChainBroken', message }
}

function gapText(from: number, to: number): string {
  const clocks = to === from + 1 ? `clock ${from} is` : `clocks ${from} to ${to - 1} are`
  return `${clocks} missing: dropped by a compaction that retains, or lost`
}
