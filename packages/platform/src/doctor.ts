import type { PlatformEvidence } from '@batpak/profile-schema/evidence'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { requirePath } from './argument-checks.ts'
import type { PlatformBackend, PlatformBackends } from './backend.ts'
import { refuseUnknownOptions } from './known-options.ts'
import type { AssembledPlatform } from './node-platform.ts'
import { assemblePlatform } from './node-platform.ts'
import type { CandidateState } from './node/backend-chain.ts'
import type { Host } from './node/host.ts'
import { thisHost } from './node/host.ts'
import type { PackageManager } from './package-manager.ts'
import { detectPackageManager } from './package-manager.ts'
import type { Missing, Repair } from './repairs.ts'
import { repairsFor } from './repairs.ts'
import { ignoreFailure } from './temp-file.ts'

export interface DoctorOptions {
  /** A directory to collect evidence about; it is neither created nor locked. */
  readonly dataDir?: string | undefined
}

/** What this process can do with files, why, and how to get what is missing. */
export interface DoctorReport {
  readonly runtime: {
    readonly name: 'node' | 'bun' | 'deno'
    readonly version: string
    /** Native addons load only when they were built for this number. */
    readonly abi: string
    readonly platform: string
    readonly arch: string
  }
  readonly packageManager: PackageManager
  /** All lock backends in the order in which they are tried. */
  readonly lock: readonly BackendReport[]
  readonly mmap: readonly BackendReport[]
  /** Which of them serve, after a trial on private files in the directory for temporary files. */
  readonly backends: PlatformBackends
  readonly directory?: { readonly path: string; readonly evidence: PlatformEvidence }
  /** Ways to get what is missing; empty when locks and maps both work. */
  readonly repairs: readonly Repair[]
}

export interface BackendReport {
  readonly name: string
  /** With the version, when it loaded. */
  readonly label?: string
  readonly loaded: boolean
  /** Why it did not load. */
  readonly reason?: string
  /** True for the one that serves. */
  readonly used: boolean
}

/**
 * Examines this process and, with `dataDir`, one directory. It tries a lock and a map on private
 * files that it removes again; it changes nothing else.
 *
 * @throws TypeError for an unknown option, or one of the wrong type
 */
export function doctor(options: DoctorOptions = {}): DoctorReport {
  refuseUnknownOptions('doctor', options, ['dataDir'])
  if (options.dataDir !== undefined) requirePath('doctor', 'options.dataDir', options.dataDir)
  return examine(thisHost(), options.dataDir)
}

/** `doctor` for a given host. */
export function examine(host: Host, dataDir?: string): DoctorReport {
  const assembled = assemblePlatform(host)
  const { platform, lockChain, mmapChain } = assembled
  tryOut(platform)
  const backends = platform.backends()
  const evidence = dataDir === undefined ? undefined : platform.probe(dataDir)
  const packageManager = detectPackageManager(process.cwd(), host.env)
  return {
    runtime: {
      name: host.runtime,
      version: process.versions[host.runtime] ?? process.version,
      abi: process.versions.modules,
      platform: host.platform,
      arch: host.arch,
    },
    packageManager,
    lock: reports(lockChain.inspect(), backends.lock.backend),
    mmap: reports(mmapChain.inspect(), backends.mmap.backend),
    backends,
    ...(dataDir === undefined || evidence === undefined
      ? {}
      : { directory: { path: dataDir, evidence } }),
    repairs: repairsFor(missingAddons(host, assembled, backends), packageManager, host.runtime),
  }
}

/** Lets the platform choose by use: the choice is what `backends()` then reports. */
function tryOut(platform: PlatformBackend): void {
  const { fs } = platform
  let directory: string | undefined
  let fd: number | undefined
  try {
    directory = mkdtempSync(join(tmpdir(), 'batpak-doctor-'))
    platform.probe(directory)
    fd = fs.open(join(directory, 'lock'), 'lock-nofollow', 0o600)
    fs.tryLock(fd)
  } catch {
    // The reason is in `backends()`; a directory that cannot be written leaves 'not probed'.
  } finally {
    if (fd !== undefined) fs.close(fd)
    if (directory !== undefined) {
      const created = directory
      ignoreFailure(() => rmSync(created, { recursive: true, force: true }))
    }
  }
}

function reports(states: readonly CandidateState<unknown>[], used: string): BackendReport[] {
  return states.map(({ name, loaded, reason }) => ({
    name,
    ...(loaded === undefined ? {} : { label: loaded.label }),
    loaded: loaded !== undefined,
    ...(reason === undefined ? {} : { reason }),
    used: loaded?.label === used,
  }))
}

/** The primary addon of every need that nothing serves, unless a variable forbids to look. */
function missingAddons(
  host: Host,
  assembled: AssembledPlatform,
  status: PlatformBackends,
): Missing {
  const needs = [
    { addon: 'mmap-io', variable: 'BATPAK_MMAP', chain: assembled.mmapChain, status: status.mmap },
    { addon: 'fs-ext', variable: 'BATPAK_LOCK', chain: assembled.lockChain, status: status.lock },
  ].filter((need) => need.status.backend === 'none')
  const forced = needs.filter(({ variable }) => (host.env[variable] ?? '') !== '')
  const free = needs.filter((need) => !forced.includes(need))
  const unbuilt = free.filter(({ addon, chain }) => {
    const reason = chain.inspect().find(({ name }) => name === addon)?.reason
    return reason?.startsWith(`Cannot find module '${addon}'`) === false
  })
  return {
    addons: free.map(({ addon }) => addon),
    unbuilt: unbuilt.map(({ addon }) => addon),
    variables: forced.map(({ variable }) => variable),
  }
}
