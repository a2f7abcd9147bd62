/**
 * One hash function per process, one JSON line on stdout: microseconds per call.
 * Usage: node hashes.js CANDIDATE BYTES
 */
import { crc32 as zlibCrc32 } from 'node:zlib'
import { blake3 as nobleBlake3 } from '@noble/hashes/blake3.js'
import { hashInto } from 'blake3-jit'
import crc32 from 'crc-32'
import { createBLAKE3 } from 'hash-wasm'

const [candidate = '', size = '0'] = process.argv.slice(2)
const data = Uint8Array.from({ length: Number(size) }, (_, i) => (i * 31) & 0xff)
const out = new Uint8Array(32)
const hashWasm = await createBLAKE3()
const candidates: Readonly<Record<string, () => number>> = {
  'blake3-jit': () => {
    hashInto(data, out)
    return out[0]!
  },
  'hash-wasm': () => hashWasm.init().update(data).digest('binary')[0]!,
  '@noble/hashes': () => nobleBlake3(data)[0]!,
  'node:zlib': () => zlibCrc32(data),
  'crc-32': () => crc32.buf(data),
}
const run = candidates[candidate]
if (run === undefined) throw new Error(`unknown candidate ${candidate}`)
const calls = Math.max(2000, Math.floor(50_000_000 / (Number(size) + 100)))
let sum = 0
for (let i = 0; i < calls / 4; i += 1) sum += run()
const start = process.hrtime.bigint()
for (let i = 0; i < calls; i += 1) sum += run()
const micros = Number(process.hrtime.bigint() - start) / 1000 / calls
process.stdout.write(`${JSON.stringify({ value: micros, sum })}\n`)
