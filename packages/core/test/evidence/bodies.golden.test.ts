/** Canonical bytes and hashes of report bodies beside those of the reference. */
import { blake3 } from '@noble/hashes/blake3.js'
import { describe, expect, it } from 'vitest'
import { bodyHash, canonicalBytes, type ReportBody } from '../../src/evidence.ts'
import { refusal, thrownBy } from '../support/api-errors.ts'
import { bodyCases, hex } from '../support/evidence-bodies.ts'

const cases = bodyCases()
const kinds = [
  'walkDigest',
  'proofRefs',
  'projectionId',
  'availableFrontierSequence',
  'dataDirIdentityHash',
  'snapshotId',
  'compactionId',
  'changeClass',
]
const bodyWith = (field: string): Record<string, unknown> =>
  structuredClone(cases.find(({ body }) => field in body)!.body) as never

describe('canonical bytes', () => {
  it.each(cases)('R-123 R-124 R-143 $name: the bytes and the hash of the reference', (known) => {
    expect(hex(canonicalBytes(known.body))).toBe(known.bytes)
    expect(hex(bodyHash(known.body))).toBe(known.hash)
    expect(hex(blake3(canonicalBytes(known.body)))).toBe(known.hash)
  })

  it('R-143 there is a case of each of the eight kinds', () => {
    expect(kinds.filter((field) => !cases.some(({ body }) => field in body))).toEqual([])
  })

  it('R-124 do not depend on the order in which findings were found, and equal ones stay', () => {
    const { body } = cases.find(({ name }) => name === 'chain walk, every finding')!
    const { findings } = body as { readonly findings: readonly unknown[] }
    const reversed = { ...body, findings: [...findings].reverse() } as ReportBody
    expect(hex(bodyHash(reversed))).toBe(hex(bodyHash(body)))
    const once = {
      ...body,
      findings: [...new Map(findings.map((f) => [JSON.stringify(f), f])).values()],
    }
    expect(hex(bodyHash(once as ReportBody))).not.toBe(hex(bodyHash(body)))
  })

  it('R-123 do not depend on the order of the properties, and a copy is the same body', () => {
    for (const { body, hash } of cases) {
      const turned = Object.fromEntries(Object.entries(body).reverse())
      expect(hex(bodyHash(turned as never))).toBe(hash)
      expect(hex(bodyHash(structuredClone(body)))).toBe(hash)
    }
  })

  it('leave the body as it was', () => {
    const { body } = cases.find(({ name }) => name === 'chain walk, every finding')!
    const before = structuredClone(body)
    canonicalBytes(body)
    expect(body).toEqual(before)
  })
})

describe('what cannot be encoded', () => {
  it.each([3, null, undefined, [], {}, 'body'])(
    'a body that is none is a TypeError: %o',
    (value) => {
      expect(() => canonicalBytes(value as never)).toThrow(TypeError)
      expect(() => bodyHash(value as never)).toThrow(/bodyHash: expected the body of a report/)
    },
  )

  it.each<readonly [string, Record<string, unknown>, string]>([
    ['walkDigest', { checkedCount: -1 }, 'checkedCount must be an integer of 0'],
    ['walkDigest', { checkedCount: 0.5 }, 'checkedCount must be an integer'],
    ['walkDigest', { checkedCount: 2 ** 53 }, 'checkedCount must be an integer'],
    ['walkDigest', { schemaVersion: 65536 }, 'schemaVersion must be an integer of 0 to 65535'],
    ['walkDigest', { firstRef: 'ABC' }, 'firstRef must be an id of 32 lower-case hex digits'],
    ['walkDigest', { walkDigest: new Uint8Array(31) }, 'walkDigest must be a Uint8Array of 32'],
    ['walkDigest', { mode: 'linear' }, 'mode must be one of Linear, got "linear"'],
    ['walkDigest', { findings: {} }, 'findings must be an array, got object'],
    ['walkDigest', { findings: [null] }, 'findings[0] must have a kind of'],
    ['walkDigest', { findings: [{ kind: 'Odd' }] }, 'findings[0] must have a kind of'],
    [
      'walkDigest',
      { findings: [{ kind: 'MissingStart', eventId: 'x' }] },
      'findings[0].eventId must be an id',
    ],
    [
      'walkDigest',
      { findings: [{ kind: 'InvalidLimit', limit: 0, more: 1 }] },
      'findings[0] has a field that the format does not have: more',
    ],
    ['walkDigest', { note: 'x' }, 'body has a field that the format does not have: note'],
    ['walkDigest', { checkedCount: undefined }, 'checkedCount must be an integer'],
    ['changeClass', { stableId: 5 }, 'stableId must be a string, got 5'],
    ['changeClass', { stableId: '\ud800' }, 'lone surrogate'],
    ['changeClass', { findings: [{ kind: 'StableIdMismatch', x: 1 }] }, 'findings[0] has a field'],
    ['snapshotId', { copiedVisibilityRangesPresent: 1 }, 'must be a boolean, got 1'],
    ['snapshotId', { fenceToken: 3 }, 'fenceToken must be an object, got number'],
    ['proofRefs', { proofRefs: { kind: 'Known', refs: 3 } }, 'proofRefs.refs must be an array'],
    ['dataDirIdentityHash', { openReport: 3 }, 'openReport must be an object'],
  ])('R-127 %s with %o is BodyEncoding', (field, change, says) => {
    const body = { ...bodyWith(field), ...change } as unknown as ReportBody
    const error = refusal('BodyEncoding', () => bodyHash(body))
    expect(error.reason).toContain(says)
    expect(thrownBy(() => canonicalBytes(body))).toMatchObject({ reason: error.reason })
  })
})
