/** What must hold of an open store after every step: it is compared with the model. */
import type { IndexEntry, StoredEvent } from '@batpak/core'
import { checkFrontier } from './frontier-law.ts'
import { require } from './broken-law.ts'
import { labelOf, type ModelEvent, type Told } from './model-event.ts'
import { syncOutcomeOf } from './outcome.ts'
import type { KeptReceipt, World } from './world.ts'

/** How many old events and receipts are read again after a step. */
const SAMPLE = 4

/**
 * @param thorough every event is read and every receipt verified; else the new ones and a few others
 * @throws BrokenLaw
 */
export function checkStore(world: World, thorough: boolean): void {
  const { store, model } = world
  const entries = [...store.entries()]
  checkVisible(world, entries)
  const fresh = entries.filter(
    ({ sequence }) => model.events[sequence]!.told?.timestampUs === undefined,
  )
  for (const entry of entries) checkEntry(model.events[entry.sequence]!, entry)
  const again = thorough ? entries : [...fresh, ...sample(entries, model.events.length)]
  for (const { eventId, sequence } of again) {
    const read = syncOutcomeOf(() => store.get(eventId))
    const event = model.events[sequence]!
    require(read.kind === 'ok', 'L-READ', `${labelOf(event)} cannot be read`, 'the event', read)
    checkEvent(event, read.value)
  }
  checkWallTimes(model.events)
  checkHidden(world)
  checkStats(world)
  const receipts = thorough ? world.receipts : sample(world.receipts, model.events.length)
  for (const kept of receipts) checkReceiptHolds(world, kept)
  checkFrontier(world)
}

/** Every visible event once, in order, and nothing else. */
function checkVisible({ model }: World, entries: readonly IndexEntry[]): void {
  let last = -1
  const seen = new Set<number>()
  const told = new Map(
    model.events.flatMap((event) => (event.told ? [[event.told.eventId, event]] : [])),
  )
  for (const entry of entries) {
    const { sequence, eventId } = entry
    require(sequence > last, 'L-QUERY', 'entries are out of order', `more than ${last}`, sequence)
    last = sequence
    const event = model.events[sequence]
    const other = told.get(eventId)
    if (other !== undefined && other !== event && other.state === 'visible') {
      require(false, 'L-SEQ', `${labelOf(other)} has changed its sequence`, other.sequence, sequence)
    }
    const what = `${entry.entity}#${entry.clock} (sequence ${sequence}) is visible`
    require(event !==
      undefined, 'L-GHOST', `${what} and was never written`, 'no such event', 'visible')
    const secret = event.state !== 'visible'
    require(!secret, 'L-HIDE', `${what} although its fence is not published`, event.state, 'visible')
    seen.add(sequence)
  }
  for (const event of model.events) {
    if (event.state !== 'visible' || seen.has(event.sequence)) continue
    const part = model.events.some(({ batch, sequence }) => {
      return batch !== undefined && batch === event.batch && seen.has(sequence)
    })
    require(false, part ? 'L-ATOM' : 'L-DUR', `${labelOf(event)} is missing`, 'visible', 'absent')
  }
}

function checkEntry(event: ModelEvent, entry: IndexEntry): void {
  const name = labelOf(event)
  const { told } = event
  if (event.key !== undefined) same('L-IDEMP', `id of ${name}`, event.key, entry.eventId)
  if (told !== undefined) same('L-SEQ', `id of ${name}`, told.eventId, entry.eventId)
  same('L-READ', `entity of ${name}`, event.at.entity, entry.entity)
  same('L-READ', `scope of ${name}`, event.at.scope, entry.scope)
  same('L-READ', `kind of ${name}`, event.kind, entry.kind)
  same('L-READ', `lane of ${name}`, event.lane, entry.lane)
  same('L-READ', `depth of ${name}`, event.depth, entry.depth)
  same('L-ORDER', `clock of ${name}`, event.clock, entry.clock)
  const correlation = event.correlationId ?? entry.eventId
  same('L-READ', `correlation of ${name}`, correlation, entry.correlationId)
  const cause = typeof event.cause === 'object' ? event.cause.told?.eventId : event.cause
  const causeKnown = typeof event.cause !== 'object' || cause !== undefined
  if (causeKnown) same('L-READ', `causation of ${name}`, cause, entry.causationId)
  checkChain(event, entry.prevHash)
  if (told === undefined) {
    const { eventId, eventHash, prevHash, diskPos } = entry
    event.told = { eventId, eventHash, prevHash, diskPos }
  } else checkTold(name, told, entry)
  if (told?.wallMs !== undefined) same('L-ORDER', `wall time of ${name}`, told.wallMs, entry.wallMs)
  event.told!.wallMs = entry.wallMs
}

