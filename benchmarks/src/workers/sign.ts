/**
 * Ed25519 over as many bytes as a receipt's cover has, and nothing else.
 * Usage: node sign.js N
 */
import { generateKeyPairSync, sign } from 'node:crypto'

const COVER_BYTES = 200
const n = Number(process.argv[2] ?? '0')
const { privateKey } = generateKeyPairSync('ed25519')
const cover = Buffer.alloc(COVER_BYTES, 7)
let sum = 0
const run = (calls: number): void => {
  for (let i = 0; i < calls; i += 1) sum += sign(null, cover, privateKey)[0]!
}
run(2000)
const start = process.hrtime.bigint()
run(n)
const value = Number(process.hrtime.bigint() - start) / 1000 / n
process.stdout.write(`${JSON.stringify({ value, sum })}\n`)
