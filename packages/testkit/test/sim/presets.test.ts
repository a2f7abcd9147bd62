/** The presets do what they claim: a probe that may say nothing of its own finds the same. */
import { expect, it } from 'vitest'
import { Store } from '@batpak/core'
import { defineHost, simPlatform, type HostName } from '../../src/index.ts'
import { evidenceOf, resolveHost } from '../../src/host/host-spec.ts'
import { PRESETS } from '../../src/host/presets.ts'

const NAMES = Object.keys(PRESETS) as HostName[]

/** What a machine finds where its claims are taken from it. */
function found(name: HostName): object {
  const machine = simPlatform({ ...resolveHost(name), evidence: {} })
  if (!machine.disk.exists(machine.dir)) machine.disk.mkdir(machine.dir)
  const { host, storePath } = machine.probe(machine.dir)
  return { monotonicClock: host.monotonicClock, ...storePath }
}

// Of locks and directory syncs a probe cannot know more than what the system family promises.
it.each(NAMES.filter((name) => !['lockUnsupported', 'noDirSync', 'notADirectory'].includes(name)))(
  'host %s claims what a probe finds there',
  (name) => {
    expect(found(name)).toEqual(evidenceOf(resolveHost(name)))
  },
)

it('a missing store directory and a file in its place are told apart', () => {
  const missing = simPlatform('linux')
  expect(missing.probe(missing.dir).storePath).toMatchObject({
    pathStatus: 'UnknownMissing',
    mmapIndex: 'Unknown',
  })
  const file = simPlatform('notADirectory')
  expect(file.probe(file.dir).storePath).toMatchObject({
    pathStatus: 'ObservedUnsupportedNotDirectory',
    mmapIndex: 'ObservedUnsupported',
  })
})

it('a probe without maps finds nothing out and touches nothing', () => {
  const machine = simPlatform('linux')
  machine.disk.mkdir(machine.dir)
  const ops: string[] = []
  const stop = machine.disk.observe(({ op }) => ops.push(op))
  expect(machine.probe(machine.dir, { mmap: 'off' }).storePath.mmapIndex).toBe('Unknown')
  expect(ops).toEqual([])
  machine.probe(machine.dir)
  expect(ops).toEqual(['create', 'link', 'write', 'unlink'])
  stop()
  machine.probe(machine.dir)
  expect(ops).toHaveLength(4)
})

it.each(['lockUnsupported', 'noDirSync'] as const)('host %s fails as it claims', (name) => {
  const machine = simPlatform(name)
  machine.disk.mkdir(machine.dir)
  const call = (): unknown =>
    name === 'noDirSync'
      ? machine.fs.fsyncDir(machine.dir)
      : machine.fs.tryLock(machine.fs.open(`${machine.dir}/.batpak.lock`, 'lock-nofollow'))
  const code = name === 'noDirSync' ? 'EINVAL' : 'ENOTSUP'
  expect(call).toThrow(expect.objectContaining({ code }))
})

it('a host of its own keeps what its base does and says', () => {
  const host = defineHost({
    base: 'noMmap',
    evidence: { mmapIndex: 'FileBacked' },
    behaviour: { faults: [{ call: 'fsync', code: 'EIO' }] },
  })
  expect(host.name).toBe('noMmap*')
  expect(host.evidence).toEqual({
    mmapIndex: 'FileBacked',
    sealedSegmentMmap: 'ObservedUnsupported',
  })
  expect(host.behaviour.faults?.map(({ code }) => code)).toEqual(['EIO', 'EPERM'])
})

it('an unknown host is refused with the names that there are', () => {
  expect(() => simPlatform('lunix' as 'linux')).toThrow(
    /^host must be a HostSpec or one of linux, windowsLike, .*, got lunix$/,
  )
})

it('on a Windows-like host names have no case and files in use are not replaced', () => {
  const machine = simPlatform('windowsLike')
  const { fs, disk } = machine
  expect(machine.dir).toBe('\\\\?\\C:\\data\\store')
  disk.writeFile('C:\\data\\Store\\A.txt', 'one')
  expect(fs.realpath('c:/DATA/store/a.TXT')).toBe('\\\\?\\C:\\data\\Store\\A.txt')
  const fd = fs.open('C:\\data\\store\\a.txt', 'read')
  disk.writeFile('C:\\data\\store\\b.txt', 'two')
  expect(() => fs.rename('C:\\data\\store\\b.txt', 'C:\\data\\store\\a.txt')).toThrow('EPERM')
  const view = fs.map(fd, 3)
  fs.close(fd)
  expect(() => fs.rename('C:\\data\\store\\b.txt', 'C:\\data\\store\\a.txt')).toThrow('EPERM')
  expect(() => fs.unlink('C:\\data\\store\\a.txt')).toThrow('EBUSY')
  fs.unmap(view)
  fs.rename('C:\\data\\store\\b.txt', 'C:\\data\\store\\a.txt')
  expect(Buffer.from(disk.readFile('C:\\data\\store\\A.txt')).toString()).toBe('two')
})

it('the same host, seed and calls give the same bytes, another seed gives others', () => {
  const run = (seed: number): unknown => {
    const machine = simPlatform('linux', { seed })
    const store = Store.open({ dataDir: machine.dir, platform: machine })
    store.close()
    return machine.disk.snapshot()
  }
  expect(run(7)).toEqual(run(7))
  expect(run(7)).not.toEqual(run(8))
})
