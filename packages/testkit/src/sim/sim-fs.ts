import {
  systemError,
  type Fd,
  type FileStat,
  type OpenMode,
  type PlatformFs,
} from '@batpak/platform'
import { faultOf, type FsUse, type HostSpec } from '../host/host-spec.ts'
import { PlannedFaults, failLate, shortened, type FaultPlan, type Flaw } from './fault-plan.ts'
import {
  UMASK,
  checkTransfer,
  endsOpen,
  fileSize,
  isInside,
  needed,
  replaceRefusal,
  statOf,
  withoutEnd,
} from './fs-rules.ts'
import type { DirectoryNode, FileNode, Inode } from './inode.ts'
import type { SimDisk } from './sim-disk.ts'
import { joinPath, splitPath } from './sim-paths.ts'
import { walk, type Place } from './walk.ts'

/** An open file description: what a descriptor stands for, and what holds a lock. */
interface OpenFile {
  readonly node: Inode
  readonly mode: OpenMode
  readonly path: string
}

/**
 * The file system of one simulated process. Descriptors, locks and maps belong to the process and
 * end with it. Every call first asks the host's fault rules.
 */
export class SimFs implements PlatformFs {
  readonly #disk: SimDisk
  readonly #host: HostSpec
  readonly #files = new Map<Fd, OpenFile>()
  readonly #views = new WeakMap<Uint8Array, FileNode>()
  readonly #mapped = new Set<Uint8Array>()
  readonly #syncsInFlight: (() => void)[] = []
  #faults: readonly PlannedFaults[] = []
  #lastFd = 2
  #killed = false

  constructor(disk: SimDisk, host: HostSpec) {
    this.#disk = disk
    this.#host = host
  }

