import type { PackageManager } from './package-manager.ts'

/** One way to get what is missing. */
export interface Repair {
  /** Whom it is for, such as `npm 12 or later` or `pnpm, without a compiler`. */
  readonly for: string
  readonly steps: readonly RepairStep[]
}

/** A command to run, or lines that a file of the project must contain. */
export type RepairStep =
  { readonly run: string } | { readonly file: string; readonly lines: readonly string[] }

export interface Missing {
  /** Addons that would serve a need that nothing serves now. */
  readonly addons: readonly string[]
  /** Those of them that are installed and do not load: never built, or built for another Node. */
  readonly unbuilt: readonly string[]
  /** Environment variables that keep backends from being tried at all. */
  readonly variables: readonly string[]
}

/** The exact commands for this package manager; for both common ones when it is unknown. */
export function repairsFor(missing: Missing, manager: PackageManager, runtime: string): Repair[] {
  return [...unsetVariables(missing), ...addonRepairs(missing, manager, runtime)]
}

function addonRepairs(missing: Missing, manager: PackageManager, runtime: string): Repair[] {
  if (missing.addons.length === 0) return []
  // Native addons of the older interface do not load under Bun and Deno; koffi does.
  if (runtime !== 'node') return [withoutCompiler(manager.name, runtime)]
  const major = Number.parseInt(manager.version ?? '', 10) // NaN when unknown
  const npm = [npm11(missing), npm12(missing)]
  const pnpm = [pnpm10(missing), pnpm11(missing)]
  switch (manager.name) {
    case 'npm':
      return [...pick(npm, major, 12), withoutCompiler('npm')]
    case 'pnpm':
      return [...pick(pnpm, major, 11), withoutCompiler('pnpm')]
    case 'unknown':
      return [...npm, ...pnpm, withoutCompiler('npm')]
    default:
      return [withoutCompiler(manager.name)]
  }
}

function unsetVariables(missing: Missing): Repair[] {
  const unset =
    process.platform === 'win32' ? (v: string) => `set ${v}=` : (v: string) => `unset ${v}`
  const steps = missing.variables.map((variable) => ({ run: unset(variable) }))
  return steps.length === 0 ? [] : [{ for: 'this shell', steps }]
}

/** The recipe of the known major version, or both: the second starts at `since`. */
function pick(recipes: readonly Repair[], major: number, since: number): readonly Repair[] {
  if (Number.isNaN(major)) return recipes
  return major >= since ? recipes.slice(1) : recipes.slice(0, 1)
}

// Current V8 headers need C++20, and mmap-io asks for C++11; MSVC does not read CXXFLAGS.
const cxx20 = process.platform === 'win32' ? '' : 'CXXFLAGS=-std=c++20 '

function install(missing: Missing, verb: string): RepairStep[] {
  const absent = missing.addons.filter((name) => !missing.unbuilt.includes(name))
  return absent.length === 0 ? [] : [{ run: `${cxx20}${verb} ${absent.join(' ')}` }]
}

function rebuild(addons: readonly string[], manager: string): RepairStep[] {
  return addons.length === 0 ? [] : [{ run: `${cxx20}${manager} rebuild ${addons.join(' ')}` }]
}

function npm11(missing: Missing): Repair {
  const steps = [...install(missing, 'npm install'), ...rebuild(missing.unbuilt, 'npm')]
  return { for: 'npm 11 or earlier', steps }
}

// From 12 on npm installs without running the build, and says nothing.
function npm12(missing: Missing): Repair {
  const approve = { run: `npm install-scripts approve ${missing.addons.join(' ')}` }
  return {
    for: 'npm 12 or later',
    steps: [...install(missing, 'npm install'), approve, ...rebuild(missing.addons, 'npm')],
  }
}

function pnpm10(missing: Missing): Repair {
  const lines = ['onlyBuiltDependencies:', ...missing.addons.map((name) => `  - ${name}`)]
  return { for: 'pnpm 10', steps: pnpmSteps(missing, lines) }
}

function pnpm11(missing: Missing): Repair {
  const lines = ['allowBuilds:', ...missing.addons.map((name) => `  ${name}: true`)]
  return { for: 'pnpm 11 or later', steps: pnpmSteps(missing, lines) }
}

function pnpmSteps(missing: Missing, lines: readonly string[]): RepairStep[] {
  return [
    { file: 'pnpm-workspace.yaml', lines },
    ...install(missing, 'pnpm add'),
    ...rebuild(missing.unbuilt, 'pnpm'),
  ]
}

// koffi ships binaries and has no install script, so nothing has to be approved or built.
function withoutCompiler(manager: PackageManager['name'], runtime?: string): Repair {
  const commands = { npm: 'npm install', pnpm: 'pnpm add', yarn: 'yarn add', bun: 'bun add' }
  const fallback = runtime === 'deno' ? 'deno add npm:koffi' : 'npm install koffi'
  const run = manager === 'unknown' ? fallback : `${commands[manager]} koffi`
  return { for: `${runtime ?? manager}, without a compiler`, steps: [{ run }] }
}
