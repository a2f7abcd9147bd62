/** The options of a store: their defaults, types and bounds in one place. */
import { nodePlatform, type Clock, type PlatformBackend } from '@batpak/platform'
import { StoreError } from './errors.ts'
import type { AnyEventType } from './event/event-type.ts'
import { checkOptionNames, describeType } from './options.ts'
import type { ProjectionCache } from './projection/cache.ts'
import { SEED_BYTES } from './receipt/keys.ts'
import type { OpenReport } from './restore/report.ts'

export interface StoreOptions {
  /** The store's directory; a mutable open creates it. */
  readonly dataDir: string
  /** A segment that holds at least so many bytes is sealed before the next write; default 256 MiB. */
  readonly segmentMaxBytes?: number
  /** How many sealed segments may be open or mapped for reading at once; default 64. */
  readonly fdBudget?: number
  /** How many undelivered events a subscription may have before it is dropped; default 8192. */
  readonly broadcastCapacity?: number
  /** The most bytes of payload and receipt extensions in one append, 1 to 64 MiB; default 16 MiB. */
  readonly singleAppendMaxBytes?: number
  /** The most items of a batch, 1 to 4096; default 256. */
  readonly batchMaxSize?: number
  /** The most bytes of payload and receipt extensions in one batch, 1 to 16 MiB; default 1 MiB. */
  readonly batchMaxBytes?: number
  /** Refuse appends without an idempotency key; default false. */
  readonly requireIdempotencyKeys?: boolean
  /** What a sync of a segment is: `all` = fsync (default), `data` = fdatasync. */
  readonly syncMode?: 'all' | 'data'
  /**
   * A sync after every so many appends; default 1000, so that an append alone is not durable.
   * With 1 a returned receipt is durable; 0 acts like 1.
   */
  readonly syncEveryNEvents?: number
  /**
   * Memory maps for reading sealed segments: `auto` (default) maps where the host admits it and reads
   * by position elsewhere, `required` refuses such reads, `off` never maps.
   */
  readonly mmap?: 'auto' | 'required' | 'off'
  /**
   * The index file that a close is to write and an open to prefer: `fbati` (default), `ckpt` or
   * `none`. Not built yet: whatever it says, no index file is written or read.
   */
  readonly indexFile?: 'fbati' | 'ckpt' | 'none'
  /** Keep the states of incremental projections and apply only newer events; default false. */
  readonly incrementalProjection?: boolean
  /** Where folded states are kept; default: nowhere. */
  readonly projectionCache?: ProjectionCache
  /** A platform profile that this host must match, else the open is refused. */
  readonly platformProfilePath?: string | undefined
  /** Called once per successful open, before the OPEN event is written; what it throws is ignored. */
  readonly openReportObserver?: (report: OpenReport) => void
  /** The event types of the application, to be checked for kinds that collide. */
  readonly events?: readonly AnyEventType[]
  /** What a collision does: `Warn` (default) tells the channel `batpak:event_registry`. */
  readonly eventPayloadValidation?: 'Warn' | 'FailFast' | 'Silent'
  /**
   * Ed25519 seeds of 32 bytes: receipts are signed with the last one and verified with any of them.
   * Default: none, receipts are unsigned.
   */
  readonly signingKeys?: readonly Uint8Array[]
  /** Time instead of the platform's. */
  readonly clock?: Clock
  /** The machine; default `nodePlatform()`. */
  readonly platform?: PlatformBackend
}

/** The options with their defaults filled in; numbers are not checked yet. */
export interface Config {
  readonly dataDir: string
  readonly segmentMaxBytes: number
  readonly fdBudget: number
  readonly broadcastCapacity: number
  readonly singleAppendMaxBytes: number
  readonly batchMaxSize: number
  readonly batchMaxBytes: number
  readonly requireIdempotencyKeys: boolean
  readonly syncMode: 'all' | 'data'
  readonly syncEveryNEvents: number
  readonly mmap: 'auto' | 'required' | 'off'
  readonly indexFile: 'fbati' | 'ckpt' | 'none'
  readonly incrementalProjection: boolean
  readonly projectionCache: ProjectionCache | undefined
  readonly platformProfilePath: string | undefined
  readonly openReportObserver: ((report: OpenReport) => void) | undefined
  readonly events: readonly AnyEventType[]
  readonly eventPayloadValidation: 'Warn' | 'FailFast' | 'Silent'
  readonly signingKeys: readonly Uint8Array[]
  readonly clock: Clock
  readonly platform: PlatformBackend
}

const MIB = 1024 * 1024
const U32_MAX = 0xffff_ffff

const DEFAULTS = {
  segmentMaxBytes: 256 * MIB,
  fdBudget: 64,
  broadcastCapacity: 8192,
  singleAppendMaxBytes: 16 * MIB,
  batchMaxSize: 256,
  batchMaxBytes: MIB,
  requireIdempotencyKeys: false,
  syncMode: 'all',
  syncEveryNEvents: 1000,
  mmap: 'auto',
  indexFile: 'fbati',
  incrementalProjection: false,
  projectionCache: undefined,
  platformProfilePath: undefined,
  openReportObserver: undefined,
  events: [],
  eventPayloadValidation: 'Warn',
  signingKeys: [],
} as const satisfies Partial<Config>

const NAMES: ReadonlySet<string> = new Set([
  'dataDir',
  ...Object.keys(DEFAULTS),
  'clock',
  'platform',
])

