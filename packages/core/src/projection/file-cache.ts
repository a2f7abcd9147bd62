/** A projection cache in files: one per key, in batpak 0.8.0's layout. */
import {
  nodePlatform,
  readWholeFile,
  replaceFile,
  type FileBackend,
  type PlatformBackend,
} from '@batpak/platform'
import { join } from 'node:path'
import { StoreError, isStoreError } from '../errors.ts'
import { checkOptionNames, describeType } from '../options.ts'
import type { CacheMeta, ProjectionCache } from './cache.ts'
import { decodeCacheFile, encodeCacheFile } from './cache-file.ts'

export interface FileCacheOptions {
  /** The machine that has the files; default `nodePlatform()`. */
  readonly platform?: PlatformBackend
}

/** A file name has at most 255 bytes: two per byte of the key, and the extension. */
const KEY_BYTES_MAX = 125
const ENTRY = /^(?:[0-9a-f]{2}){1,125}\.bin$/
const SHARD = /^[0-9a-f]{2}$/

/**
 * A cache below the directory `root`, which is made when the first state is kept. Files are replaced
 * atomically and never synced: losing the cache loses nothing. Several stores and processes may share
 * it. States of entities whose names are longer than 92 bytes are not kept.
 *
 * Its methods throw StoreError `CacheFailed`: for what the file system refuses, for symbolic links, and
 * where a directory or a file stands in the place of the other.
 *
 * @throws TypeError for anything but a path
 */
export function fileCache(root: string, options: FileCacheOptions = {}): ProjectionCache {
  if (typeof root !== 'string' || root === '') {
    throw new TypeError(`fileCache: root must be a path, got ${describeType(root)}`)
  }
  checkOptionNames('fileCache options', options, NAMES)
  return new FileCache(root, options.platform ?? nodePlatform())
}

const NAMES: ReadonlySet<string> = new Set(['platform'])

class FileCache implements ProjectionCache {
  readonly #root: string
  readonly #backend: FileBackend

  constructor(root: string, backend: FileBackend) {
    this.#root = root
    this.#backend = backend
  }

  get(key: Uint8Array): { readonly value: Uint8Array; readonly meta: CacheMeta } | undefined {
    const hex = keyHex(key)
    const path = this.#entryPath(hex)
    return attempt('read', path, () => {
      if (!this.#isThere(this.#root, 'directory')) return undefined
      if (!this.#isThere(this.#shardPath(hex), 'directory')) return undefined
      if (!this.#isThere(path, 'file')) return undefined
      const bytes = unlessGone(() => readWholeFile(this.#backend.fs, path))
      const found = bytes && decodeCacheFile(bytes)
      if (bytes !== undefined && found === undefined) this.#remove(path)
      return found
    })
  }

  put(key: Uint8Array, value: Uint8Array, meta: CacheMeta): void {
    const hex = keyHex(key)
    const path = this.#entryPath(hex)
    attempt('write', path, () => {
      if (key.length > KEY_BYTES_MAX) {
        throw new RangeError(`the key has ${key.length} bytes, a file name takes ${KEY_BYTES_MAX}`)
      }
      const { fs } = this.#backend
      for (const directory of [this.#root, this.#shardPath(hex)]) {
        if (!this.#isThere(directory, 'directory')) fs.mkdirp(directory)
      }
      this.#isThere(path, 'file')
      replaceFile(this.#backend, path, encodeCacheFile(value, meta))
    })
  }

  deletePrefix(prefix: Uint8Array): number {
    const hex = hexOf('deletePrefix', prefix)
    return attempt('remove from', this.#root, () => {
      if (!this.#isThere(this.#root, 'directory')) return 0
      let removed = 0
      for (const shard of this.#backend.fs.readdir(this.#root)) {
        if (!SHARD.test(shard) || !(hex.startsWith(shard) || hex === '')) continue
        if (!this.#isThere(join(this.#root, shard), 'directory')) continue
        for (const name of this.#backend.fs.readdir(join(this.#root, shard))) {
          if (!ENTRY.test(name) || !name.startsWith(shard) || !name.startsWith(hex)) continue
          if (this.#remove(join(this.#root, shard, name))) removed += 1
        }
      }
      return removed
    })
  }

  sync(): void {
    // Nothing here is worth waiting for a disk.
  }

  /** False when nothing is there. @throws what is there instead, a symbolic link above all */
  #isThere(path: string, wanted: 'file' | 'directory'): boolean {
    const found = unlessGone(() => this.#backend.fs.lstat(path))
    if (found === undefined) return false
    if (found.kind === wanted) return true
    throw new StoreError('CacheFailed', { reason: `${path} is no ${wanted} but a ${found.kind}` })
  }

  /** False when somebody else was faster. */
  #remove(path: string): boolean {
    return unlessGone(() => (this.#backend.fs.unlink(path), true)) === true
  }

  #shardPath(hex: string): string {
    return join(this.#root, hex.slice(0, 2))
  }

  #entryPath(hex: string): string {
    return join(this.#shardPath(hex), `${hex}.bin`)
  }
}

function keyHex(key: unknown): string {
  const hex = hexOf('key', key)
  if (hex !== '') return hex
  throw new TypeError('fileCache: key must not be empty')
}

function hexOf(what: string, bytes: unknown): string {
  if (bytes instanceof Uint8Array) return Buffer.from(bytes).toString('hex')
  throw new TypeError(`fileCache: ${what} must be a Uint8Array, got ${describeType(bytes)}`)
}

/** Undefined when the file or directory is not there (any more). */
function unlessGone<T>(run: () => T): T | undefined {
  try {
    return run()
  } catch (error) {
    if ((error as { code?: unknown } | undefined)?.code === 'ENOENT') return undefined
    throw error
  }
}

function attempt<T>(operation: string, path: string, run: () => T): T {
  try {
    return run()
  } catch (cause) {
    if (isStoreError(cause, 'CacheFailed')) throw cause
    throw new StoreError('CacheFailed', { reason: `cannot ${operation} ${path}` }, { cause })
  }
}
