// Import direction, public subpaths, cycles and dead files: what the package graph may look like.
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { finding, ownerOf, resolveRelative, sourcesIn } from './project.mjs'

// Each layer may use those further down. Tests follow the layer of their package.
const LAYERS = {
  'profile-schema': [],
  platform: ['profile-schema'],
  core: ['platform', 'profile-schema'],
  testkit: ['core', 'platform', 'profile-schema'],
  cli: ['core', 'platform', 'profile-schema'],
}
// Loads ajv (20 to 30 ms): only this file may do it, and only when a profile is configured.
const PROFILE_ROOT = '@batpak/profile-schema'
const PROFILE_ROOT_LOADER = 'packages/core/src/open/profile-check.ts'
const TEST_RUNNERS = /^(?:vitest|jest|mocha|node:test)(?:\/|$)/

/**
 * The modules a file names: `kind` is `static` (import or export … from), `type` (erased when
 * compiled), `lazy` (`import()`, `require()`) or `literal` (any other string that names a file).
 */
export function importsOf({ code, literals }) {
  return literals.flatMap(({ start, value }) => {
    const before = code.slice(Math.max(0, start - 2000), start)
    if (/\bfrom\s*$/.test(before)) {
      // `import { type X }` is not erased: it leaves `import {}` behind.
      const [keyword] = [...before.matchAll(/\b(?:import|export)\b(\s+type\b)?/g)].slice(-1)
      return [{ specifier: value, start, kind: keyword?.[1] ? 'type' : 'static' }]
    }
    if (/\bimport\s*$/.test(before)) return [{ specifier: value, start, kind: 'static' }]
    if (/\btypeof\s+import\s*\(\s*$/.test(before))
      return [{ specifier: value, start, kind: 'type' }]
    if (/(?:\bimport\s*|\brequire\w*\s*|\))\(\s*$/.test(before)) {
      return [{ specifier: value, start, kind: 'lazy' }]
    }
    return /^\.{1,2}\/[^\s*]+\.[cm]?[jt]s$/.test(value)
      ? [{ specifier: value, start, kind: 'literal' }]
      : []
  })
}

export function* importDirection(project) {
  for (const file of sourcesIn(project, 'src', 'test')) {
    const source = project.source(file)
    const owner = ownerOf(file)
    for (const use of importsOf(source)) {
      const problem = use.specifier.startsWith('.')
        ? relativeProblem(file, owner, use)
        : packageProblem(project, file, owner, use)
      if (problem) yield finding('imports', file, problem[0], problem[1], source.text, use.start)
    }
  }
}

function relativeProblem(file, owner, { specifier, kind }) {
  if (kind === 'literal') return undefined
  const target = resolveRelative(file, specifier)
  const other = ownerOf(target)
  if (other && other.name !== owner.name) {
    return [`relative import of another package: ${specifier}`, `import @batpak/${other.name}`]
  }
  if (other?.part === 'dist') return [`import of compiled output: ${specifier}`, 'import ../src']
  if (owner.part === 'src' && other?.part !== 'src') {
    return [`import from outside src: ${specifier}`, 'only src is published']
  }
  return undefined
}

function packageProblem(project, file, owner, { specifier, kind }) {
  const match = /^@batpak\/([^/]+)(\/.*)?$/.exec(specifier)
  if (!match) {
    return owner.name === 'testkit' && owner.part === 'src' && TEST_RUNNERS.test(specifier)
      ? [`test runner in the kit: ${specifier}`, "take the caller's test function"]
      : undefined
  }
  const [, target, rest = ''] = match
  const itself = target === owner.name && owner.part === 'test'
  const allowed = LAYERS[owner.name] ?? []
  if (!itself && !allowed.includes(target)) {
    const list =
      allowed.map((name) => `@batpak/${name}`).join(', ') || 'no package of this workspace'
    return [`${owner.name} must not import ${specifier}`, `it may import ${list}`]
  }
  const entries = project.packages.get(target)?.entries ?? []
  if (!entries.some(({ subpath }) => subpath === `.${rest}`)) {
    return [
      `${specifier} is not a public subpath`,
      `see exports in packages/${target}/package.json`,
    ]
  }
  const costly = specifier === PROFILE_ROOT && owner.part === 'src' && kind !== 'type'
  if (costly && ['platform', 'core'].includes(owner.name)) {
    if (file === PROFILE_ROOT_LOADER && kind === 'lazy') return undefined
    return [
      `${kind} import of ${PROFILE_ROOT}, which loads ajv`,
      `import ${PROFILE_ROOT}/evidence; only ${PROFILE_ROOT_LOADER} may load the root, lazily`,
    ]
  }
  return undefined
}

/** Cycles of imports that exist at run time; `import type` is erased and may point anywhere. */
export function* importCycles(project) {
  const graph = new Map()
  for (const file of sourcesIn(project, 'src')) {
    const uses = importsOf(project.source(file)).filter(({ kind }) => kind === 'static')
    const targets = uses.map(({ specifier }) => resolveRelative(file, specifier))
    graph.set(file, new Set(targets))
  }
  const done = new Set()
  for (const start of graph.keys()) {
    const cycle = findCycle(graph, start, [], done)
    if (!cycle) continue
    yield finding('cycle', cycle[0], `import cycle: ${cycle.join(' -> ')}`, 'move what both need')
  }
}

function findCycle(graph, file, path, done) {
  if (path.includes(file)) return [...path.slice(path.indexOf(file)), file]
  if (done.has(file)) return undefined
  for (const next of graph.get(file) ?? []) {
    const cycle = graph.has(next) ? findCycle(graph, next, [...path, file], done) : undefined
    if (cycle) {
      done.add(file) // named once: the same cycle seen from its other files is the same finding
      return cycle
    }
  }
  done.add(file)
  return undefined
}

/** Every file in `src` must be reachable from `exports` or `bin`, and these must exist. */
export function* deadFiles(project) {
  for (const { name, entries } of project.packages.values()) {
    const reached = new Set()
    const queue = entries.map(({ file }) => file)
    for (const { subpath, file } of entries) {
      if (existsSync(join(project.root, file))) continue
      const manifest = `packages/${name}/package.json`
      yield finding('entry', manifest, `${subpath} leads to ${file}, which is missing`, 'write it')
    }
    for (let file = queue.pop(); file; file = queue.pop()) {
      if (reached.has(file) || !project.files.includes(file)) continue
      reached.add(file)
      if (!/\.[cm]?ts$/.test(file)) continue
      for (const { specifier } of importsOf(project.source(file))) {
        if (specifier.startsWith('.')) queue.push(resolveRelative(file, specifier))
      }
    }
    for (const file of project.files) {
      const inSource = file.startsWith(`packages/${name}/src/`) && !file.endsWith('.d.ts')
      if (inSource && !reached.has(file)) {
        yield finding(
          'dead-file',
          file,
          'no entry of package.json reaches this file',
          'delete it or use it',
        )
      }
    }
  }
}
