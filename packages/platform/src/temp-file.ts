import { join } from 'node:path'
import type { Fd, PlatformBackend, PlatformFs } from './backend.ts'
import { errorCode } from './system-error.ts'

/** An open, empty, private file beside the file that it will become. */
export interface TempFile {
  readonly path: string
  readonly fd: Fd
}

/** Creates `.tmp` + 6 random alphanumerics in `directory`; names that exist are not touched. */
export function createTempFile(
  backend: Pick<PlatformBackend, 'fs' | 'random'>,
  directory: string,
  perm: number,
): TempFile {
  for (let attempt = 1; ; attempt++) {
    const path = join(directory, `.tmp${randomSuffix(backend)}`)
    try {
      return { path, fd: backend.fs.open(path, 'create-new', perm) }
    } catch (error) {
      if (errorCode(error) !== 'EEXIST' || attempt === maxAttempts) throw error
    }
  }
}

/** Closes and removes a file of which nothing shall remain; failures to do so are dropped. */
export function discardFile(fs: PlatformFs, file: TempFile): void {
  ignoreFailure(() => fs.close(file.fd))
  ignoreFailure(() => fs.unlink(file.path))
}

/** Runs a cleanup after a failure that matters more than whatever the cleanup throws. */
export function ignoreFailure(cleanup: () => void): void {
  try {
    cleanup()
  } catch {
    // the failure itself is what the caller must see
  }
}

const maxAttempts = 100
const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'

// 256 is no multiple of 62, so some letters are a little likelier: collisions are retried anyway.
function randomSuffix(backend: Pick<PlatformBackend, 'random'>): string {
  const bytes = new Uint8Array(6)
  backend.random(bytes)
  return Array.from(bytes, (byte) => alphabet.charAt(byte % alphabet.length)).join('')
}
