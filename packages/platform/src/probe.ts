import type { PlatformEvidence } from '@batpak/profile-schema/evidence'
import { requireMembers, requirePath } from './argument-checks.ts'
import type { PlatformBackend } from './backend.ts'
import { nodePlatform } from './node-platform.ts'

/**
 * Collects evidence about a directory: what it is, and which guarantees the host gives there.
 *
 * Writes, maps and removes one private one-byte file in it. It describes and never decides: a
 * missing or unsuitable directory is evidence too, so nothing is thrown and nothing is created
 * for it.
 *
 * @throws TypeError for arguments of the wrong type
 */
export function probe(
  dataDir: string,
  backend: PlatformBackend = nodePlatform(),
): PlatformEvidence {
  requirePath('probe', 'dataDir', dataDir)
  requireMembers('probe', 'backend', backend, { probe: 'function' })
  return backend.probe(dataDir)
}