/** @throws TypeError for a missing `dataDir`, unknown names and values of the wrong type */
export function readOptions(options: unknown): Config {
  checkOptionNames('store options', options, NAMES)
  const given = Object.fromEntries(
    Object.entries(options as object).filter(([, value]) => value !== undefined),
  )
  if ('platform' in given) requireMembers('platform', given['platform'], PLATFORM_MEMBERS)
  const platform = (given['platform'] as PlatformBackend | undefined) ?? nodePlatform()
  const config = { ...DEFAULTS, clock: platform.clock, ...given, platform } as unknown as Config
  requireType('dataDir', config.dataDir, 'string')
  for (const name of [
    'segmentMaxBytes',
    'fdBudget',
    'broadcastCapacity',
    'singleAppendMaxBytes',
    'batchMaxSize',
    'batchMaxBytes',
    'syncEveryNEvents',
  ] as const) {
    requireType(name, config[name], 'number')
  }
  requireType('requireIdempotencyKeys', config.requireIdempotencyKeys, 'boolean')
  requireOneOf('syncMode', config.syncMode, ['all', 'data'])
  requireOneOf('mmap', config.mmap, ['auto', 'required', 'off'])
  requireOneOf('indexFile', config.indexFile, ['fbati', 'ckpt', 'none'])
  requireType('incrementalProjection', config.incrementalProjection, 'boolean')
  if (config.projectionCache !== undefined) {
    requireMembers('projectionCache', config.projectionCache, CACHE_MEMBERS)
  }
  requireOneOf('eventPayloadValidation', config.eventPayloadValidation, [
    'Warn',
    'FailFast',
    'Silent',
  ])
  if (config.platformProfilePath !== undefined) {
    requireType('platformProfilePath', config.platformProfilePath, 'string')
  }
  if (config.openReportObserver !== undefined) {
    requireType('openReportObserver', config.openReportObserver, 'function')
  }
  if (!Array.isArray(config.events)) {
    throw new TypeError(
      `events must be an array of event types, got ${describeType(config.events)}`,
    )
  }
  for (const [i, type] of (config.events as readonly unknown[]).entries()) {
    requireMembers(`events[${i}]`, type, { name: 'string', kind: 'number' })
  }
  requireMembers('clock', config.clock, CLOCK_MEMBERS)
  return { ...config, signingKeys: readSeeds(config.signingKeys) }
}

/** Copies: what a caller wipes or changes later is not what signs. */
function readSeeds(seeds: unknown): readonly Uint8Array[] {
  if (!Array.isArray(seeds)) {
    throw new TypeError(`signingKeys must be an array of Uint8Arrays, got ${describeType(seeds)}`)
  }
  return (seeds as readonly unknown[]).map((seed, i) => {
    if (seed instanceof Uint8Array && seed.length === SEED_BYTES) return Uint8Array.from(seed)
    const got = seed instanceof Uint8Array ? `${seed.length} bytes` : describeType(seed)
    throw new TypeError(`signingKeys[${i}] must be a seed of ${SEED_BYTES} bytes, got ${got}`)
  })
}

/** @throws StoreError `Configuration` for the first number out of bounds, in batpak 0.8.0's order */
export function validateConfig(config: Config): void {
  requireRange('segmentMaxBytes', config.segmentMaxBytes, 1, Number.MAX_SAFE_INTEGER)
  requireRange('fdBudget', config.fdBudget, 1, Number.MAX_SAFE_INTEGER)
  requireRange('broadcastCapacity', config.broadcastCapacity, 1, U32_MAX)
  requireRange('singleAppendMaxBytes', config.singleAppendMaxBytes, 1, 64 * MIB)
  requireRange('batchMaxSize', config.batchMaxSize, 1, 4096)
  requireRange('batchMaxBytes', config.batchMaxBytes, 1, 16 * MIB)
  requireRange('syncEveryNEvents', config.syncEveryNEvents, 0, U32_MAX)
}

function requireRange(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  const reason = `${name} must be an integer of ${min} to ${max}, got ${value}`
  throw new StoreError('Configuration', { reason })
}

const CLOCK_MEMBERS = {
  nowUs: 'function',
  nowWallNs: 'function',
  nowMonoNs: 'function',
  processBootNs: 'bigint',
} as const
const CACHE_MEMBERS = {
  get: 'function',
  put: 'function',
  deletePrefix: 'function',
  sync: 'function',
} as const
const PLATFORM_MEMBERS = {
  fs: 'object',
  clock: 'object',
  random: 'function',
  probe: 'function',
  backends: 'function',
} as const

/** What a caller's object lacks is told at once, not in the middle of an append. */
function requireMembers(
  name: string,
  value: unknown,
  members: Readonly<Record<string, string>>,
): void {
  for (const [member, type] of Object.entries(members)) {
    const got = typeof (value as Readonly<Record<string, unknown>> | null | undefined)?.[member]
    if (got === type) continue
    throw new TypeError(`${name} must be an object whose ${member} is a ${type}, got ${got}`)
  }
}

function requireType(name: string, value: unknown, type: string): void {
  if (typeof value === type && value !== null) return
  throw new TypeError(`${name} must be a ${type}, got ${describeType(value)}`)
}

function requireOneOf(name: string, value: unknown, allowed: readonly string[]): void {
  if (typeof value === 'string' && allowed.includes(value)) return
  throw new TypeError(
    `${name} must be one of ${allowed.join(', ')}, got ${typeof value === 'string' ? JSON.stringify(value) : describeType(value)}`,
  )
}
