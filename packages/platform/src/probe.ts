import type { PlatformEvidence } from '@batpak/profile-schema/evidence'
import type { PlatformBackend } from './backend.ts'
import { nodePlatform } from './node-platform.ts'

/**
 * Collects evidence about a directory: what it is, and which guarantees the host gives there.
 *
 * Writes, maps and removes one private one-byte file in it. It describes and never decides: a
 * missing or unsuitable directory is evidence too, so nothing is thrown and nothing is created
 * for it.
 */
export function probe(
  dataDir: string,
  backend: PlatformBackend = nodePlatform(),
): PlatformEvidence {
  return backend.probe(dataDir)
}
