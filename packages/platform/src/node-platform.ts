import type { PlatformBackend } from './backend.ts'
import { collectEvidence } from './collect-evidence.ts'
import { refuseUnknownOptions } from './known-options.ts'
import type { Candidate } from './node/backend-chain.ts'
import { BackendChain } from './node/backend-chain.ts'
import { systemClock } from './node/clock.ts'
import { nodeFs } from './node/fs.ts'
import type { Host } from './node/host.ts'
import { thisHost } from './node/host.ts'
import type { LockBackend, NodeLockBackend } from './node/lock-backends.ts'
import { lockCandidates } from './node/lock-backends.ts'
import { NodeLock } from './node/lock.ts'
import type { MmapBackend } from './node/mmap-backends.ts'
import { mmapCandidates } from './node/mmap-backends.ts'
import { NodeMmap } from './node/mmap.ts'
import { pooledRandom } from './node/random.ts'

/** Backends that are tried before those that this package knows. */
export interface NodePlatformOptions {
  readonly mmap?: MmapBackend | undefined
  readonly lock?: LockBackend | undefined
}

/**
 * The machine of this process. Without options it is one shared object; nothing is loaded before
 * the first lock or map.
 *
 * @throws TypeError for an unknown option, or an injected backend of the wrong shape
 */
export function nodePlatform(options?: NodePlatformOptions): PlatformBackend {
  if (options !== undefined) checkOptions(options)
  if (options?.mmap === undefined && options?.lock === undefined) {
    shared ??= assemblePlatform(thisHost()).platform
    return shared
  }
  return assemblePlatform(thisHost(), options).platform
}

let shared: PlatformBackend | undefined

/** A platform together with the chains behind it, for `doctor` and for tests of other hosts. */
export interface AssembledPlatform {
  readonly platform: PlatformBackend
  readonly lockChain: BackendChain<NodeLockBackend>
  readonly mmapChain: BackendChain<MmapBackend>
}

export function assemblePlatform(
  host: Host,
  injected: NodePlatformOptions = {},
): AssembledPlatform {
  const lockChain = new BackendChain(
    [...injectedCandidate(injected.lock), ...lockCandidates],
    host,
    'BATPAK_LOCK',
  )
  const mmapChain = new BackendChain(
    [...injectedCandidate(injected.mmap), ...mmapCandidates],
    host,
    'BATPAK_MMAP',
  )
  const lock = new NodeLock(lockChain)
  const mmap = new NodeMmap(mmapChain)
  const subject = {
    fs: nodeFs(lock, mmap),
    clock: systemClock(),
    random: pooledRandom(),
    mmap,
  }
  const platform: PlatformBackend = {
    fs: subject.fs,
    clock: subject.clock,
    random: subject.random,
    probe: (dataDir, options) => collectEvidence(subject, dataDir, options),
    backends: () => ({ mmap: mmap.status(), lock: lock.status() }),
  }
  return { platform, lockChain, mmapChain }
}

function injectedCandidate<B extends { readonly name: string }>(
  backend: B | undefined,
): readonly Candidate<B>[] {
  if (backend === undefined) return []
  const { name } = backend
  return [{ name, load: () => ({ backend, label: name }) }]
}

function checkOptions(options: NodePlatformOptions): void {
  refuseUnknownOptions('nodePlatform', options, ['mmap', 'lock'])
  checkBackend('mmap', options.mmap, 'map')
  checkBackend('lock', options.lock, 'tryLock')
}

function checkBackend(option: string, backend: unknown, method: string): void {
  if (backend === undefined) return
  const { name, [method]: call } = (backend ?? {}) as Record<string, unknown>
  if (typeof name !== 'string' || name === '') {
    throw new TypeError(`nodePlatform: options.${option}.name must be a non-empty string`)
  }
  if (typeof call !== 'function') {
    throw new TypeError(`nodePlatform: options.${option}.${method} must be a function`)
  }
}
