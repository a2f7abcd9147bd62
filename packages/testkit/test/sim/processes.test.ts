/** What simulated processes hold of a disk, and what stays when they die. */
import { expect, it } from 'vitest'
import { Store, defineEvent } from '@batpak/core'
import { SimDisk, defineHost, simClock, simIds, simPlatform } from '../../src/index.ts'

const LOCK = '/data/store/.batpak.lock'
const Noted = defineEvent<string>({ name: 'sim.Noted', category: 0xf, typeId: 1 })

function machine(): ReturnType<typeof simPlatform> {
  return simPlatform('linux', { tree: { '/data/store/note.txt': 'abc' } })
}

it('a lock belongs to the open file description: another one is refused, and closing it frees nothing', () => {
  const one = machine()
  const two = one.process()
  const held = one.fs.open(LOCK, 'lock-nofollow')
  expect(one.fs.tryLock(held)).toBe(true)
  expect(one.fs.tryLock(held)).toBe(true)
  for (const { fs } of [one, two]) {
    const other = fs.open(LOCK, 'lock-nofollow')
    expect(fs.tryLock(other)).toBe(false)
    fs.close(other)
  }
  const again = two.fs.open(LOCK, 'lock-nofollow')
  expect(two.fs.tryLock(again)).toBe(false)
  one.fs.close(held)
  expect(two.fs.tryLock(again)).toBe(true)
})

it('a lock file that is replaced locks something else', () => {
  const { fs } = machine()
  const held = fs.open(LOCK, 'lock-nofollow')
  fs.tryLock(held)
  fs.unlink(LOCK)
  const fresh = fs.open(LOCK, 'lock-nofollow')
  expect(fs.tryLock(fresh)).toBe(true)
  expect(fs.fstat(fresh).ino).not.toBe(fs.fstat(held).ino)
})

it('only a descriptor of lock-nofollow can lock, and a link is not followed', () => {
  const { fs, disk } = machine()
  const fd = fs.open('/data/store/note.txt', 'read-write')
  expect(() => fs.tryLock(fd)).toThrow(TypeError)
  disk.symlink(LOCK, '/data/store/note.txt')
  expect(() => fs.open(LOCK, 'lock-nofollow')).toThrow(
    expect.objectContaining({ code: 'ELOOP', syscall: 'open', path: LOCK, errno: -40 }),
  )
})

it('a killed process loses its locks and descriptors, and its store is recovered by the next one', () => {
  const one = machine()
  const store = Store.open({ dataDir: one.dir, platform: one })
  const { eventId } = store.append({ entity: 'e', scope: 's' }, Noted, 'before the end')
  const two = one.process()
  expect(() => Store.open({ dataDir: two.dir, platform: two })).toThrow('locked')
  one.kill()
  expect(() => store.append({ entity: 'e', scope: 's' }, Noted, 'x')).toThrow('was killed')
  const next = Store.open({ dataDir: two.dir, platform: two })
  expect(Noted.decode(next.get(eventId))).toBe('before the end')
  next.close()
  expect(two.fs.openFiles()).toEqual([])
})

it('each process has its own monotonic epoch in the same time', () => {
  const one = machine()
  one.clock.advance(5_000_000)
  const two = one.process()
  expect(two.clock.processBootNs).toBeGreaterThan(one.clock.processBootNs)
  expect(two.clock.nowMonoNs()).toBeLessThan(one.clock.nowMonoNs())
  expect(two.clock.nowUs()).toBeGreaterThan(one.clock.nowUs() - 10_000)
})

it('a map is a copy, and a view that was given back is empty', () => {
  const { fs } = machine()
  const fd = fs.open('/data/store/note.txt', 'read-write')
  const view = fs.map(fd, 3)
  fs.pwrite(fd, Buffer.from('xyz'), 0)
  expect(Buffer.from(view).toString()).toBe('abc')
  expect(fs.mapCount()).toBe(1)
  fs.unmap(view)
  fs.unmap(view)
  expect(view.length).toBe(0)
  expect(fs.mapCount()).toBe(0)
  expect(() => fs.unmap(new Uint8Array(1))).toThrow(TypeError)
  expect(() => fs.map(fd, 4)).toThrow(expect.objectContaining({ code: 'EINVAL' }))
})