/** The hash of the predecessor, or zeros. */
export function checkChain(event: ModelEvent, prevHash: Uint8Array): void {
  const { previous } = event
  const expected = previous === undefined ? ZEROS : previous.told?.eventHash
  if (expected !== undefined) bytes('L-ORDER', `prevHash of ${labelOf(event)}`, expected, prevHash)
}

export function checkTold(
  name: string,
  told: Told,
  now: { diskPos: Told['diskPos']; prevHash: Uint8Array } & (
    { eventHash: Uint8Array } | { contentHash: Uint8Array }
  ),
): void {
  const hash = 'eventHash' in now ? now.eventHash : now.contentHash
  bytes('L-READ', `hash of ${name}`, told.eventHash, hash)
  bytes('L-ORDER', `prevHash of ${name}`, told.prevHash, now.prevHash)
  const { segmentId, offset, length } = now.diskPos
  const position = [segmentId, offset, length].join()
  const before = [told.diskPos.segmentId, told.diskPos.offset, told.diskPos.length].join()
  same('L-READ', `position of ${name}`, before, position)
}

/** The event with its payload. */
export function checkEvent(event: ModelEvent, read: StoredEvent): void {
  const name = labelOf(event)
  checkEntry(event, read)
  bytes('L-READ', `contentHash of ${name}`, read.eventHash, read.contentHash)
  if (event.payload !== undefined) {
    bytes('L-READ', `payload of ${name}`, event.payload, read.payloadBytes)
  }
  if (!event.adopted) {
    same('L-READ', `flags of ${name}`, event.flags, read.flags)
    checkExtensions(name, event.extensions, read.extensions)
  }
  const told = event.told!
  if (told.timestampUs !== undefined) {
    same('L-READ', `timestamp of ${name}`, told.timestampUs, read.timestampUs)
  }
  told.timestampUs = read.timestampUs
}

export function checkExtensions(
  name: string,
  expected: ReadonlyMap<string, Uint8Array>,
  actual: ReadonlyMap<string, Uint8Array>,
): void {
  same('L-READ', `extensions of ${name}`, [...expected.keys()].join(), [...actual.keys()].join())
  for (const [key, value] of expected) {
    bytes('L-READ', `extension ${key} of ${name}`, value, actual.get(key)!)
  }
}

/** Wall time follows the clock and never falls, over all entities and restarts (W-39). */
function checkWallTimes(events: readonly ModelEvent[]): void {
  let floor = 0
  let certain = true
  for (const event of events) {
    const { wallMs, timestampUs } = event.told ?? {}
    if (event.state !== 'visible' || wallMs === undefined || timestampUs === undefined) {
      certain = false
      continue
    }
    const expected = Math.max(floor, Math.floor(timestampUs / 1000))
    const holds = certain ? wallMs === expected : wallMs >= expected
    require(holds, 'L-ORDER', `wall time of ${labelOf(event)}`, expected, wallMs)
    floor = wallMs
    certain = true
  }
}

/** What is pending or cancelled is in no read. */
function checkHidden({ store, model }: World): void {
  for (const event of model.events) {
    const id = event.told?.eventId ?? event.key
    if (event.state === 'visible' || id === undefined) continue
    if (model.known(id)?.state === 'visible') continue
    const what = `${labelOf(event)} is found by its id although it is ${event.state}`
    require(!store.has(id), 'L-HIDE', what, 'absent', 'present')
  }
}

function checkStats({ store, model }: World): void {
  const { eventCount, globalSequence } = store.stats()
  same('L-SEQ', 'the next sequence', model.events.length, globalSequence)
  same('L-SEQ', 'the number of events, hidden ones included', model.events.length, eventCount)
}

/** A receipt is true as long as its event is visible. */
function checkReceiptHolds({ store }: World, { receipt, event }: KeptReceipt): void {
  const { outcome, ...why } = store.verify(receipt)
  const name = `the receipt of ${labelOf(event)}`
  if (event.state === 'visible') {
    require(outcome !== 'invalid', 'L-READ', `${name} does not verify`, 'accepted', {
      outcome,
      ...why,
    })
  }
}

export function same(
  law: Parameters<typeof require>[1],
  what: string,
  expected: unknown,
  actual: unknown,
): void {
  require(Object.is(expected, actual), law, what, expected ?? 'none', actual ?? 'none')
}

export function bytes(
  law: Parameters<typeof require>[1],
  what: string,
  expected: Uint8Array,
  actual: Uint8Array,
): void {
  if (Buffer.compare(expected, actual) === 0) return
  require(false, law, what, Buffer.from(expected).toString('hex'), Buffer.from(actual).toString(
    'hex',
  ))
}

const ZEROS = new Uint8Array(32)

/** A few of them, others every time. */
function sample<T>(list: readonly T[], turn: number): readonly T[] {
  if (list.length <= SAMPLE) return list
  return Array.from({ length: SAMPLE }, (_, i) => list[(turn * 7 + i * 13) % list.length]!)
}
