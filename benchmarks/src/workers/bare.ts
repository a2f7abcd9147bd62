/**
 * The floor: positional writes of as many bytes as one frame has, and nothing else (`page`), or each
 * with an fdatasync (`durable`).
 * Usage: node bare.js page|durable DIR N
 */
import { closeSync, fdatasyncSync, mkdirSync, openSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { WARM_UP, WARM_UP_SYNCED } from './payload.ts'

const FRAME_BYTES = 712
const [kind = '', dir = '', count = '0'] = process.argv.slice(2)
const durable = kind === 'durable'
const n = Number(count)
mkdirSync(dir, { recursive: true })
const fd = openSync(join(dir, 'bare'), 'w')
const frame = Buffer.alloc(FRAME_BYTES, 7)
let offset = 0
function run(writes: number): void {
  for (let i = 0; i < writes; i += 1) {
    writeSync(fd, frame, 0, FRAME_BYTES, offset)
    offset += FRAME_BYTES
    if (durable) fdatasyncSync(fd)
  }
}
run(durable ? WARM_UP_SYNCED : WARM_UP)
const start = process.hrtime.bigint()
run(n)
const value = Number(process.hrtime.bigint() - start) / 1000 / n
process.stdout.write(`${JSON.stringify({ value })}\n`)
closeSync(fd)
