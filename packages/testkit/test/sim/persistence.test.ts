// What a crash can take under each of the three models, operation by operation.
import { describe, expect, it } from 'vitest'
import { simPlatform, type PersistenceModel, type SimPlatform } from '../../src/index.ts'
import { fatesOf, type CrashPoint } from '../../src/crash/crash-point.ts'
import { crashPoints } from '../../src/crash/enumerate.ts'
import { seededChoices } from '../../src/core/choices.ts'
import { Recording } from '../../src/sim/history.ts'
import { Images } from '../../src/sim/images.ts'

const text = (word: string): Uint8Array => new TextEncoder().encode(word)

/** Everything that `work` does on a machine with the durable file `/data/old`. */
function recorded(work: (machine: SimPlatform) => void): Recording {
  const machine = simPlatform('linux', { tree: { '/data/old': 'old' } })
  const recording = new Recording(machine.disk)
  work(machine)
  recording.stop()
  return recording
}

function create({ fs }: SimPlatform, path: string, content: string): number {
  const fd = fs.open(path, 'create-new')
  fs.pwrite(fd, text(content), 0)
  return fd
}

/** The files below `/data` after a crash, with their content. */
function filesAfter(
  recording: Recording,
  model: PersistenceModel,
  variant: CrashPoint['variant'],
  cut: number = recording.ops.length,
): Record<string, string> {
  const images = new Images(recording, model)
  const disk = images.image(cut, fatesOf(images, { cut, variant }))
  const names = disk.list('/data').map((path) => path.slice('/data/'.length))
  const content = (name: string): string =>
    Buffer.from(disk.readFile(`/data/${name}`)).toString('latin1')
  return Object.fromEntries(names.map((name) => [name, content(name)]))
}

const NONE = { kind: 'none' } as const

describe('what is left when nothing that is pending reached the disk', () => {
  const unsynced = recorded((machine) => create(machine, '/data/new', 'new'))
  const fileSynced = recorded((machine) =>
    machine.fs.fsync(create(machine, '/data/new', 'new'), 'data'),
  )
  const bothSynced = recorded((machine) => {
    machine.fs.fsync(create(machine, '/data/new', 'new'), 'all')
    machine.fs.fsyncDir('/data')
  })

  it('process: everything that was called', () => {
    expect(filesAfter(unsynced, 'process', { kind: 'prefix' })).toEqual({ old: 'old', new: 'new' })
  })

  it('ordered: a file that was synced, its name included', () => {
    expect(filesAfter(unsynced, 'ordered', NONE)).toEqual({ old: 'old' })
    expect(filesAfter(fileSynced, 'ordered', NONE)).toEqual({ old: 'old', new: 'new' })
  })

  it('posix: its name only when the directory was synced too', () => {
    expect(filesAfter(fileSynced, 'posix', NONE)).toEqual({ old: 'old' })
    expect(filesAfter(bothSynced, 'posix', NONE)).toEqual({ old: 'old', new: 'new' })
  })

  it('a rename is there or not, never half', () => {
    const renamed = recorded((machine) => {
      machine.fs.fsync(create(machine, '/data/new', 'new'), 'all')
      machine.fs.fsyncDir('/data')
      machine.fs.rename('/data/new', '/data/old')
    })
    expect(filesAfter(renamed, 'posix', NONE)).toEqual({ old: 'old', new: 'new' })
    expect(filesAfter(renamed, 'posix', { kind: 'prefix' })).toEqual({ old: 'new' })
  })
})

describe('a write that was not synced', () => {
  const write = recorded((machine) => create(machine, '/data/new', 'abcdef'))
  const op = write.ops.findIndex(({ op: name }) => name === 'write')

  it('can stop at any byte, leave zeros, or under posix junk', () => {
    const cut = { kind: 'cut', op, keep: 2 } as const
    expect(filesAfter(write, 'process', cut)['new']).toBe('ab')
    expect(filesAfter(write, 'ordered', { ...cut, rest: 'zero' })['new']).toBe('ab\0\0\0\0')
    expect(filesAfter(write, 'ordered', { kind: 'zero', op })['new']).toBe('\0\0\0\0\0\0')
    const junk = filesAfter(write, 'posix', { kind: 'junk', op })['new']
    expect(junk).toHaveLength(6)
    expect(junk).not.toBe('abcdef')
  })

  it('that a later one survives leaves a hole', () => {
    const two = recorded((machine) => {
      const fd = create(machine, '/data/new', 'abc')
      machine.fs.pwrite(fd, text('def'), 3)
    })
    const first = two.ops.findIndex(({ op: name }) => name === 'write')
    expect(filesAfter(two, 'ordered', { kind: 'drop', op: first })['new']).toBe('\0\0\0def')
  })

  it('stays uncertain for good when its sync failed, whatever succeeds later', () => {
    const failed = recorded((machine) => {
      const fd = create(machine, '/data/new', 'abc')
      machine.fs.plan({ call: 'fsync', nth: 1, error: 'EIO' })
      expect(() => machine.fs.fsync(fd, 'all')).toThrow(/EIO/)
      machine.fs.pwrite(fd, text('def'), 3)
      machine.fs.fsync(fd, 'all')
    })
    const bytes = filesAfter(failed, 'ordered', NONE)['new']
    expect(bytes).toBe('\0\0\0def')
  })

  it('under a sync in the background is durable only if it came before', async () => {
    const machine = simPlatform('linux', { tree: { '/data/old': 'old' } })
    const recording = new Recording(machine.disk)
    const fd = create(machine, '/data/new', 'abc')
    const syncing = machine.fs.fsyncAsync(fd, 'all')
    machine.fs.pwrite(fd, text('def'), 3)
    await syncing
    expect(filesAfter(recording, 'ordered', NONE)['new']).toBe('abc')
  })
})

describe('the enumeration', () => {
  const history = recorded((machine) => {
    const fd = create(machine, '/data/new', 'x'.repeat(1200))
    machine.fs.fsync(fd, 'all')
    machine.fs.pwrite(fd, text('tail'), 1200)
  })
  const points = (model: PersistenceModel, budget = 10_000): readonly CrashPoint[] =>
    crashPoints(new Images(history, model), { from: 0, budget, choices: seededChoices(1) }).points

  it('has every prefix, and cuts at one byte, half, all but one and every sector', () => {
    const prefixes = points('process').filter(({ variant }) => variant.kind === 'prefix')
    expect(prefixes.map(({ cut }) => cut)).toEqual([...history.ops.keys(), history.ops.length])
    const kept = points('process').flatMap(({ variant }) =>
      variant.kind === 'cut' ? [variant.keep] : [],
    )
    expect(kept).toEqual([1, 512, 600, 1024, 1199, 1, 2, 3])
  })

  it('keeps its budget, says what it left out, and is the same for the same seed', () => {
    const options = { from: 0, budget: 20, choices: seededChoices(1) }
    const { points: few, skipped } = crashPoints(new Images(history, 'posix'), options)
    expect(few.length).toBeLessThanOrEqual(20)
    expect(skipped).toBeGreaterThan(0)
    expect(points('posix', 20)).toEqual(few)
  })
})
