/** The laws, asked of a store that was recovered. */
import type { Store } from '@batpak/core'
import { breach, messageOf, type Breach, type LawId } from '../core/law.ts'
import type { Attempt } from '../core/ledger.ts'
import { anyContentOf, isLifecycle, labelOf, rowsOf, type Content, type Row } from '../core/told.ts'
import type { World } from './world.ts'

export type Tally = (law: LawId) => void

type Check = (rows: readonly Row[], world: World) => Breach | undefined

const CHECKS: readonly (readonly [LawId, Check])[] = [
  ['L-DUR', requiredIsThere],
  ['L-HIDE', hiddenStaysHidden],
  ['L-SEQ', knownIsUnchanged],
  ['L-GHOST', nothingElseIsThere],
  ['L-ATOM', batchesAreWhole],
  ['L-ORDER', chainsAreWhole],
]

/** Everything a store shows, or the first law that it breaks. */
export function judge(
  store: Pick<Store, 'entries' | 'get' | 'verify'>,
  world: World,
  tally: Tally,
): { readonly rows: readonly Row[] } | Breach {
  let rows: readonly Row[]
  try {
    rows = rowsOf(store)
  } catch (error) {
    const what = `a visible event cannot be read: ${messageOf(error)}`
    return breach('L-READ', what, 'its payload', messageOf(error))
  }
  for (const [law, check] of CHECKS) {
    tally(law)
    const found = check(rows, world)
    if (found !== undefined) return found
  }
  tally('L-READ')
  return receiptsFail(store, rows, world) ?? { rows }
}

/** Every receipt of an event that is there still verifies. */
function receiptsFail(
  store: Pick<Store, 'verify'>,
  rows: readonly Row[],
  { receipts }: World,
): Breach | undefined {
  const there = new Set(rows.map(({ eventId }) => eventId))
  for (const receipt of receipts) {
    if (!there.has(receipt.eventId)) continue
    const result = store.verify(receipt)
    if (result.outcome !== 'invalid') continue
    const { clock, coordinate } = receipt
    const what = `the receipt of ${labelOf({ entity: coordinate.entity, clock })} does not verify`
    return breach('L-READ', what, 'a valid receipt', result.reason)
  }
  return undefined
}

function requiredIsThere(rows: readonly Row[], { required }: World): Breach | undefined {
  const there = new Set(rows.map(({ eventId }) => eventId))
  for (const told of required.values()) {
    if (there.has(told.eventId)) continue
    return breach(
      'L-DUR',
      `event ${labelOf(told)} was durable and is gone`,
      labelOf(told),
      names(rows),
    )
  }
  return undefined
}

function knownIsUnchanged(rows: readonly Row[], { known }: World): Breach | undefined {
  for (const row of rows) {
    const told = known.get(row.eventId)
    if (told === undefined) continue
    const content = told.content?.endsWith('(any payload)') === true ? row.content : told.content
    const expected = { ...told, content: content ?? row.content }
    if (isEqual(expected, row)) continue
    return breach('L-SEQ', `event ${labelOf(told)} is not what was told of it`, expected, row)
  }
  return undefined
}

function isEqual(told: Row, row: Row): boolean {
  const keys = (Object.keys(row) as (keyof Row)[]).filter((key) => key !== 'place')
  return keys.every((key) => told[key] === row[key])
}

function hiddenStaysHidden(rows: readonly Row[], { hidden, known }: World): Breach | undefined {
  const seen = rows.find((row) => hidden.has(row.content) && !known.has(row.eventId))
  if (seen === undefined) return undefined
  return breach(
    'L-HIDE',
    `event ${labelOf(seen)} of a cancelled fence is visible`,
    'hidden',
    names(rows),
  )
}

function nothingElseIsThere(rows: readonly Row[], world: World): Breach | undefined {
  const back = rows.find(({ eventId }) => world.gone.has(eventId))
  if (back !== undefined) {
    return breach('L-GHOST', `event ${labelOf(back)} was lost and came back`, 'gone', names(rows))
  }
  const offered = new Map<Content, number>()
  for (const content of world.attempts.flatMap(({ contents }) => contents)) {
    offered.set(content, (offered.get(content) ?? 0) + 1)
  }
  for (const row of strangers(rows, world)) {
    const content = [row.content, anyContentOf(row)].find((it) => (offered.get(it) ?? 0) > 0)
    if (content === undefined) {
      return breach('L-GHOST', `event ${labelOf(row)} was never written`, 'nothing', names(rows))
    }
    offered.set(content, offered.get(content)! - 1)
  }
  return undefined
}

/** Events that nobody was told of. */
function strangers(rows: readonly Row[], { known }: World): readonly Row[] {
  return rows.filter((row) => !known.has(row.eventId) && !isLifecycle(row))
}

function batchesAreWhole(rows: readonly Row[], world: World): Breach | undefined {
  const found = strangers(rows, world)
  for (const attempt of world.attempts) {
    const { contents, call } = attempt
    if (contents.length < 2 || !isDistinct(attempt, world.attempts)) continue
    const places = contents.map((content) => found.findIndex((row) => row.content === content))
    const whole = places.every((place, i) => place >= 0 && place === places[0]! + i)
    if (whole || places.every((place) => place < 0)) continue
    return breach('L-ATOM', `a part of a ${call} is visible`, 'all or none, in order', names(rows))
  }
  return undefined
}

/** Whether what the attempt wrote can be told from what others wrote. */
function isDistinct({ contents }: Attempt, attempts: readonly Attempt[]): boolean {
  const all = attempts.flatMap((attempt) => attempt.contents)
  return contents.every((content) => all.indexOf(content) === all.lastIndexOf(content))
}

const GENESIS = '0'.repeat(64)

function chainsAreWhole(rows: readonly Row[]): Breach | undefined {
  const heads = new Map<string, Row>()
  let before: Row | undefined
  for (const row of rows) {
    if (before !== undefined && before.sequence >= row.sequence) {
      return breach('L-ORDER', 'sequences do not rise', `above ${before.sequence}`, row.sequence)
    }
    if (before !== undefined && before.wallMs > row.wallMs) {
      return breach('L-ORDER', `wall time falls at ${labelOf(row)}`, before.wallMs, row.wallMs)
    }
    const head = heads.get(row.entity)
    const clock = head === undefined ? 0 : head.clock + 1
    if (row.clock !== clock) {
      return breach('L-ORDER', `a clock of ${row.entity} is missing`, clock, row.clock)
    }
    if (row.prevHash !== (head?.eventHash ?? GENESIS)) {
      return breach(
        'L-ORDER',
        `the hash chain breaks at ${labelOf(row)}`,
        head?.eventHash,
        row.prevHash,
      )
    }
    heads.set(row.entity, row)
    before = row
  }
  return undefined
}

/** The events of a store, as messages list them. */
function names(rows: readonly Row[]): string {
  return rows
    .filter((row) => !isLifecycle(row))
    .map((row) => `${labelOf(row)}@${row.sequence}`)
    .join(' ')
}
