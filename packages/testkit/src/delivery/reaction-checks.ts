/** What must hold of the calls of a reactor and of what it has written. */
import { Kind, type EventId, type ReadOnlyStore, type Region, type StoredEvent } from '@batpak/core'
import type { Reaction } from '@batpak/core/delivery'
import { breach, type Breach } from '../core/law.ts'
import type { Call } from './reactor-life.ts'

/** An event that a reactor wrote, without what differs from run to run. */
export type Written = string

/** Every bound event of the region was handled, nothing else, each attempt in commit order. */
export function checkCalls(
  store: ReadOnlyStore,
  region: Region,
  reactions: readonly Reaction[],
  calls: readonly Call[],
): Breach | undefined {
  const kinds = new Set<number | 'any'>(reactions.map(({ kind }) => kind))
  const handled = new Set(calls.map(({ sequence }) => sequence))
  const wanted = [...store.entries(region)]
    .filter(({ kind }) => kinds.has(kind) || kinds.has('any'))
    // A close records itself when nobody reacts any more.
    .filter(({ kind, sequence }) => kind !== Kind.SYSTEM_CLOSE_COMPLETED || handled.has(sequence))
    .map(({ sequence }) => sequence)
  const missed = wanted.filter((sequence) => !handled.has(sequence))
  if (missed.length > 0) return breach('L-DELIVER', 'events were not handled', [], missed)
  const foreign = [...handled].filter((sequence) => !wanted.includes(sequence))
  if (foreign.length > 0) return breach('L-DELIVER', 'other events were handled', [], foreign)
  for (const [i, call] of calls.entries()) {
    const before = calls[i - 1]
    if (before?.life !== call.life || before.attempt !== call.attempt) continue
    if (before.sequence < call.sequence) continue
    const order = [before.sequence, call.sequence]
    return breach('L-DELIVER', 'events were handled out of order', 'ascending', order)
  }
  return undefined
}

/** What was written carries the correlation of what it reacts to. */
export function checkReactions(store: ReadOnlyStore, calls: readonly Call[]): Breach | undefined {
  const triggers = new Map<EventId, StoredEvent>(calls.map(({ event }) => [event.eventId, event]))
  for (const event of store.events()) {
    const trigger = event.causationId === undefined ? undefined : triggers.get(event.causationId)
    if (trigger === undefined || trigger.correlationId === event.correlationId) continue
    const what = `the reaction ${event.sequence} to ${trigger.sequence} has another correlation`
    return breach('L-DELIVER', what, trigger.correlationId, event.correlationId)
  }
  return undefined
}

/** The events that were caused by handled ones, directly or by one of the same reaction. */
export function writtenBy(store: ReadOnlyStore, calls: readonly Call[]): readonly Written[] {
  const causes = new Map<EventId, string>()
  for (const { event } of calls) causes.set(event.eventId, labelOf(event))
  const written: Written[] = []
  for (const event of store.events()) {
    const cause = event.causationId === undefined ? undefined : causes.get(event.causationId)
    if (cause === undefined) continue
    causes.set(event.eventId, labelOf(event))
    written.push(`${labelOf(event)} <- ${cause}`)
  }
  return written
}

function labelOf({ entity, scope, kind, payloadBytes }: StoredEvent): string {
  return `${entity}@${scope} 0x${kind.toString(16)} ${Buffer.from(payloadBytes).toString('hex')}`
}
