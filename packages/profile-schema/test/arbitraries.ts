/** Generators of evidence: of any kind, and of the kind that does not contradict itself. */
import fc from 'fast-check'
import type { MmapEvidence, PlatformEvidence, StorePathStatus } from '../src/evidence.ts'

/** Any text with a UTF-8 form; half of its characters are those that JSON treats specially. */
export const wellFormedText: fc.Arbitrary<string> = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '"',
        '\\',
        '/',
        '\b',
        '\f',
        '\n',
        '\r',
        '\t',
        '\0',
        '\u001f',
        '\u007f',
        '\u2028',
      ),
      fc.integer({ min: 0, max: 0x10ffff - 0x800 }).map((code) => {
        return String.fromCodePoint(code < 0xd800 ? code : code + 0x800)
      }),
      fc.integer({ min: 0, max: 0x7f }).map((code) => String.fromCodePoint(code)),
    ),
    { maxLength: 12 },
  )
  .map((characters) => characters.join(''))

const mmap = fc.constantFrom<MmapEvidence>(
  'FileBacked',
  'Unknown',
  'ObservedUnsupported',
  'ProbeFailed',
)

const pathStatus: fc.Arbitrary<StorePathStatus> = fc.oneof(
  fc.constantFrom<StorePathStatus>(
    'ObservedDirectory',
    'UnknownMissing',
    'ObservedUnsupportedNotDirectory',
  ),
  wellFormedText.map((reason): StorePathStatus => ({ ProbeFailed: { reason } })),
)

export const anyEvidence: fc.Arbitrary<PlatformEvidence> = fc.record({
  host: fc.record({
    processClockEpochMarkerNs: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
    monotonicClock: fc.constantFrom('ProcessLocalInstantAnchor', 'Unknown', 'ProbeFailed'),
  }),
  storePath: fc.record({
    pathStatus,
    parentDirSync: fc.constantFrom('UnixFsync', 'RenameOnly', 'Unknown', 'ProbeFailed'),
    lockLeafSymlinkProtection: fc.constantFrom(
      'AtomicNoFollow',
      'BestEffortCheckThenOpen',
      'Unknown',
      'ObservedUnsupported',
      'ProbeFailed',
    ),
    mmapIndex: mmap,
    sealedSegmentMmap: mmap,
    activeSegmentRead: fc.constantFrom('UnixReadAt', 'LockedSeekRead', 'Unknown', 'ProbeFailed'),
  }),
})

/** Evidence a probe could have collected: what it says of mapping fits what it says of the path. */
export const consistentEvidence: fc.Arbitrary<PlatformEvidence> = anyEvidence.map((evidence) => {
  const found = mmapOf(evidence.storePath.pathStatus)
  if (found === undefined) return evidence
  const storePath = { ...evidence.storePath, mmapIndex: found, sealedSegmentMmap: found }
  return { ...evidence, storePath }
})

function mmapOf(status: StorePathStatus): MmapEvidence | undefined {
  if (status === 'ObservedDirectory') return undefined
  if (status === 'UnknownMissing') return 'Unknown'
  return status === 'ObservedUnsupportedNotDirectory' ? 'ObservedUnsupported' : 'ProbeFailed'
}
