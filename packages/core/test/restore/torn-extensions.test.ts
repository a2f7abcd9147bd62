/** A last frame whose receipt extensions end in zeros is no torn frame. */
import { expect, it } from 'vitest'
import { isStoreError } from '../../src/index.ts'
import { frameOffsets } from '../support/raw-segment.ts'
import { AT, KIND, killedStore, observe, put, segment } from '../support/recovery.ts'

it('one flipped bit in a durable event with zeros at its end is refused, never cut off (R-171)', () => {
  const dir = killedStore(1, (store) => {
    const extensions = new Map([['acme.pad', new Uint8Array(40)]])
    store.appendBytes(AT, KIND, Uint8Array.of(0x81, 0xa1, 0x6e, 5), {
      extensions,
      until: 'durable',
    })
  })
  const bytes = segment(dir)
  const accepted: number[] = []
  for (let bit = frameOffsets(bytes).at(-1)! * 8; bit < bytes.length * 8; bit += 3) {
    const damaged = Buffer.from(bytes)
    damaged[bit >> 3]! ^= 1 << (bit & 7)
    put(dir, damaged)
    try {
      observe(dir, 'openUnlocked')
      accepted.push(bit)
    } catch (error) {
      if (!isStoreError(error)) throw error
    }
  }
  expect(accepted).toEqual([])
})
