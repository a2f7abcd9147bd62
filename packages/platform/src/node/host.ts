import { createRequire } from 'node:module'

/** What the choice of backends depends on; a test builds its own. */
export interface Host {
  readonly runtime: 'node' | 'bun' | 'deno'
  readonly platform: NodeJS.Platform
  readonly arch: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Loads a package or a built-in module, or throws why it cannot. */
  readonly load: (name: string) => unknown
}

/** The process that runs now. */
export function thisHost(): Host {
  return {
    runtime:
      process.versions['bun'] !== undefined
        ? 'bun'
        : process.versions['deno'] !== undefined
          ? 'deno'
          : 'node',
    platform: process.platform,
    arch: process.arch,
    env: process.env,
    load: loadOnce,
  }
}

/** `mmap-io@1.1.7`, or the bare name when the package hides its manifest. */
export function versionedName(host: Host, name: string): string {
  try {
    const { version } = host.load(`${name}/package.json`) as { version?: unknown }
    return typeof version === 'string' ? `${name}@${version}` : name
  } catch {
    return name // the manifest is not exported: the label just lacks the version
  }
}

type Outcome = { readonly module: unknown } | { readonly error: unknown }

const outcomes = new Map<string, Outcome>()
let require_: NodeJS.Require | undefined

// A failed load is remembered as well: a second attempt at a native addon is not always harmless.
function loadOnce(name: string): unknown {
  let outcome = outcomes.get(name)
  if (outcome === undefined) {
    outcome = attempt(name)
    outcomes.set(name, outcome)
  }
  if ('error' in outcome) throw outcome.error
  return outcome.module
}

function attempt(name: string): Outcome {
  try {
    // Created on demand: in a bundle without import.meta.url this throws, and only addons are lost.
    require_ ??= createRequire(import.meta.url)
    return { module: require_(name) }
  } catch (error) {
    return { error }
  }
}