  mkdirp(path: string): void {
    this.#enter({ call: 'mkdirp' }, 'mkdir', path)
    const { names, directory } = splitPath(this.#disk.style, path)
    for (let depth = 1; depth <= names.length; depth += 1) {
      const last = depth === names.length && !directory
      this.#mkdirUnlessThere(joinPath(this.#disk.style, names.slice(0, depth)), path, last)
    }
    if (path === '') throw systemError('ENOENT', 'mkdir', undefined, path)
  }

  realpath(path: string): string {
    this.#enter({ call: 'realpath' }, 'realpath', path)
    const { names, node } = walk(this.#disk, path, 'realpath', true)
    if (node === undefined) throw systemError('ENOENT', 'realpath', undefined, path)
    return joinPath(this.#disk.style, names)
  }

  stat(path: string): FileStat | undefined {
    this.#enter({ call: 'stat' }, 'stat', path)
    return this.#statAt(path, 'stat', true)
  }

  lstat(path: string): FileStat | undefined {
    this.#enter({ call: 'lstat' }, 'lstat', path)
    return this.#statAt(path, 'lstat', false)
  }

  fstat(fd: Fd): FileStat {
    return statOf(this.#file({ call: 'fstat' }, 'fstat', fd).node)
  }

  readdir(path: string): string[] {
    this.#enter({ call: 'readdir' }, 'scandir', path)
    const node = this.#existing(path, 'scandir')
    if (node.kind !== 'directory') throw systemError('ENOTDIR', 'scandir', undefined, path)
    // Not in the order of creation nor of the alphabet: nobody may rely on either.
    return [...node.entries.values()].map(({ name }) => name).reverse()
  }

  open(path: string, mode: OpenMode, perm = 0o666): Fd {
    this.#enter({ call: 'open', mode }, 'open', path)
    const fail = (code: string): Error => systemError(code, 'open', undefined, path)
    const creates = mode === 'create-new' || mode === 'lock-nofollow'
    const place = walk(this.#disk, creates ? withoutEnd(path) : path, 'open', !creates)
    let { node } = place
    if (creates && endsOpen(path)) throw fail('EISDIR')
    if (node !== undefined && mode === 'create-new') throw fail('EEXIST')
    if (node?.kind === 'symlink') throw fail('ELOOP')
    if (node === undefined) {
      if (!creates) throw fail('ENOENT')
      node = this.#createFile(place, perm, path)
    } else if (node.kind === 'directory' && mode !== 'read') throw fail('EISDIR')
    else if ((node.mode & needed(mode)) !== needed(mode)) throw fail('EACCES')
    const fd = (this.#lastFd += 1)
    this.#files.set(fd, { node, mode, path: joinPath(this.#disk.style, place.names) })
    this.#disk.inUse.countDescriptor(node, 1)
    return fd
  }

  close(fd: Fd): void {
    const file = this.#file({ call: 'close' }, 'close', fd)
    this.#files.delete(fd)
    this.#disk.inUse.countDescriptor(file.node, -1)
    this.#disk.inUse.unlock(file.node, file)
  }

  pread(fd: Fd, out: Uint8Array, position: number, length: number = out.length): number {
    const { node, flaw } = this.#file({ call: 'pread' }, 'read', fd)
    checkTransfer(position, length, out.length)
    if (length === 0) return 0 // as Node, which then makes no call
    if (node.kind !== 'file') throw systemError('EISDIR', 'read')
    const end = Math.min(node.size, position + this.#transfer(length, flaw))
    if (end <= position) return 0
    out.set(node.bytes.subarray(position, end))
    return end - position
  }

  pwrite(fd: Fd, data: Uint8Array, position: number, length: number = data.length): number {
    checkTransfer(position, length, data.length)
    const grows = position + length > fileSize(this.#files.get(fd)?.node)
    const { node, mode, flaw } = this.#file({ call: 'pwrite', grows }, 'write', fd)
    if (mode === 'read') throw systemError('EBADF', 'write')
    if (length === 0) return 0
    const written = this.#transfer(length, flaw)
    const copy = data.slice(0, written)
    this.#disk.apply({ op: 'write', ino: node.ino, at: position, data: copy })
    failLate(flaw, 'write')
    return written
  }

  ftruncate(fd: Fd, size: number): void {
    const { node, mode, flaw } = this.#file({ call: 'ftruncate' }, 'ftruncate', fd)
    if (mode === 'read') throw systemError('EINVAL', 'ftruncate')
    this.#disk.apply({ op: 'truncate', ino: node.ino, size })
    failLate(flaw, 'ftruncate')
  }

  fsync(fd: Fd, what: 'all' | 'data'): void {
    const node = this.#syncable({ call: 'fsync' }, what, fd)
    this.#disk.apply({ op: 'sync', ino: node.ino })
  }

  /**
   * Settles when `completeSyncs` is called, at the latest when nothing else is left to do. What is
   * on stable storage then was written before this call.
   */
  fsyncAsync(fd: Fd, what: 'all' | 'data'): Promise<void> {
    const covers = this.#disk.position
    if (this.#syncsInFlight.length === 0) setImmediate(() => this.completeSyncs())
    return new Promise((resolve, reject) => {
      let sync: () => void
      try {
        const { ino } = this.#syncable({ call: 'fsyncAsync' }, what, fd)
        sync = () => {
          this.#disk.apply({ op: 'sync', ino, covers })
          resolve()
        }
      } catch (error) {
        sync = () => reject(error)
      }
      this.#syncsInFlight.push(sync)
    })
  }

  /** Lets every `fsyncAsync` that is under way come to its end now, in the order of the calls. */
  completeSyncs(): void {
    for (const complete of this.#syncsInFlight.splice(0)) complete()
  }

  fsyncDir(path: string): void {
    let node: Inode | undefined
    try {
      node = walk(this.#disk, path, 'open', true).node
      this.#enter({ call: 'fsyncDir' }, 'fsync', path)
    } catch (error) {
      this.#syncFailed(node)
      throw error
    }
    if (this.#disk.style === 'windows') throw systemError('EPERM', 'fsync', undefined, path)
    if (node === undefined) throw systemError('ENOENT', 'open', undefined, path)
    if (node.kind !== 'directory') throw systemError('ENOTDIR', 'open', undefined, path)
    this.#disk.apply({ op: 'sync', ino: node.ino })
  }

  rename(from: string, to: string): void {
    const flaw = this.#enter({ call: 'rename' }, 'rename', to)
    const source = walk(this.#disk, withoutEnd(from), 'rename', false)
    const target = walk(this.#disk, withoutEnd(to), 'rename', false)
    const fail = (code: string): Error => systemError(code, 'rename', undefined, from)
    if (source.node === undefined) throw fail('ENOENT')
    this.#requireWritable(source.parent, 'rename', from)
    this.#requireWritable(target.parent, 'rename', to)
    if (isInside(target.names, source.names)) throw fail('EINVAL')
    const refused = replaceRefusal(source.node, target.node, [from, to].some(endsOpen))
    if (refused !== undefined) throw fail(refused)
    if (source.node === target.node) return
    if (target.node !== undefined && this.#isBusy(target.node)) throw fail('EPERM')
    this.#disk.apply({
      op: 'rename',
      ino: source.node.ino,
      from: { dir: source.parent.ino, name: source.name },
      to: { dir: target.parent.ino, name: splitPath(this.#disk.style, to).names.at(-1)! },
    })
    failLate(flaw, 'rename')
  }

  unlink(path: string): void {
    const flaw = this.#enter({ call: 'unlink' }, 'unlink', path)
    const { parent, name, node } = walk(this.#disk, path, 'unlink', false)
    if (node === undefined) throw systemError('ENOENT', 'unlink', undefined, path)
    this.#requireWritable(parent, 'unlink', path)
    if (node.kind === 'directory') throw systemError('EISDIR', 'unlink', undefined, path)
    const busy = this.#disk.style === 'windows' && this.#disk.inUse.isMapped(node)
    if (busy) throw systemError('EBUSY', 'unlink', undefined, path)
    this.#disk.apply({ op: 'unlink', dir: parent.ino, name })
    failLate(flaw, 'unlink')
  }

  rmdir(path: string): void {
    this.#enter({ call: 'rmdir' }, 'rmdir', path)
    const { parent, name, node } = walk(this.#disk, path, 'rmdir', false)
    if (node === undefined) throw systemError('ENOENT', 'rmdir', undefined, path)
    if (node.kind !== 'directory') throw systemError('ENOTDIR', 'rmdir', undefined, path)
    this.#requireWritable(parent, 'rmdir', path)
    if (node.entries.size > 0) throw systemError('ENOTEMPTY', 'rmdir', undefined, path)
    this.#disk.apply({ op: 'unlink', dir: parent.ino, name })
  }

  tryLock(fd: Fd): boolean {
    const file = this.#file({ call: 'tryLock' }, 'flock', fd)
    if (file.mode !== 'lock-nofollow') {
      throw new TypeError(`tryLock: descriptor ${fd} was not opened with 'lock-nofollow'`)
    }
    return this.#disk.inUse.lock(file.node, file)
  }

  /** The view is a copy: code that expects later writes to show through a map is wrong. */
  map(fd: Fd, size: number): Uint8Array {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new RangeError(`map: size must be a count of bytes, got ${size}`)
    }
    const { node } = this.#file({ call: 'map' }, 'mmap', fd)
    if (node.kind !== 'file') throw systemError('ENODEV', 'mmap')
    if (size === 0 || size > node.size) throw systemError('EINVAL', 'mmap')
    const view = node.bytes.slice(0, size)
    this.#views.set(view, node)
    this.#mapped.add(view)
    this.#disk.inUse.countMap(node, 1)
    return view
  }

  unmap(view: Uint8Array): void {
    const node = this.#views.get(view)
    if (node === undefined) throw new TypeError('unmap: the view was not made by map')
    if (!this.#mapped.delete(view)) return
    this.#disk.inUse.countMap(node, -1)
    // Detached, so that every later access is seen: it has length 0 from now on.
    structuredClone(view.buffer, { transfer: [view.buffer as ArrayBuffer] })
  }

  /** Paths as they were opened, of the descriptors that are open now. */
  openFiles(): string[] {
    return [...this.#files.values()].map(({ path }) => path)
  }

  /** How many views of `map` were not given back. */
  mapCount(): number {
    return this.#mapped.size
  }

  /** Makes calls fail from now on, and none that was planned before; the counts are in the result. */
  plan(...plans: readonly FaultPlan[]): readonly PlannedFaults[] {
    this.#faults = plans.map((plan) => new PlannedFaults(plan))
    return this.#faults
  }

  /** As `kill -9`: descriptors, locks and maps are gone, and every later call throws. */
  kill(): void {
    for (const file of this.#files.values()) {
      this.#disk.inUse.countDescriptor(file.node, -1)
      this.#disk.inUse.unlock(file.node, file)
    }
    for (const view of this.#mapped) this.#disk.inUse.countMap(this.#views.get(view)!, -1)
    this.#files.clear()
    this.#mapped.clear()
    this.#syncsInFlight.length = 0
    this.#killed = true
  }

  /**
   * The one gate of all calls: a dead process makes none, then come the host's rules and the plan.
   * Returns how a transfer of this call is cut short, if it is.
   */
  #enter(
    use: Omit<FsUse, 'file'>,
    syscall: string,
    path?: string,
    name?: string,
  ): Flaw | undefined {
    if (this.#killed) throw new TypeError(`${use.call}: this simulated process was killed`)
    if (this.#host.behaviour.faults === undefined && this.#faults.length === 0) return undefined
    const file = name ?? splitPath(this.#disk.style, path ?? '').names.at(-1) ?? ''
    const rule = faultOf(this.#host, { ...use, file })
    if (rule?.vanish === true && path !== undefined) this.#disk.remove(path)
    // Every plan counts every call, whoever strikes.
    const planned = this.#faults.map((plan) => plan.decide({ ...use, file }))
    const fault = rule ?? planned.find((decision) => decision !== undefined)
    if (fault === undefined || !('code' in fault)) return fault
    throw systemError(fault.code, syscall, undefined, path)
  }

  #file(use: Omit<FsUse, 'file'>, syscall: string, fd: Fd): OpenFile & { flaw?: Flaw } {
    const file = this.#files.get(fd)
    const flaw = this.#enter(use, syscall, undefined, file?.node.name ?? '')
    if (file === undefined) throw systemError('EBADF', syscall)
    return flaw === undefined ? file : { ...file, flaw }
  }

  #syncable(use: Omit<FsUse, 'file'>, what: 'all' | 'data', fd: Fd): Inode {
    const file = this.#files.get(fd)
    try {
      return this.#file(use, what === 'all' ? 'fsync' : 'fdatasync', fd).node
    } catch (error) {
      this.#syncFailed(file?.node)
      throw error
    }
  }

  #syncFailed(node: Inode | undefined): void {
    if (node === undefined || this.#killed) return
    this.#disk.apply({ op: 'syncFailed', ino: node.ino })
  }

  #existing(path: string, syscall: string): Inode {
    const { node } = walk(this.#disk, path, syscall, true)
    if (node !== undefined) return node
    throw systemError('ENOENT', syscall, undefined, path)
  }

  #statAt(path: string, syscall: string, follow: boolean): FileStat | undefined {
    let node: Inode | undefined
    try {
      node = walk(this.#disk, path, syscall, follow).node
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOENT') throw error
    }
    return node === undefined ? undefined : statOf(node)
  }

  #mkdirUnlessThere(prefix: string, path: string, last: boolean): void {
    const fail = (code: string): Error => systemError(code, 'mkdir', undefined, path)
    const place = walk(this.#disk, prefix, 'mkdir', false)
    const node = place.node?.kind === 'symlink' ? this.#existing(prefix, 'mkdir') : place.node
    if (node?.kind === 'directory') return
    if (node !== undefined) throw fail(last ? 'EEXIST' : 'ENOTDIR')
    this.#requireWritable(place.parent, 'mkdir', path)
    const { ino } = this.#disk.create({ kind: 'directory', mode: 0o755 })
    this.#disk.apply({ op: 'link', dir: place.parent.ino, name: place.name, ino })
  }

  #createFile(place: Place, perm: number, path: string): Inode {
    this.#requireWritable(place.parent, 'open', path)
    const node = this.#disk.create({ kind: 'file', mode: perm & ~UMASK })
    this.#disk.apply({ op: 'link', dir: place.parent.ino, name: place.name, ino: node.ino })
    return node
  }

  #requireWritable(directory: DirectoryNode, syscall: string, path: string): void {
    if ((directory.mode & 0o200) === 0) throw systemError('EACCES', syscall, undefined, path)
  }

  #transfer(length: number, flaw: Flaw | undefined): number {
    const most = Math.min(length, this.#host.behaviour.maxTransfer ?? length)
    return flaw === undefined || 'late' in flaw ? most : shortened(most, flaw)
  }

  /** Windows replaces no file that somebody has open or mapped. */
  #isBusy(node: Inode): boolean {
    if (this.#disk.style !== 'windows') return false
    return this.#disk.inUse.isOpen(node) || this.#disk.inUse.isMapped(node)
  }
}
