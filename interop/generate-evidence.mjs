// Writes fixtures/evidence/bodies.json: bodies of reports with the bytes and hashes that the reference
// gives them, so that core's own tests need no reference.

import { mkdirSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

import { recode } from './driver.mjs'
import { BODIES } from './evidence-bodies.mjs'
import { evidence } from './packages.mjs'

const hex = (bytes) => Buffer.from(bytes).toString('hex')
const theirs = recode(
  BODIES.map(({ kind, body }) => ({ kind, bytes: hex(evidence.canonicalBytes(body)) })),
)
const cases = BODIES.map(({ name, body }, i) => {
  const { bytes, hash } = theirs[i]
  return { name, body: marked(body), bytes, hash }
})
const folder = fileURLToPath(new URL('../fixtures/evidence/', import.meta.url))
mkdirSync(folder, { recursive: true })
writeFileSync(`${folder}bodies.json`, `${JSON.stringify(cases, undefined, 1)}\n`)

/** JSON has no bytes, maps and large integers: they stand under a key of their own. */
function marked(value) {
  if (value instanceof Uint8Array) return { $bytes: hex(value) }
  if (value instanceof Map) return { $map: [...value] }
  if (typeof value === 'bigint') return { $bigint: `${value}` }
  if (Array.isArray(value)) return value.map(marked)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([key, part]) => [key, marked(part)]))
}
