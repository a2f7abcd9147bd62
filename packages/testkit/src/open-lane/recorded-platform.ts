import type { PlatformBackend, PlatformFs } from '@batpak/platform'

/** One call that the code under test made. */
export interface RecordedCall {
  readonly call: keyof PlatformFs
  /** The path it was given, or the one that its descriptor was opened with. */
  readonly path: string
  readonly mode?: string
  readonly ok: boolean
  readonly result?: unknown
}

export interface Recording {
  readonly platform: PlatformBackend
  readonly calls: readonly RecordedCall[]
  /** Paths of descriptors that were opened and not closed. */
  openDescriptors(): string[]
}

/** Passes every call on and keeps what was called, in order; probes are the backend's own affair. */
export function recordedPlatform(inner: PlatformBackend): Recording {
  const calls: RecordedCall[] = []
  const paths = new Map<number, string>()
  const fs = new Proxy(inner.fs, {
    get(target, property) {
      const method: unknown = Reflect.get(target, property, target)
      if (typeof method !== 'function') return method
      const call = property as keyof PlatformFs
      return (...args: unknown[]): unknown => {
        const [first, mode] = args
        const path =
          typeof first === 'number' ? (paths.get(first) ?? `descriptor ${first}`) : String(first)
        const shown = call === 'rename' ? String(args[1]) : path
        const known = call === 'open' ? { path: shown, mode: String(mode) } : { path: shown }
        try {
          const result: unknown = Reflect.apply(method, target, args)
          calls.push({ call, ...known, ok: true, result })
          if (call === 'open') paths.set(result as number, path)
          if (call === 'close') paths.delete(first as number)
          return result
        } catch (error) {
          calls.push({ call, ...known, ok: false })
          throw error
        }
      }
    },
  })
  return {
    platform: {
      fs,
      clock: inner.clock,
      random: (out) => inner.random(out),
      probe: (dataDir, options) => inner.probe(dataDir, options),
      backends: () => inner.backends(),
    },
    calls,
    openDescriptors: () => [...paths.values()],
  }
}
