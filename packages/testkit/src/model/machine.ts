/** Where a program runs: a machine in memory, or a temporary directory of this one. */
import { mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readSegmentInfo } from '@batpak/core/inspect'
import { nodePlatform, type Clock, type PlatformBackend, type PlatformFs } from '@batpak/platform'
import { messageOf } from '../core/law.ts'
import { simPlatform, type SimPlatform } from '../sim/sim-platform.ts'

export interface ModelMachine {
  readonly dir: string
  /** Of the process that runs now. */
  readonly platform: PlatformBackend
  /** True when a process can die without a word. */
  readonly canKill: boolean
  /** The process is gone, with its locks and descriptors. */
  kill(): void
  /** Another process from now on. */
  nextProcess(): void
  /** A process beside the present one. */
  neighbour(): PlatformBackend
  /** Moves the wall clock, backward when negative. */
  tick(us: number): void
  /** Takes the footers off all segments. */
  cutFooters(): void
  /** Paths that no sync has covered; undefined where it cannot be known. */
  unsynced(): readonly string[] | undefined
  /** Equal for equal disks. */
  fingerprint(): string
  dispose(): void
}

export function simulatedModelMachine(seed: number): ModelMachine {
  return new SimulatedModelMachine(seed)
}

class SimulatedModelMachine implements ModelMachine {
  readonly canKill = true
  readonly dir: string
  platform: SimPlatform

  constructor(seed: number) {
    this.platform = simPlatform('linux', { seed })
    this.dir = this.platform.dir
  }

  kill(): void {
    this.platform.kill()
  }

  nextProcess(): void {
    this.platform = this.platform.process()
  }

  neighbour(): PlatformBackend {
    return this.platform.process()
  }

  tick(us: number): void {
    if (us < 0) this.platform.clock.regress(-us)
    else this.platform.clock.advance(us)
  }

  cutFooters(): void {
    cutFooters(this.platform.fs, this.dir)
  }

  unsynced(): readonly string[] {
    return this.platform.disk.unsynced()
  }

  fingerprint(): string {
    const files = [...this.platform.disk.snapshot()].map(([path, { bytes }]) => {
      return `${path} ${Buffer.from(bytes ?? []).toString('base64')}`
    })
    return files.join('\n')
  }

  dispose(): void {}
}

export function realModelMachine(): ModelMachine {
  const dir = join(realpathSync(mkdtempSync(join(tmpdir(), 'batpak-model-'))), 'store')
  let shiftUs = 0
  const { clock } = nodePlatform()
  const shifted: Clock = {
    nowUs: () => clock.nowUs() + shiftUs,
    nowWallNs: () => clock.nowWallNs() + BigInt(shiftUs) * 1000n,
    nowMonoNs: () => clock.nowMonoNs(),
    processBootNs: clock.processBootNs,
  }
  const platform: PlatformBackend = { ...nodePlatform(), clock: shifted }
  return {
    dir,
    platform,
    canKill: false,
    kill: () => {},
    nextProcess: () => {},
    neighbour: () => platform,
    tick: (us) => {
      shiftUs += us
    },
    cutFooters: () => cutFooters(platform.fs, dir),
    unsynced: () => undefined,
    fingerprint: () => '',
    dispose: () => rmSync(join(dir, '..'), { recursive: true, force: true }),
  }
}

/** Why no store can be opened on this machine; undefined when one can. */
export function whyNoLock(): string | undefined {
  const folder = mkdtempSync(join(tmpdir(), 'batpak-model-'))
  const { fs } = nodePlatform()
  try {
    const fd = fs.open(join(folder, '.batpak.lock'), 'lock-nofollow')
    try {
      fs.tryLock(fd)
    } finally {
      fs.close(fd)
    }
    return undefined
  } catch (error) {
    return `no lock can be had here: ${messageOf(error)}`
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function cutFooters(fs: PlatformFs, dir: string): void {
  for (const name of fs.readdir(dir)) {
    const segment = /^(\d+)\.fbat$/.exec(name)
    if (segment === null) continue
    const { framesEnd } = readSegmentInfo(fs, dir, Number(segment[1]))
    const fd = fs.open(join(dir, name), 'read-write')
    fs.ftruncate(fd, framesEnd)
    fs.fsync(fd, 'all')
    fs.close(fd)
  }
}
