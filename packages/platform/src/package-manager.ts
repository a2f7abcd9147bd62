import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'

/** Who installs packages here, as far as the project and the environment show. */
export interface PackageManager {
  readonly name: 'npm' | 'pnpm' | 'yarn' | 'bun' | 'unknown'
  /** Known only when the process was started by it. */
  readonly version?: string
  /** Which file or variable says so. */
  readonly source: string
}

/** Looks for a lockfile from `directory` upwards; without one, the environment of `npx` and the like. */
export function detectPackageManager(
  directory: string,
  env: Readonly<Record<string, string | undefined>>,
): PackageManager {
  // For example `pnpm/10.34.9 npm/? node/v20.20.2 linux x64`.
  const agent = /^(npm|pnpm|yarn|bun)\/(\S+)/.exec(env['npm_config_user_agent'] ?? '')
  const fromAgent = agent?.[1] as 'npm' | 'pnpm' | 'yarn' | 'bun' | undefined
  const lockfile = nearestLockfile(directory)
  const name = lockfile?.name ?? fromAgent
  if (name === undefined) return { name: 'unknown', source: 'no lockfile found' }
  const source = lockfile?.path ?? 'npm_config_user_agent'
  const version = name === fromAgent ? agent?.[2] : undefined
  return { name, source, ...(version === undefined ? {} : { version }) }
}

const lockfiles = [
  { file: 'pnpm-lock.yaml', name: 'pnpm' },
  { file: 'package-lock.json', name: 'npm' },
  { file: 'yarn.lock', name: 'yarn' },
  { file: 'bun.lock', name: 'bun' },
  { file: 'bun.lockb', name: 'bun' },
] as const

function nearestLockfile(
  directory: string,
): { readonly name: (typeof lockfiles)[number]['name']; readonly path: string } | undefined {
  for (let at = directory; ; at = dirname(at)) {
    for (const { file, name } of lockfiles) {
      if (existsSync(join(at, file))) return { name, path: join(at, file) }
    }
    if (dirname(at) === at) return undefined
  }
}
