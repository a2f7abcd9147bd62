import { createRequire } from 'node:module'
import { isAbsolute, join } from 'node:path'

/** What the choice of backends depends on; a test builds its own. */
export interface Host {
  readonly runtime: 'node' | 'bun' | 'deno'
  /** As `process.platform` says it. */
  readonly platform: string
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
let require_: ((name: string) => unknown) | undefined

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
    if (name.startsWith('node:')) return { module: builtIn(name) }
    require_ ??= createRequire(whereToLook())
    return { module: require_(name) }
  } catch (error) {
    return { error }
  }
}

// Those that not every Node has, so that no import statement may name them.
function builtIn(name: string): unknown {
  const module: unknown = process.getBuiltinModule(name)
  if (module === undefined) throw new Error(`No such built-in module: ${name}`)
  return module
}

// In a bundle for CommonJS there is no `import.meta.url`: addons are then those of the program.
function whereToLook(): string {
  const here: string | undefined = import.meta.url
  if (here !== undefined) return here
  const script = process.argv[1] ?? ''
  return isAbsolute(script) ? script : join(process.cwd(), 'index.js')
}
