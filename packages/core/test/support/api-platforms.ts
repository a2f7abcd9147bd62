import { readSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { nodePlatform, type PlatformBackend } from '@batpak/platform'
import type { StorePathEvidence } from '@batpak/profile-schema'

/** Permission bits, symbolic links, flock. */
export const unix: boolean = process.platform !== 'win32'

/** This machine, with evidence that the test makes up. */
export function platformWithEvidence(changes: Partial<StorePathEvidence>): PlatformBackend {
  const real = nodePlatform()
  return {
    ...real,
    probe(dataDir, options) {
      const evidence = real.probe(dataDir, options)
      return { ...evidence, storePath: { ...evidence.storePath, ...changes } }
    },
  }
}

/** This machine; where no addon maps, with maps that are copies, so that the evidence is the same. */
export function mappingPlatform(dataDir: string): PlatformBackend {
  const real = nodePlatform()
  if (real.probe(dataDir).storePath.mmapIndex === 'FileBacked') return real
  return nodePlatform({
    mmap: {
      name: 'copy',
      map(fd, size) {
        const copy = new Uint8Array(size)
        readSync(fd, copy, 0, size, 0)
        return copy
      },
    },
  })
}

/** A profile of the repository's fixtures. */
export function profileFixture(name: string): string {
  const here = dirname(fileURLToPath(import.meta.url))
  return join(here, '../../../../fixtures/platform', name)
}
