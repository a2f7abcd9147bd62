import { readSync } from 'node:fs'
import Module from 'node:module'
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

/**
 * Lets the store load `@batpak/profile-schema` with `require`, as it does for a configured profile.
 * Test processes resolve packages to their TypeScript sources, which Node 20 cannot load by itself:
 * there the built files stand in.
 */
export function loadProfileSchemaNatively(): void {
  const loader = Module as unknown as { _resolveFilename: (...args: unknown[]) => string }
  const resolve = loader._resolveFilename
  if ((process.features as { readonly typescript?: unknown }).typescript) return
  loader._resolveFilename = (...args) =>
    resolve(...args).replace(/([/\\]profile-schema[/\\])src([/\\][\w-]+)\.ts$/, '$1dist$2.js')
}

/** A profile of the repository's fixtures. */
export function profileFixture(name: string): string {
  const here = dirname(fileURLToPath(import.meta.url))
  return join(here, '../../../../fixtures/platform', name)
}
