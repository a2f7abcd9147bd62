// Reads an npm tarball: enough of the ustar format for what pnpm and npm write.
import { gunzipSync } from 'node:zlib'

/** Files by path inside the package (without `package/`), each with its data and mode bits. */
export function readTarball(bytes) {
  const tar = gunzipSync(bytes)
  const entries = new Map()
  let longName = ''
  for (let at = 0; at + 512 <= tar.length && tar[at] !== 0;) {
    const header = tar.subarray(at, at + 512)
    const field = (start, length) =>
      header
        .subarray(start, start + length)
        .toString('utf8')
        .replace(/\0[^]*$/, '')
        .trim()
    const size = Number.parseInt(field(124, 12), 8)
    const type = field(156, 1)
    const data = tar.subarray(at + 512, at + 512 + size)
    if (type === 'x') longName = /^\d+ path=(.*)$/m.exec(data.toString('utf8'))?.[1] ?? ''
    else if (type === '0' || type === '') {
      const name = longName || [field(345, 155), field(0, 100)].filter(Boolean).join('/')
      entries.set(name.replace(/^package\//, ''), { data, mode: Number.parseInt(field(100, 8), 8) })
      longName = ''
    }
    at += 512 + Math.ceil(size / 512) * 512
  }
  return entries
}
