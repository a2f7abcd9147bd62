// The package koffi and node:ffi are rarely installed where these tests run, so a stand-in of koffi
// shows in which order memory is detached and unmapped, and how errno travels.
import { describe, expect, it } from 'vitest'
import { BackendChain } from '../../src/node/backend-chain.ts'
import { lockCandidates } from '../../src/node/lock-backends.ts'
import { koffiLibc, nodeFfiLibc } from '../../src/node/libc.ts'
import { mmapCandidates } from '../../src/node/mmap-backends.ts'
import { hostLoading } from '../support/host.ts'

const canDetach = 'transfer' in ArrayBuffer.prototype
const failed = 0xffff_ffff_ffff_ffffn

/** A C library whose mmap hands out ordinary memory. */
function fakeKoffi(errno = 0): { koffi: object; calls: string[] } {
  const calls: string[] = []
  const memory = new Map<bigint, ArrayBuffer>()
  const functions: Record<string, (...args: unknown[]) => unknown> = {
    flock: (fd, operation) => {
      calls.push(`flock ${String(fd)} ${String(operation)}`)
      return errno === 0 ? 0 : -1
    },
    mmap: (_address, size, protection, flags, fd, offset) => {
      calls.push(`mmap ${[size, protection, flags, fd, offset].join(' ')}`)
      if (errno !== 0) return failed
      memory.set(4096n, new ArrayBuffer(Number(size)))
      return 4096n
    },
    munmap: (address, size) => {
      const detached = memory.get(address as bigint)?.byteLength === 0
      calls.push(`munmap ${String(size)} ${detached ? 'detached' : 'attached'}`)
      return 0
    },
  }
  const koffi = {
    version: '3.0.0',
    load: () => ({ func: (text: string) => functions[/(\w+)\(/.exec(text)?.[1] ?? ''] }),
    address: (pointer: bigint) => pointer,
    view: (address: bigint) => memory.get(address),
    errno: () => errno,
  }
  return { koffi, calls }
}

describe('the C library', () => {
  it('maps read-only and shared from offset 0, and unmaps only what was detached', () => {
    const { koffi, calls } = fakeKoffi()
    const chain = new BackendChain(mmapCandidates, hostLoading({ koffi }), 'BATPAK_MMAP')
    const { backend, label } = chain.loaded().next().value!
    expect(label).toBe('koffi@3.0.0')
    const view = backend.map(7, 100)
    expect(view).toHaveLength(100)
    expect(calls).toEqual(['mmap 100 1 1 7 0'])
    backend.unmap?.(view)
    backend.unmap?.(view)
    expect(calls.slice(1)).toEqual(canDetach ? ['munmap 100 detached'] : [])
  })

  it('locks exclusively without waiting, and names the errno of a failure', () => {
    const free = fakeKoffi()
    const held = fakeKoffi(11)
    const backendOf = (koffi: object) =>
      new BackendChain(lockCandidates, hostLoading({ koffi }), 'BATPAK_LOCK').loaded().next().value!
        .backend
    expect(backendOf(free.koffi).tryLock(5)).toBe(true)
    expect(free.calls).toEqual(['flock 5 6'])
    expect(() => backendOf(held.koffi).tryLock(5)).toThrow(
      expect.objectContaining({ code: 'EAGAIN', errno: -11 }),
    )
  })

  it('turns a failed map into the system error', () => {
    const { koffi } = fakeKoffi(12)
    const chain = new BackendChain(mmapCandidates, hostLoading({ koffi }), 'BATPAK_MMAP')
    expect(() => chain.loaded().next().value?.backend.map(7, 100)).toThrow(
      expect.objectContaining({ code: 'ENOMEM', syscall: 'mmap' }),
    )
  })

  it('is not called where size_t is 32 bits wide, nor on Windows, nor node:ffi under Bun', () => {
    const { koffi } = fakeKoffi()
    expect(() => koffiLibc(hostLoading({ koffi }, { arch: 'arm' }))).toThrow(/32-bit/)
    expect(() => koffiLibc(hostLoading({ koffi }, { platform: 'win32' }))).toThrow(/Windows/)
    expect(() => nodeFfiLibc(hostLoading({ 'node:ffi': {} }, { runtime: 'bun' }))).toThrow(/bun/)
  })
})
