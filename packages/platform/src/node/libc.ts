import { constants as bufferConstants } from 'node:buffer'
import type { Host } from './host.ts'

/** The three C functions that locks and maps need, called through a foreign function interface. */
export interface Libc {
  readonly label: string
  /** 0, or the errno of the failure. */
  flock(fd: number, operation: number): number
  /** Maps read-only and shared from offset 0. */
  mmap(fd: number, size: number): { readonly address: bigint } | { readonly errno: number }
  /** 0, or the errno of the failure. */
  munmap(address: bigint, size: number): number
  /** The bytes at an address, without a copy. */
  view(address: bigint, size: number): ArrayBuffer
}

/** No foreign view may be longer: above it a view aborts the process instead of throwing. */
export const longestView: number = bufferConstants.MAX_LENGTH

/** The C library through the package `koffi`, which needs no compiler and no install script. */
export function koffiLibc(host: Host): Libc {
  assertWide(host)
  const koffi = host.load('koffi') as Koffi
  const lib = koffi.load(null)
  const flock = lib.func('int flock(int, int)')
  const mmap = lib.func('void *mmap(void *, size_t, int, int, int, int64_t)')
  const munmap = lib.func('int munmap(void *, size_t)')
  return {
    label: `koffi@${koffi.version}`,
    flock: (fd, operation) => (flock(fd, operation) === 0 ? 0 : koffi.errno()),
    mmap(fd, size) {
      const address = koffi.address(mmap(null, size, protRead, mapShared, fd, 0))
      return address === mapFailed ? { errno: koffi.errno() } : { address }
    },
    munmap: (address, size) => (munmap(address, size) === 0 ? 0 : koffi.errno()),
    view: (address, size) => koffi.view(address, size),
  }
}

/** The C library through `node:ffi` (Node 26.1 and later, experimental: its first use warns). */
export function nodeFfiLibc(host: Host): Libc {
  assertWide(host)
  if (host.runtime !== 'node') throw new Error(`not used under ${host.runtime}`)
  const errnoSymbol = host.platform === 'darwin' ? '__error' : '__errno_location'
  const ffi = host.load('node:ffi') as NodeFfi
  const { functions } = ffi.dlopen(null, {
    flock: { arguments: ['int32', 'int32'], return: 'int32' },
    mmap: {
      arguments: ['pointer', 'uint64', 'int32', 'int32', 'int32', 'int64'],
      return: 'pointer',
    },
    munmap: { arguments: ['pointer', 'uint64'], return: 'int32' },
    [errnoSymbol]: { arguments: [], return: 'pointer' },
  })
  const call = (name: string, ...args: (number | bigint)[]): number | bigint => {
    const entry = functions[name]
    if (entry === undefined) throw new Error(`node:ffi did not bind ${name}`)
    return entry(...args)
  }
  const errno = (): number => ffi.getInt32(BigInt(call(errnoSymbol)), 0)
  return {
    label: 'node:ffi',
    flock: (fd, operation) => (call('flock', fd, operation) === 0 ? 0 : errno()),
    mmap(fd, size) {
      const address = BigInt(call('mmap', 0n, BigInt(size), protRead, mapShared, fd, 0n))
      return address === mapFailed ? { errno: errno() } : { address }
    },
    munmap: (address, size) => (call('munmap', address, BigInt(size)) === 0 ? 0 : errno()),
    view: (address, size) => ffi.toArrayBuffer(address, size, false),
  }
}

const protRead = 1
const mapShared = 1
const mapFailed = 0xffff_ffff_ffff_ffffn // (void *)-1

// The signatures above have 64-bit size_t and off_t.
function assertWide(host: Host): void {
  if (['arm', 'ia32', 'mips', 'mipsel', 'ppc'].includes(host.arch)) {
    throw new Error(`not used on the 32-bit architecture ${host.arch}`)
  }
  if (host.platform === 'win32') throw new Error('Windows has neither flock(2) nor mmap(2)')
}

interface Koffi {
  readonly version: string
  load(path: null): { func(declaration: string): (...args: unknown[]) => unknown }
  address(pointer: unknown): bigint
  view(address: bigint, size: number): ArrayBuffer
  errno(): number
}

interface NodeFfi {
  dlopen(
    path: null,
    definitions: Record<string, { arguments: string[]; return: string }>,
  ): { functions: Record<string, (...args: (number | bigint)[]) => number | bigint> }
  getInt32(address: bigint, offset: number): number
  toArrayBuffer(address: bigint, size: number, copy: boolean): ArrayBuffer
}
