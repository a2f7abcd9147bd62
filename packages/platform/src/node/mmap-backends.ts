import { systemError, errnoName } from '../system-error.ts'
import type { Candidate, Loaded } from './backend-chain.ts'
import type { Host } from './host.ts'
import { versionedName } from './host.ts'
import type { Libc } from './libc.ts'
import { koffiLibc, longestView, nodeFfiLibc } from './libc.ts'

/** An implementation of read-only, shared file maps. */
export interface MmapBackend {
  /** For diagnostics, with a version if it has one. */
  readonly name: string
  /** The largest map in bytes; without it, what the runtime can address. */
  readonly maxBytes?: number
  /**
   * Maps the first `size` bytes of the file. `size` is a positive integer, within `maxBytes` and
   * within the file. Failures carry the system's `code`, or its number as in `mmap failed, 12`.
   */
  map(fd: number, size: number): Uint8Array
  /**
   * Releases a map that this backend made. Without it the view is detached where the runtime can
   * (Node 22 and later), which lets its finalizer unmap, and is left to the garbage collector
   * elsewhere.
   */
  unmap?(view: Uint8Array): void
}

/** In the order in which they are tried. */
export const mmapCandidates: readonly Candidate<MmapBackend>[] = [
  { name: 'mmap-io', load: (host) => mmapIo(host, 'mmap-io') },
  { name: '@riaskov/mmap-io', load: (host) => mmapIo(host, '@riaskov/mmap-io') },
  { name: 'koffi', load: (host) => libcMmap(koffiLibc(host)) },
  { name: 'node:ffi', load: (host) => libcMmap(nodeFfiLibc(host)), lastResort: true },
]

/**
 * Detaches the memory of a view, so that every view of it has length 0 from now on. False where the
 * runtime cannot (Node 20).
 */
export function detach(view: Uint8Array): boolean {
  const buffer = view.buffer as ArrayBuffer & { transfer?: (newByteLength: number) => ArrayBuffer }
  if (buffer.transfer === undefined) return false
  buffer.transfer(0)
  return true
}

function mmapIo(host: Host, name: string): Loaded<MmapBackend> {
  // A symbol that Bun lacks ends the process when the addon is loaded: not even try.
  if (host.runtime !== 'node') throw new Error(`not used under ${host.runtime}`)
  const addon = host.load(name) as MmapIo
  if (typeof addon.map !== 'function') throw new Error('has no function map')
  const label = versionedName(host, name)
  const backend: MmapBackend = {
    name: label,
    // Size and offset are int32 there: larger numbers wrap around and map something else.
    maxBytes: 0x7fff_ffff,
    map: (fd, size) => addon.map(size, addon.PROT_READ, addon.MAP_SHARED, fd),
  }
  return { backend, label }
}

function libcMmap(libc: Libc): Loaded<MmapBackend> {
  const live = new WeakMap<Uint8Array, Mapping>()
  // For views that nobody could detach: their memory goes when the last reference went.
  const abandoned = new FinalizationRegistry<Mapping>(({ address, size }) => {
    libc.munmap(address, size)
  })
  const backend: MmapBackend = {
    name: libc.label,
    maxBytes: longestView,
    map(fd, size) {
      const result = libc.mmap(fd, size)
      if ('errno' in result) throw systemError(errnoName(result.errno), 'mmap')
      const mapping = { address: result.address, size }
      const buffer = libc.view(result.address, size)
      const view = new Uint8Array(buffer)
      live.set(view, mapping)
      abandoned.register(buffer, mapping, buffer)
      return view
    },
    unmap(view) {
      const mapping = live.get(view)
      const buffer = view.buffer
      // First detach, then unmap: a read through a view of unmapped memory ends the process.
      if (mapping === undefined || !detach(view)) return
      live.delete(view)
      abandoned.unregister(buffer)
      const errno = libc.munmap(mapping.address, mapping.size)
      if (errno !== 0) throw systemError(errnoName(errno), 'munmap')
    },
  }
  return { backend, label: libc.label }
}

interface Mapping {
  readonly address: bigint
  readonly size: number
}

interface MmapIo {
  map(size: number, protection: number, flags: number, fd: number): Uint8Array
  readonly PROT_READ: number
  readonly MAP_SHARED: number
}
