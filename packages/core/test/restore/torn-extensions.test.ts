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

it('a torn frame is cut off whatever its payload is, in linear time (R-171, W-168)', () => {
  const payloads: Record<string, (i: number) => number> = {
    noise: (i) => (Math.imul(i ^ (i >>> 3), 2_654_435_761) >>> 11) & 0xff,
    'list headers': () => 0xdc,
    zeros: () => 0,
  }
  for (const [what, byte] of Object.entries(payloads)) {
    for (const size of [16 * 1024, 1024 * 1024]) {
      let start = 0
      const dir = killedStore(1, (store) => {
        const payload = Uint8Array.from({ length: size }, (_, i) => byte(i))
        start = store.appendBytes(AT, KIND, payload).diskPos.offset
      })
      const torn = Buffer.from(segment(dir))
      torn.fill(0, Math.ceil(torn.length / 4096 - 1) * 4096 - 4096)
      put(dir, torn)
      const { healed, rows } = observe(dir, 'openUnlocked')
      expect(healed, `${size} bytes of ${what}`).toMatchObject([
        { reason: 'TornTail', offset: start },
      ])
      expect(rows).toHaveLength(2)
    }
  }
})

it('a frame that begins anywhere around a megabyte behind damage is found (R-171)', () => {
  const dir = killedStore(0, (store) => {
    store.appendBytes(AT, KIND, Uint8Array.of(0xc0))
  })
  const bytes = segment(dir)
  const damagedAt = frameOffsets(bytes).at(-1)!
  const intact = bytes.subarray(damagedAt)
  // The search begins one byte behind the damage and goes on in pieces of a megabyte.
  for (let distance = (1 << 20) - 20; distance <= (1 << 20) + 20; distance += 1) {
    put(dir, Buffer.concat([bytes.subarray(0, damagedAt), Buffer.alloc(distance, 0x7f), intact]))
    expect(() => observe(dir, 'openUnlocked'), `at ${distance}`).toThrow(
      expect.objectContaining({ code: 'CorruptFrame', offset: damagedAt }),
    )
  }
})
