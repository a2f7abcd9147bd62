// What this implementation sees in a directory, in the form of the driver's dump.

import { cpSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

import { core } from './packages.mjs'

/** Fields of a dumped row that both sides must agree on. */
const FIELDS = [
  'globalSequence',
  'eventId',
  'correlationId',
  'causationId',
  'entity',
  'scope',
  'kind',
  'wallMs',
  'clock',
  'lane',
  'depth',
  'prevHash',
  'eventHash',
  'segmentId',
  'offset',
  'length',
  'extensions',
  'timestampUs',
  'flags',
  'contentHash',
  'payload',
]

/** The rows of a driver dump, reduced to what is compared. */
export function rowsOf(dump) {
  if (dump.error) throw new Error(`the reference refused: ${JSON.stringify(dump.error)}`)
  return dump.rows.map((row) => Object.fromEntries(FIELDS.map((name) => [name, row[name]])))
}

/** The rows of `dir` as a read-only open of this implementation sees them. */
export function view(dir, options = {}) {
  const store = core.Store.openReadOnly({ dataDir: dir, ...options })
  try {
    return [...store.events()].map(rowOf)
  } finally {
    store.close()
  }
}

/** Event ids from the newest event of each entity along its hash chain. */
export function chains(dir) {
  const store = core.Store.openReadOnly({ dataDir: dir })
  try {
    const newest = new Map()
    for (const entry of store.entries()) newest.set(entry.entity, entry.eventId)
    const walk = (id) => [...store.ancestors(id)].map((event) => event.eventId)
    return Object.fromEntries([...newest].map(([entity, id]) => [entity, walk(id)]))
  } finally {
    store.close()
  }
}

function rowOf(event) {
  return {
    globalSequence: event.sequence,
    eventId: event.eventId,
    correlationId: event.correlationId,
    causationId: event.causationId ?? null,
    entity: event.entity,
    scope: event.scope,
    kind: event.kind,
    wallMs: event.wallMs,
    clock: event.clock,
    lane: event.lane,
    depth: event.depth,
    prevHash: hex(event.prevHash),
    eventHash: hex(event.eventHash),
    segmentId: event.diskPos.segmentId,
    offset: event.diskPos.offset,
    length: event.diskPos.length,
    extensions: Object.fromEntries([...event.extensions].map(([key, bytes]) => [key, hex(bytes)])),
    timestampUs: event.timestampUs,
    flags: event.flags,
    contentHash: hex(event.contentHash),
    payload: hex(event.payloadBytes),
  }
}

function hex(bytes) {
  return Buffer.from(bytes).toString('hex')
}

/** Calls `use` with a new directory that is removed afterwards. */
export async function withDirectory(use) {
  const parent = mkdtempSync(join(tmpdir(), 'batpak-interop-'))
  try {
    return await use(join(parent, 'store'))
  } finally {
    rmSync(parent, { recursive: true, force: true })
  }
}

/** A copy of `dir` beside it, as a crash or a backup would find it. */
export function copyOf(dir, name = 'copy') {
  const copy = `${dir}-${name}`
  rmSync(copy, { recursive: true, force: true })
  cpSync(dir, copy, { recursive: true })
  return copy
}

export const writerScript = fileURLToPath(new URL('writer.mjs', import.meta.url))
