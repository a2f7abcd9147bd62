import { mkdirSync, readdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished, vi } from 'vitest'
import { doctor } from '../src/index.ts'
import { examine } from '../src/doctor.ts'
import { detectPackageManager } from '../src/package-manager.ts'
import type { PackageManager } from '../src/package-manager.ts'
import type { Missing } from '../src/repairs.ts'
import { repairsFor } from '../src/repairs.ts'
import { hasFsExt, hasMmapIo, unix } from './support/available.ts'
import { hostLoading, hostWith } from './support/host.ts'
import { tempDir } from './support/temp-dir.ts'

describe('doctor', () => {
  it('describes this process and a directory, and leaves nothing behind', () => {
    const dir = tempDir()
    const temporary = tempDir()
    for (const name of ['TMPDIR', 'TEMP', 'TMP']) vi.stubEnv(name, temporary)
    onTestFinished(() => void vi.unstubAllEnvs())
    const report = doctor({ dataDir: dir })
    expect(report.runtime).toEqual({
      name: 'node',
      version: process.versions.node,
      abi: process.versions.modules,
      platform: process.platform,
      arch: process.arch,
    })
    expect(report.directory?.path).toBe(dir)
    expect(report.directory?.evidence.storePath.pathStatus).toBe('ObservedDirectory')
    expect(readdirSync(dir)).toEqual([])
    expect(report.backends.mmap.backend === 'none' || report.backends.mmap.probe === 'ok').toBe(
      true,
    )
    expect(readdirSync(temporary)).toEqual([])
  })

  it.skipIf(!hasFsExt || !hasMmapIo)('finds both addons in use, and nothing to repair', () => {
    const { lock, mmap, backends, repairs } = examine(hostWith({}))
    expect(lock[0]).toMatchObject({ name: 'fs-ext', loaded: true, used: true })
    expect(mmap[0]).toMatchObject({ name: 'mmap-io', loaded: true, used: true })
    expect(mmap[0]?.label).toBe(backends.mmap.backend)
    expect([lock, mmap].map((list) => list.filter(({ used }) => used).length)).toEqual([1, 1])
    expect(repairs).toEqual([])
  })

  it('gives the reason for everything that is missing, and commands to get it', () => {
    const report = examine(hostLoading({}))
    expect(report.directory).toBeUndefined()
    expect(report.backends.lock).toMatchObject({ backend: 'none' })
    expect(report.backends.mmap).toMatchObject({ backend: 'none' })
    for (const { loaded, reason, used } of [...report.lock, ...report.mmap]) {
      expect({ loaded, used }).toEqual({ loaded: false, used: false })
      expect(reason).toMatch(/\w/)
    }
    expect(JSON.stringify(report.repairs)).toMatch(/mmap-io fs-ext/)
  })

  it('says rebuild, not install, for an addon that was built for another Node', () => {
    const host = hostLoading({})
    const load = (name: string): unknown => {
      if (name === 'mmap-io') throw new Error('was compiled against a different Node.js version')
      return host.load(name)
    }
    const commands = JSON.stringify(examine({ ...host, load }).repairs)
    expect(commands).toMatch(/rebuild mmap-io"/)
    expect(commands).not.toMatch(/(install|add) mmap-io/)
    expect(commands).toMatch(/(install|add) fs-ext"/)
  })

  it.runIf(unix)('says which variable forbids everything', () => {
    const report = examine(hostWith({ lock: 'off', mmap: 'off' }))
    expect(report.repairs).toEqual([
      { for: 'this shell', steps: [{ run: 'unset BATPAK_MMAP' }, { run: 'unset BATPAK_LOCK' }] },
    ])
    expect(report.lock[0]?.reason).toBe('BATPAK_LOCK=off')
  })
})

describe('the package manager', () => {
  const agent = { npm_config_user_agent: 'pnpm/10.34.9 npm/? node/v20.20.2 linux x64' }

  it('is known by the nearest lockfile, upwards', () => {
    const dir = tempDir()
    mkdirSync(join(dir, 'packages', 'a'), { recursive: true })
    writeFileSync(join(dir, 'yarn.lock'), '')
    expect(detectPackageManager(join(dir, 'packages', 'a'), {})).toEqual({
      name: 'yarn',
      source: join(dir, 'yarn.lock'),
    })
    writeFileSync(join(dir, 'packages', 'package-lock.json'), '')
    expect(detectPackageManager(join(dir, 'packages', 'a'), agent)).toEqual({
      name: 'npm',
      source: join(dir, 'packages', 'package-lock.json'),
    })
  })

  it('is else the one that started the process, which also tells its version', () => {
    expect(detectPackageManager('/', agent)).toEqual({
      name: 'pnpm',
      version: '10.34.9',
      source: 'npm_config_user_agent',
    })
    const dir = tempDir()
    writeFileSync(join(dir, 'pnpm-lock.yaml'), '')
    expect(detectPackageManager(dir, agent).version).toBe('10.34.9')
    expect(detectPackageManager('/', {})).toEqual({ name: 'unknown', source: 'no lockfile found' })
  })
})

describe('the repairs', () => {
  const both: Missing = { addons: ['mmap-io', 'fs-ext'], unbuilt: [], variables: [] }
  const unbuilt: Missing = { ...both, unbuilt: both.addons }
  const manager = (name: PackageManager['name'], version?: string): PackageManager => ({
    name,
    source: 'test',
    ...(version === undefined ? {} : { version }),
  })
  const recipients = (name: PackageManager['name'], version?: string): string[] =>
    repairsFor(both, manager(name, version), 'node').map((repair) => repair.for)

  it('are for the package manager that is in use', () => {
    const [npm11, npm12] = ['npm 11 or earlier', 'npm 12 or later']
    const [pnpm10, pnpm11] = ['pnpm 10', 'pnpm 11 or later']
    expect(recipients('npm')).toEqual([npm11, npm12, 'npm, without a compiler'])
    expect(recipients('npm', '11.19.1')).toEqual([npm11, 'npm, without a compiler'])
    expect(recipients('npm', '12.2.0')).toEqual([npm12, 'npm, without a compiler'])
    expect(recipients('pnpm', '10.34.9')).toEqual([pnpm10, 'pnpm, without a compiler'])
    expect(recipients('pnpm', '12.21.0')).toEqual([pnpm11, 'pnpm, without a compiler'])
    expect(recipients('yarn')).toEqual(['yarn, without a compiler'])
    expect(recipients('unknown')).toHaveLength(5)
  })

  it.runIf(unix)('are the commands that were measured to work', () => {
    const cxx = 'CXXFLAGS=-std=c++20'
    const steps = (missing: Missing, name: PackageManager['name'], version: string): unknown =>
      repairsFor(missing, manager(name, version), 'node')[0]?.steps
    expect(steps(both, 'npm', '11.0.0')).toEqual([{ run: `${cxx} npm install mmap-io fs-ext` }])
    expect(steps(unbuilt, 'npm', '11.0.0')).toEqual([{ run: `${cxx} npm rebuild mmap-io fs-ext` }])
    expect(steps(both, 'npm', '12.2.0')).toEqual([
      { run: `${cxx} npm install mmap-io fs-ext` },
      { run: 'npm install-scripts approve mmap-io fs-ext' },
      { run: `${cxx} npm rebuild mmap-io fs-ext` },
    ])
    expect(steps(both, 'pnpm', '10.34.9')).toEqual([
      {
        file: 'pnpm-workspace.yaml',
        lines: ['onlyBuiltDependencies:', '  - mmap-io', '  - fs-ext'],
      },
      { run: `${cxx} pnpm add mmap-io fs-ext` },
    ])
    expect(steps(unbuilt, 'pnpm', '12.0.0')).toEqual([
      { file: 'pnpm-workspace.yaml', lines: ['allowBuilds:', '  mmap-io: true', '  fs-ext: true'] },
      { run: `${cxx} pnpm rebuild mmap-io fs-ext` },
    ])
  })

  it('outside Node are koffi, which loads there', () => {
    expect(repairsFor(both, manager('bun'), 'bun')).toEqual([
      { for: 'bun, without a compiler', steps: [{ run: 'bun add koffi' }] },
    ])
    expect(repairsFor(both, manager('unknown'), 'deno')[0]?.steps).toEqual([
      { run: 'deno add npm:koffi' },
    ])
  })

  it('are none when nothing is missing', () => {
    const nothing = { addons: [], unbuilt: [], variables: [] }
    expect(repairsFor(nothing, manager('npm'), 'node')).toEqual([])
  })
})
