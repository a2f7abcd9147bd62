// What a tarball must and must not hold.
import { readdirSync } from 'node:fs'

const REQUIRED = ['README.md', 'LICENSE-MIT', 'LICENSE-APACHE']
// In src and dist a folder may have any name: `testing/` and `fixtures/` there are code that ships.
const UNWANTED_FOLDER =
  /^(?!src\/|dist\/)(?:.*\/)?(?:tests?|fixtures)\/|(?:^|\/)(?:coverage|node_modules)\//
const UNWANTED_FILE = /\.test\.|\.tsbuildinfo|\.log$/
const ADDONS = ['fs-ext', 'mmap-io']

/** Sentences, empty when the tarball is as it should be. */
export function problemsOf({ name, manifest, entries }, folder) {
  const problems = [
    ...REQUIRED.filter((file) => !entries.has(file)).map((file) => `${file} is missing`),
    ...[...entries.keys()].filter(isUnwanted).map((file) => `${file} is packed`),
    ...targetsOf(manifest)
      .filter((file) => !entries.has(file))
      .map((file) => `${file} is missing`),
    ...protocols(manifest),
    ...binProblems(manifest, entries),
    ...staleOutput(entries, folder),
  ]
  return problems.map((problem) => `${name}: ${problem}`)
}

const isUnwanted = (file) => UNWANTED_FOLDER.test(file) || UNWANTED_FILE.test(file)

/** Files that `exports` and `bin` name, as paths inside the package. */
export function targetsOf(manifest) {
  const all = [...leaves(manifest.exports ?? {}), ...leaves(manifest.bin ?? {})]
  return [...new Set(all.map((path) => path.replace(/^\.\//, '')))]
}

// Conditions may be nested, alternatives may be a list, and `null` forbids a subpath.
function leaves(target) {
  if (typeof target === 'string') return [target]
  return Object.values(target ?? {}).flatMap(leaves)
}

function* protocols(manifest) {
  for (const field of [
    'dependencies',
    'peerDependencies',
    'optionalDependencies',
    'devDependencies',
  ]) {
    for (const [dependency, range] of Object.entries(manifest[field] ?? {})) {
      if (/^(?:workspace|catalog|link|file):/.test(range))
        yield `${field}: ${dependency} is ${range}`
      const hard = field === 'dependencies' || field === 'optionalDependencies'
      if (hard && ADDONS.includes(dependency))
        yield `${field}: ${dependency} must be an optional peer`
    }
  }
  for (const hook of ['preinstall', 'install', 'postinstall', 'prepare']) {
    if (manifest.scripts?.[hook]) yield `it runs a script at the user's install: ${hook}`
  }
}

function* binProblems(manifest, entries) {
  for (const path of Object.values(manifest.bin ?? {})) {
    const entry = entries.get(path.replace(/^\.\//, ''))
    if (!entry) continue // reported as missing
    if ((entry.mode & 0o111) === 0) yield `${path} is not executable`
    if (!entry.data.toString('utf8').startsWith('#!/usr/bin/env node\n'))
      yield `${path} has no shebang`
  }
}

// Each source has its output, each output its source: nothing unbuilt, nothing left over.
function* staleOutput(entries, folder) {
  const sources = readdirSync(`${folder}/src`, { recursive: true })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => /(?<!\.d)\.ts$/.test(file))
    .map((file) => file.replace(/\.ts$/, ''))
  const outputs = [...entries.keys()]
    .filter((file) => /^dist\/.*\.js$/.test(file))
    .map((file) => file.slice(5, -3))
  for (const file of sources) if (!outputs.includes(file)) yield `dist/${file}.js is missing`
  for (const file of outputs) if (!sources.includes(file)) yield `dist/${file}.js has no source`
}