it('transfers can be short, and a store works all the same', () => {
  const host = defineHost({ behaviour: { maxTransfer: 3 } })
  const short = simPlatform(host)
  const out = new Uint8Array(8)
  short.disk.writeFile('/data/eight', '12345678')
  const fd = short.fs.open('/data/eight', 'read-write')
  expect(short.fs.pread(fd, out, 0)).toBe(3)
  expect(short.fs.pwrite(fd, Buffer.from('abcdef'), 0)).toBe(3)
  const store = Store.open({ dataDir: short.dir, platform: short })
  const { eventId } = store.append({ entity: 'e', scope: 's' }, Noted, 'in pieces')
  expect(Noted.decode(store.get(eventId))).toBe('in pieces')
  store.close()
})

it('the disk knows what no sync has covered', async () => {
  const { fs, disk } = machine()
  const fd = fs.open('/data/store/new', 'create-new')
  fs.pwrite(fd, Buffer.from('x'), 0)
  fs.fsyncDir('/data/store')
  expect(disk.unsynced()).toContain('/data/store/new')
  expect(disk.unsynced()).not.toContain('/data/store')
  const synced = fs.fsyncAsync(fd, 'data')
  expect(disk.unsynced()).toContain('/data/store/new')
  await synced
  expect(disk.unsynced()).not.toContain('/data/store/new')
  fs.unlink('/data/store/new')
  expect(disk.unsynced()).toEqual(['/data', '/data/store', '/data/store/note.txt'])
})

it('a failing asynchronous sync rejects', async () => {
  const host = defineHost({ behaviour: { faults: [{ call: 'fsyncAsync', code: 'EIO' }] } })
  const { fs } = simPlatform(host)
  const fd = fs.open('/data/x', 'create-new')
  await expect(fs.fsyncAsync(fd, 'all')).rejects.toMatchObject({ code: 'EIO', syscall: 'fsync' })
})

it('descriptors and names that are gone are told as Node tells them', () => {
  const { fs } = machine()
  expect(() => fs.close(77)).toThrow(expect.objectContaining({ code: 'EBADF', syscall: 'close' }))
  expect(() => fs.readdir('/nowhere')).toThrow(
    expect.objectContaining({ code: 'ENOENT', syscall: 'scandir', path: '/nowhere' }),
  )
  const fd = fs.open('/data/store/note.txt', 'read')
  fs.unlink('/data/store/note.txt')
  const out = new Uint8Array(3)
  expect(fs.pread(fd, out, 0)).toBe(3)
  expect(fs.stat('/data/store/note.txt')).toBeUndefined()
})

it('snapshots show what was created, removed and changed', () => {
  const disk = new SimDisk({ tree: { 'a/one': '1', 'a/two': '2', link: { symlink: 'a' } } })
  const before = disk.snapshot()
  disk.writeFile('a/one', '1')
  disk.writeFile('a/two', 'II')
  disk.writeFile('b/three', '3')
  disk.remove('link')
  disk.chmod('a', 0o500)
  expect(disk.diff(before)).toEqual({
    created: ['/b', '/b/three'],
    removed: ['/link'],
    changed: ['/a', '/a/two'],
  })
  expect(disk.list('/a')).toEqual(['/a/one', '/a/two'])
})

it('the clock moves as it is told', () => {
  const clock = simClock({ startUs: 1_000_000, stepUs: 10, bootNs: 5n })
  expect(clock.processBootNs).toBe(5n)
  expect([clock.nowUs(), clock.nowUs()]).toEqual([1_000_000, 1_000_010])
  clock.freeze()
  expect([clock.nowUs(), clock.nowUs()]).toEqual([1_000_020, 1_000_020])
  expect(clock.nowMonoNs()).toBe(20_000n)
  clock.advance(5)
  clock.jump(100)
  expect(clock.nowUs()).toBe(1_000_125)
  clock.regress(200)
  expect(clock.nowUs()).toBe(999_925)
  expect(clock.nowMonoNs()).toBe(25_000n)
  clock.script([-1, 7])
  expect([clock.nowUs(), clock.nowWallNs(), clock.nowUs()]).toEqual([-1, 7000n, 999_925])
  clock.resume()
  clock.nowUs()
  expect(clock.nowUs()).toBe(999_935)
})

it('ids do not depend on how many bytes are asked for at once', () => {
  const whole = new Uint8Array(11)
  simIds(3)(whole)
  const next = simIds(3)
  const parts = [1, 4, 6].flatMap((length) => {
    const part = new Uint8Array(length)
    next(part)
    return [...part]
  })
  expect(parts).toEqual([...whole])
  expect(new Set(whole).size).toBeGreaterThan(5)
})
