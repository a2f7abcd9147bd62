/** A last frame whose receipt extensions end in zeros is no torn frame. */
import { it } from 'vitest'
import { KIND, AT, expectRefusal, killedStore, put, segment } from '../support/recovery.ts'

it('damage to a durable event with zeros at its end is refused, not cut off (R-171)', () => {
  const dir = killedStore(2, (store) => {
    const extensions = new Map([['acme.pad', new Uint8Array(32)]])
    store.appendBytes(AT, KIND, Uint8Array.of(0x81, 0xa1, 0x6e, 5), {
      extensions,
      until: 'durable',
    })
  })
  const bytes = Buffer.from(segment(dir))
  const payload = bytes.lastIndexOf(Buffer.from('payload')) + 'payload'.length
  bytes[payload + 2]! ^= 1
  put(dir, bytes)
  expectRefusal(dir, { code: 'CrcMismatch', segmentId: 1 })
})
