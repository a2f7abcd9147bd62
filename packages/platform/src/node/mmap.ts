import type { MmapEvidence } from '@batpak/profile-schema/evidence'
import { fstatSync } from 'node:fs'
import type { BackendStatus, Fd } from '../backend.ts'
import { errnoName, errorCode, errorMessage, systemError } from '../system-error.ts'
import type { BackendChain, Loaded } from './backend-chain.ts'
import { longestView } from './libc.ts'
import type { MmapBackend } from './mmap-backends.ts'
import { detach } from './mmap-backends.ts'

/** Maps files with the first backend that loads and whose probe read the right byte. */
export class NodeMmap {
  readonly #chain: BackendChain<MmapBackend>
  readonly #views = new WeakMap<Uint8Array, View>()
  #status: BackendStatus = { backend: 'none', probe: 'not probed' }

  constructor(chain: BackendChain<MmapBackend>) {
    this.#chain = chain
  }

  /** True when some backend loads. */
  available(): boolean {
    if (this.#chain.any) return true
    this.#status = { backend: 'none', probe: this.#chain.reasons() }
    return false
  }

  /** See `PlatformFs.map`. */
  map(fd: Fd, size: number): Uint8Array {
    if (!Number.isSafeInteger(size) || size < 0) {
      throw new RangeError(`map: size must be a count of bytes, got ${size}`)
    }
    if (size === 0) throw systemError('EINVAL', 'mmap', 'an empty file cannot be mapped')
    const candidate = this.#candidateFor(size)
    // Touching a page beyond the end of a file kills the process, so no map may reach there.
    const fileSize = fstatSync(fd).size
    if (size > fileSize) {
      throw systemError('EINVAL', 'mmap', `${size} bytes of a file of ${fileSize}`)
    }
    return this.#mapWith(candidate, fd, size)
  }

  /** See `PlatformFs.unmap`. */
  unmap(view: Uint8Array): void {
    const known = this.#views.get(view)
    if (known === undefined) throw new TypeError('unmap: the view was not made by map')
    if (known.released) return
    known.released = true
    if (known.backend.unmap === undefined) detach(view)
    else known.backend.unmap(known.made)
  }

  /** Maps a file of the single byte `expected` and says what that proves. */
  probe(fd: Fd, expected: number): MmapEvidence {
    let failure: string | undefined
    for (const candidate of this.#chain.loaded()) {
      const { label } = candidate
      let view: Uint8Array
      try {
        view = this.#mapWith(candidate, fd, 1)
      } catch (error) {
        const code = errorCode(error)
        if (code === undefined) {
          // Not the system's word: the backend itself is broken, so the next one gets its chance.
          this.#chain.exclude(candidate, errorMessage(error))
          failure ??= errorMessage(error)
          continue
        }
        const evidence = unsupportedCodes.has(code) ? 'ObservedUnsupported' : 'ProbeFailed'
        this.#status = { backend: label, probe: `${evidence}: ${errorMessage(error)}` }
        return evidence
      }
      const right = view.length === 1 && view[0] === expected
      this.unmap(view)
      if (right) {
        this.#status = { backend: label, probe: 'ok' }
        return 'FileBacked'
      }
      this.#chain.exclude(candidate, 'a map showed other bytes than the file has')
      failure ??= 'wrong bytes'
    }
    this.#status = { backend: 'none', probe: this.#chain.reasons() }
    return failure === undefined ? 'ObservedUnsupported' : 'ProbeFailed'
  }

  status(): BackendStatus {
    return this.#status
  }

  // A file too large for one backend may fit the next.
  #candidateFor(size: number): Loaded<MmapBackend> {
    let tooLarge: string | undefined
    for (const candidate of this.#chain.loaded()) {
      const limit = Math.min(candidate.backend.maxBytes ?? longestView, longestView)
      if (size <= limit) return candidate
      tooLarge ??= `${candidate.label} maps at most ${limit} bytes, not ${size}`
    }
    if (tooLarge !== undefined) throw systemError('EFBIG', 'mmap', tooLarge)
    throw systemError('ENOTSUP', 'mmap', `nothing can map here (${this.#chain.reasons()})`)
  }

  #mapWith(candidate: Loaded<MmapBackend>, fd: Fd, size: number): Uint8Array {
    let made: Uint8Array
    try {
      made = candidate.backend.map(fd, size)
    } catch (error) {
      throw withCode(error)
    }
    if (this.#status.backend === 'none') {
      this.#status = { backend: candidate.label, probe: 'not probed' }
    }
    // Never a Buffer, whose `slice` is no copy: what is meant as a copy would be mapped memory.
    const view = new Uint8Array(made.buffer, made.byteOffset, made.byteLength)
    this.#views.set(view, { backend: candidate.backend, made, released: false })
    return view
  }
}

interface View {
  readonly backend: MmapBackend
  /** What the backend returned and wants back. */
  readonly made: Uint8Array
  released: boolean
}

const unsupportedCodes = new Set(['EACCES', 'EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'])

// mmap-io throws `Error('mmap failed, 12')`: the errno is only in the text.
function withCode(error: unknown): unknown {
  if (errorCode(error) !== undefined) return error
  const errno = /failed, (\d+)$/.exec(errorMessage(error))?.[1]
  return errno === undefined ? error : systemError(errnoName(Number(errno)), 'mmap')
}
