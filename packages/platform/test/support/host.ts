import type { AssembledPlatform, NodePlatformOptions } from '../../src/node-platform.ts'
import { assemblePlatform } from '../../src/node-platform.ts'
import type { Host } from '../../src/node/host.ts'
import { thisHost } from '../../src/node/host.ts'

/** A platform of this process whose backends are forced as `BATPAK_LOCK` and `BATPAK_MMAP` would. */
export function platformWith(
  forced: { lock?: string; mmap?: string },
  injected: NodePlatformOptions = {},
): AssembledPlatform {
  return assemblePlatform(hostWith(forced), injected)
}

export function hostWith(forced: { lock?: string; mmap?: string }): Host {
  const env = { ...process.env, BATPAK_LOCK: forced.lock, BATPAK_MMAP: forced.mmap }
  return { ...thisHost(), env }
}

/** A host on which these packages and built-in modules load, and no others. */
export function hostLoading(modules: Record<string, unknown>, changes: Partial<Host> = {}): Host {
  return {
    runtime: 'node',
    platform: 'linux',
    arch: 'x64',
    env: {},
    load(name) {
      if (name in modules) return modules[name]
      throw new Error(`Cannot find module '${name}'\nRequire stack:\n- /somewhere/host.js`)
    },
    ...changes,
  }
}
