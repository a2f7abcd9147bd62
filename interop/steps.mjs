// Steps of a script, in short form.

/** A product kind of both sides. */
export const KIND = 0xa001

/** Idempotency key, and so event id, number `n`: the form of a UUIDv7. */
export const key = (n) => `018bcfe5680070008000${n.toString(16).padStart(12, '0')}`

export const op = (name, more = {}) => ({ op: name, ...more })

/** An append of `{ n, note }`; `more` adds options or replaces fields. */
export const append = (n, entity, more = {}) => ({ op: 'append', ...item(n, entity, more) })

export const item = (n, entity, more = {}) => ({
  entity,
  scope: 'interop',
  kind: KIND,
  ...(more.payload === undefined ? { value: { n, note: `event ${n} of ${entity}` } } : {}),
  ...more,
})

export const batch = (items, more = {}) => ({ op: 'batch', items, ...more })

export const denial = (n, entity, more = {}) => ({
  op: 'denial',
  entity,
  scope: 'interop',
  gates: ['stock', 'credit', 'fraud'],
  deny: {
    gate: 'credit',
    code: 'LIMIT',
    message: `over the limit, ${n}`,
    context: [
      ['limit', '100'],
      ['asked', `${n}`],
    ],
  },
  proposedKind: KIND,
  proposedContentHash: 'ab'.repeat(32),
  pipelineId: `n:${n};`,
  ...more,
})

/** One process: opens, does `steps`, ends. */
export const life = (steps, end = 'close', config = {}) => [
  op('open', { config }),
  ...steps,
  op(end),
]

/** A clock that stands still, so that two programs give the same times. */
export const STILL = { startUs: 1_700_000_000_000_000, stepUs: 0 }

/** The number that the event of a row was made with. */
export function numberOf(row) {
  const bytes = Buffer.from(row.payload, 'hex')
  if (row.kind === 0xf) return Number(/n:(\d+);/.exec(bytes.toString('latin1'))?.[1])
  if (bytes.subarray(1, 3).toString('hex') !== 'a16e') return undefined
  const form = bytes[3]
  if (form < 0x80) return form
  if (form === 0xcc) return bytes[4]
  return form === 0xcd ? bytes.readUInt16BE(4) : bytes.readUInt32BE(4)
}

/** Rows that a caller wrote: all but those of opening and closing. */
export const written = (rows) => rows.filter((row) => row.kind !== 8 && row.kind !== 9)
