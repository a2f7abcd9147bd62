import { basename } from 'node:path'
import {
  nodePlatform,
  systemError,
  type Clock,
  type PlatformBackend,
  type PlatformFs,
} from '@batpak/platform'

/** One call of the file system as the store made it. */
export interface FsCall {
  readonly name: keyof PlatformFs
  /** The name of the file, also where the call got a descriptor. */
  readonly file: string
  /** `all` or `data` of an fsync. */
  readonly what?: string
}

type Call = (...args: unknown[]) => unknown

/** The real platform with a record of every file system call, and faults on demand. */
export class FaultPlatform implements PlatformBackend {
  readonly calls: FsCall[] = []
  readonly fs: PlatformFs
  readonly clock: Clock
  readonly random: PlatformBackend['random']
  readonly probe: PlatformBackend['probe']
  readonly backends: PlatformBackend['backends']
  /** A call for which this gives an error code is not made and fails with that code. */
  refuse: ((call: FsCall) => string | undefined) | undefined
  /** How many bytes still fit on the disk; undefined = as many as there are. */
  spaceLeft: number | undefined
  /** The most bytes that one write takes. */
  writeLimit = Infinity
  readonly #paths = new Map<unknown, string>()

  constructor(real: PlatformBackend = nodePlatform()) {
    this.clock = real.clock
    this.random = real.random
    this.probe = (dataDir, options) => real.probe(dataDir, options)
    this.backends = () => real.backends()
    this.fs = Object.fromEntries(
      Object.entries(real.fs).map(([name, call]) => [
        name,
        (...args: unknown[]) => this.#run(name as keyof PlatformFs, call as Call, args),
      ]),
    ) as unknown as PlatformFs
  }

  /** The calls of one name since the last `forget`, as file names. */
  filesOf(name: keyof PlatformFs): string[] {
    return this.calls.filter((call) => call.name === name).map((call) => call.file)
  }

  /** Puts another function in the place of one; returns what puts it back. */
  override<K extends keyof PlatformFs>(
    name: K,
    make: (real: PlatformFs[K]) => PlatformFs[K],
  ): () => void {
    const real = this.fs[name]
    this.fs[name] = make(real)
    return () => {
      this.fs[name] = real
    }
  }

  forget(): void {
    this.calls.length = 0
  }

  #run(name: keyof PlatformFs, call: Call, args: unknown[]): unknown {
    const path = typeof args[0] === 'string' ? args[0] : (this.#paths.get(args[0]) ?? '')
    const what = name === 'fsync' ? { what: String(args[1]) } : {}
    const made: FsCall = { name, file: basename(path), ...what }
    this.calls.push(made)
    const code = this.refuse?.(made)
    if (code !== undefined) throw systemError(code, name, undefined, path)
    if (name === 'pwrite') return this.#write(call, args)
    const result = call(...args)
    if (name === 'open') this.#paths.set(result, path)
    if (name === 'rename') this.#renamed(path, String(args[1]))
    if (name === 'close') this.#paths.delete(args[0])
    return result
  }

  #write(call: Call, [fd, data, position, length]: unknown[]): unknown {
    const wanted = Math.min((length as number) ?? (data as Uint8Array).length, this.writeLimit)
    if (this.spaceLeft === undefined) return call(fd, data, position, wanted)
    if (this.spaceLeft === 0) throw systemError('ENOSPC', 'write')
    const written = call(fd, data, position, Math.min(wanted, this.spaceLeft)) as number
    this.spaceLeft -= written
    return written
  }

  #renamed(from: string, to: string): void {
    for (const [fd, path] of this.#paths) if (path === from) this.#paths.set(fd, to)
  }
}
