// The empty project that installs the tarballs: files by name.
import { readFileSync } from 'node:fs'

const workspace = readFileSync(new URL('../../pnpm-workspace.yaml', import.meta.url), 'utf8')
const cataloged = (name) => new RegExp(`^  '?${name}'?: (\\S+)$`, 'm').exec(workspace)[1]

// A front end that reads profiles has no @types/node; the others say in their README that they need it.
const WITHOUT_NODE_TYPES = /^@batpak\/(?:profile-schema|platform)(?:\/|$)/

/** Specifiers of everything the packages export; JSON files and manifests apart. */
function specifiersOf(packages) {
  const all = packages.flatMap(({ manifest }) =>
    Object.keys(manifest.exports ?? {}).map((subpath) => `${manifest.name}${subpath.slice(1)}`),
  )
  const json = all.filter((specifier) => specifier.endsWith('.json'))
  return { code: all.filter((specifier) => !json.includes(specifier)), json }
}

export function consumerFiles(packages) {
  const { code, json } = specifiersOf(packages)
  const compilerOptions = {
    strict: true,
    noEmit: true,
    target: 'es2022',
    skipLibCheck: false,
  }
  const config = (file, options) =>
    JSON.stringify({ compilerOptions: { ...compilerOptions, ...options }, files: [file] })
  const server = { module: 'nodenext', lib: ['es2022'], types: ['node'] }
  const bundler = { module: 'esnext', moduleResolution: 'bundler', lib: ['es2022', 'dom'] }
  return {
    'package.json': JSON.stringify({
      private: true,
      type: 'module',
      dependencies: dependencies(packages),
    }),
    'esm.mjs': esm(code),
    'cjs.cjs': cjs(code, json),
    'types.ts': types(code),
    'front-end.ts': types(code.filter((name) => WITHOUT_NODE_TYPES.test(name))),
    'tsconfig.nodenext.json': config('types.ts', server),
    'tsconfig.bundler.json': config('types.ts', { ...bundler, types: ['node'] }),
    'tsconfig.front-end.json': config('front-end.ts', { ...bundler, types: [] }),
  }
}

function dependencies(packages) {
  const own = packages.map(({ manifest, tarball }) => [manifest.name, `file:${tarball}`])
  const others = ['@types/node', 'fast-check'].map((name) => [name, cataloged(name)])
  return Object.fromEntries([...own, ...others])
}

const esm = (code) => `import assert from 'node:assert/strict'
for (const name of ${JSON.stringify(code)}) {
  const module = await import(name)
  console.log('import', name, Object.keys(module).length, 'names')
  const deep = name.split('/').slice(0, 2).join('/') + '/dist/index.js'
  await assert.rejects(import(deep), { code: 'ERR_PACKAGE_PATH_NOT_EXPORTED' }, deep)
}
`

const cjs = (code, json) => `const assert = require('node:assert/strict')
const load = async () => {
  for (const name of ${JSON.stringify(code)}) {
    const required = require(name)
    const imported = await import(name)
    for (const key of Object.keys(imported)) assert.equal(required[key], imported[key], name + ' ' + key)
    console.log('require', name, 'is the imported one')
  }
  for (const name of ${JSON.stringify(json)}) assert.equal(typeof require(name), 'object', name)
}
load()
`

const types = (code) =>
  [
    ...code.map((specifier, index) => `import * as module${index} from '${specifier}'`),
    `export const all: readonly object[] = [${code.map((_, index) => `module${index}`).join(', ')}]`,
    '',
  ].join('\n')
