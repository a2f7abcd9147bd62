/** Hosts and profiles the tests start from. Written out by hand, so that no test proves itself. */
import { crc32 } from 'node:zlib'
import type { PlatformEvidence, StorePathEvidence } from '../src/evidence.ts'
import type { PlatformProfile, ProfileBody } from '../src/index.ts'

export const unixEvidence: PlatformEvidence = deepFreeze({
  host: {
    processClockEpochMarkerNs: 1_795_415_804_988_002_784n,
    monotonicClock: 'ProcessLocalInstantAnchor',
  },
  storePath: {
    pathStatus: 'ObservedDirectory',
    parentDirSync: 'UnixFsync',
    lockLeafSymlinkProtection: 'AtomicNoFollow',
    mmapIndex: 'FileBacked',
    sealedSegmentMmap: 'FileBacked',
    activeSegmentRead: 'UnixReadAt',
  },
})

export function evidenceWith(storePath: Partial<StorePathEvidence>): PlatformEvidence {
  return deepFreeze({
    host: unixEvidence.host,
    storePath: { ...unixEvidence.storePath, ...storePath },
  })
}

export const unixProfile: PlatformProfile = deepFreeze({
  schema_version: 1,
  host: { monotonic_clock: 'ProcessLocalInstantAnchor' },
  store_path: {
    path_status: 'ObservedDirectory',
    parent_dir_sync: 'UnixFsync',
    lock_leaf_symlink_protection: 'AtomicNoFollow',
    mmap_index: 'FileBacked',
    sealed_segment_mmap: 'FileBacked',
    active_segment_read: 'UnixReadAt',
  },
  admission: {
    store_lock: 'AtomicNoFollow',
    parent_dir_sync: 'UnixFsync',
    mmap_index: 'FileBacked',
    sealed_segment_mmap: 'FileBacked',
  },
  fingerprint_crc32: 198181094,
})

/** The compact text of `unixProfile`. */
export const unixText =
  '{"schema_version":1,"host":{"monotonic_clock":"ProcessLocalInstantAnchor"},' +
  '"store_path":{"path_status":"ObservedDirectory","parent_dir_sync":"UnixFsync",' +
  '"lock_leaf_symlink_protection":"AtomicNoFollow","mmap_index":"FileBacked",' +
  '"sealed_segment_mmap":"FileBacked","active_segment_read":"UnixReadAt"},' +
  '"admission":{"store_lock":"AtomicNoFollow","parent_dir_sync":"UnixFsync",' +
  '"mmap_index":"FileBacked","sealed_segment_mmap":"FileBacked"},' +
  '"fingerprint_crc32":198181094}'

export interface BodyChanges {
  readonly schema_version?: number
  readonly host?: Partial<ProfileBody['host']>
  readonly store_path?: Partial<ProfileBody['store_path']>
  readonly admission?: Partial<ProfileBody['admission']>
}

/** The Unix body with other values; every key keeps its canonical place. */
export function bodyWith(changes: BodyChanges): ProfileBody {
  return deepFreeze({
    schema_version: changes.schema_version ?? 1,
    host: { ...unixProfile.host, ...changes.host },
    store_path: { ...unixProfile.store_path, ...changes.store_path },
    admission: { ...unixProfile.admission, ...changes.admission },
  })
}

/** A profile file of the changed Unix body; its fingerprint, if not given, is right and by zlib. */
export function fileOf(changes: BodyChanges, fingerprint_crc32?: number): Uint8Array {
  const body = bodyWith(changes)
  const computed = crc32(JSON.stringify(body))
  return utf8(JSON.stringify({ ...body, fingerprint_crc32: fingerprint_crc32 ?? computed }))
}

export function utf8(text: string): Uint8Array {
  return new TextEncoder().encode(text)
}

/** Joins texts (as UTF-8) and raw bytes. */
export function bytesOf(...parts: readonly (string | readonly number[])[]): Uint8Array {
  return Buffer.concat(parts.map((part) => Buffer.from(part as string)))
}

export function deepFreeze<T>(value: T): T {
  if (typeof value === 'object' && value !== null && !Object.isFrozen(value)) {
    Object.freeze(value)
    for (const inner of Object.values(value)) deepFreeze(inner)
  }
  return value
}
