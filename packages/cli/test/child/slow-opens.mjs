// Preloaded: opening a segment takes its time, as on a slow disk, so that a signal comes in between.
import fs from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'

const { openSync } = fs
const clock = new Int32Array(new SharedArrayBuffer(4))
fs.openSync = (path, ...rest) => {
  if (String(path).endsWith('.fbat')) Atomics.wait(clock, 0, 0, 10)
  return openSync(path, ...rest)
}
syncBuiltinESMExports()
