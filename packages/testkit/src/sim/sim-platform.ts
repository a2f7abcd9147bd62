import type { PlatformBackend, PlatformBackends } from '@batpak/platform'
import type { PlatformEvidence } from '@batpak/profile-schema/evidence'
import { resolveHost, type ClaimedEvidence, type HostSpec } from '../host/host-spec.ts'
import type { HostName } from '../host/presets.ts'
import { simClock, type SimClock } from './sim-clock.ts'
import { SimDisk, type SimTree } from './sim-disk.ts'
import { SimFs } from './sim-fs.ts'
import { simIds } from './sim-ids.ts'
import { joinPath } from './sim-paths.ts'
import { probeSimulated } from './sim-probe.ts'
import { refuseUnknownOptions } from '@batpak/platform'

export interface SimOptions {
  /** Of all random bytes; default 1. */
  readonly seed?: number
  readonly clock?: SimClock
  /** Files that are there from the beginning. */
  readonly tree?: SimTree
}

/**
 * A machine in memory: files, locks, maps, time and randomness, with Node-shaped errors. The same
 * host, seed and calls give the same bytes. Pass it as the option `platform` of a store.
 *
 * @param host a preset, or a host of `defineHost`; default `linux`
 * @throws TypeError for an unknown preset
 */
export function simPlatform(
  host: HostSpec | HostName = 'linux',
  options: SimOptions = {},
): SimPlatform {
  refuseUnknownOptions('simPlatform', options, [
    'seed',
    'clock',
    'tree',
  ] satisfies (keyof SimOptions)[])
  const spec = resolveHost(host)
  const style = spec.behaviour.paths ?? 'posix'
  const disk = new SimDisk({ style, ...(options.tree && { tree: options.tree }) })
  const platform = new SimPlatform(disk, spec, options.clock ?? simClock(), options.seed ?? 1)
  layOut(disk, platform.dir, spec)
  return platform
}

/** One simulated process. `process()` starts another one on the same disk. */
export class SimPlatform implements PlatformBackend {
  readonly fs: SimFs
  readonly clock: SimClock
  readonly random: (out: Uint8Array) => void
  readonly disk: SimDisk
  readonly host: HostSpec
  /** Where a store may stand: the place that the host's layout is about. Its parent exists. */
  readonly dir: string
  #claims: ClaimedEvidence
  readonly #family: { readonly seed: number; processes: number }

  /** @param seed a number, or what another process of this machine passes on */
  constructor(
    disk: SimDisk,
    host: HostSpec,
    clock: SimClock,
    seed: number | { readonly seed: number; processes: number },
  ) {
    this.#family = typeof seed === 'number' ? { seed, processes: 0 } : seed
    this.disk = disk
    this.host = host
    this.clock = clock
    this.fs = new SimFs(disk, host)
    this.random = simIds(this.#family.seed + this.#family.processes * 0x5bd1)
    this.dir = joinPath(disk.style, ['data', 'store'])
    this.#claims = host.evidence
    this.#family.processes += 1
  }

  probe(dataDir: string, options?: { readonly mmap?: 'off' }): PlatformEvidence {
    const { fs, random, host } = this
    const { processBootNs } = this.clock
    const subject = { fs, random, host, processBootNs, claims: this.#claims }
    return probeSimulated(subject, dataDir, options)
  }

  backends(): PlatformBackends {
    const status = { backend: 'simulated', probe: 'ok' }
    return { mmap: status, lock: status }
  }

  /** Makes the probe say something else from now on; files and locks stay as they are. */
  claim(evidence: ClaimedEvidence): void {
    this.#claims = evidence
  }

  /** Another process on the same disk: own descriptors and locks, own boot marker, same time. */
  process(host: HostSpec | HostName = this.host): SimPlatform {
    return new SimPlatform(this.disk, resolveHost(host), this.clock.forProcess(), this.#family)
  }

  /** As `kill -9`: what it had open or locked is released, the disk stays as it is. */
  kill(): void {
    this.fs.kill()
  }
}

function layOut(disk: SimDisk, dir: string, { layout }: HostSpec): void {
  if (!disk.exists(joinPath(disk.style, ['data']))) disk.mkdir(joinPath(disk.style, ['data']))
  if (layout.storeDir === 'file') disk.writeFile(dir, 'not a directory')
  if (layout.lockLeaf === 'symlink') {
    disk.writeFile(joinPath(disk.style, ['data', 'elsewhere']), 'a file of somebody else')
    const leaf = joinPath(disk.style, ['data', 'store', '.batpak.lock'])
    disk.symlink(leaf, joinPath(disk.style, ['data', 'elsewhere']))
  }
  if (layout.storeDir === 'readOnly') disk.mkdir(dir, 0o555)
}
