// What the rules read: the list of files, the packages and their lexed sources.
import { execFileSync } from 'node:child_process'
import { existsSync, lstatSync, readFileSync, readdirSync } from 'node:fs'
import { dirname, join, posix } from 'node:path'
import { lex } from './lexer.mjs'

/**
 * The repository at `root`. Paths are relative to it and use `/`. `files` are those that git would
 * commit (tracked or new, not ignored); without git, everything but `node_modules` and `dist`.
 */
export function loadProject(root) {
  const files = listFiles(root).filter((file) => isFile(join(root, file)))
  const cache = new Map()
  const text = (file) => readFileSync(join(root, file), 'utf8')
  const source = (file) => {
    if (!cache.has(file)) cache.set(file, { file, text: text(file), ...lex(text(file)) })
    return cache.get(file)
  }
  return { root, files, tracked: gitFiles(root, ['-c']), packages: packagesOf(root), text, source }
}

/** One finding; `offset` is a position in `text`, or undefined for the file as a whole. */
export function finding(rule, file, message, fix, text = '', offset = 0) {
  return { rule, file, line: lineAt(text, offset), message, fix }
}

/** The 1-based line of `offset`. */
export function lineAt(text, offset) {
  let line = 1
  for (let index = text.indexOf('\n'); index !== -1 && index < offset; line += 1) {
    index = text.indexOf('\n', index + 1)
  }
  return line
}

/** The package that owns `file`, and the part of it: `src`, `test` or another folder. */
export function ownerOf(file) {
  const match = /^packages\/([^/]+)\/(?:([^/]+)\/)?/.exec(file)
  return match ? { name: match[1], part: match[2] ?? '' } : undefined
}

/** The TypeScript files in `src` (default) or `test` of the packages. */
export function sourcesIn(project, ...parts) {
  return project.files.filter((file) => {
    const owner = ownerOf(file)
    return owner && parts.includes(owner.part) && /\.[cm]?ts$/.test(file)
  })
}

/** The file that a relative specifier means: `./x.ts` itself, or the source of `./x.js`. */
export function resolveRelative(from, specifier) {
  return posix.join(dirname(from), specifier).replace(/\.js$/, '.ts')
}

function packagesOf(root) {
  const folder = join(root, 'packages')
  const names = existsSync(folder) ? readdirSync(folder) : []
  const found = names.filter((name) => existsSync(join(folder, name, 'package.json')))
  return new Map(
    found.map((name) => {
      const manifest = JSON.parse(readFileSync(join(folder, name, 'package.json'), 'utf8'))
      return [name, { name, manifest, entries: entriesOf(`packages/${name}`, manifest) }]
    }),
  )
}

// Every source file that `exports` and `bin` lead to, with the subpath that leads there.
function entriesOf(dir, manifest) {
  const entries = []
  for (const [subpath, target] of Object.entries(manifest.exports ?? {})) {
    const source = typeof target === 'string' ? target : target?.['batpak-source']
    const path = typeof source === 'string' ? source : source?.default
    if (path) entries.push({ subpath, file: posix.join(dir, path) })
  }
  for (const [name, path] of Object.entries(manifest.bin ?? {})) {
    const file = path.replace('dist/', 'src/').replace(/\.js$/, '.ts')
    entries.push({ subpath: `bin ${name}`, file: posix.join(dir, file) })
  }
  return entries
}

function listFiles(root) {
  return gitFiles(root, ['-c', '-o', '--exclude-standard']) ?? walk(root, '')
}

// Undefined where git or its folder is missing, for example in an unpacked archive.
function gitFiles(root, options) {
  if (!existsSync(join(root, '.git'))) return undefined
  try {
    const list = execFileSync('git', ['ls-files', '-z', ...options], {
      cwd: root,
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return [...new Set(list.split('\0').filter(Boolean))]
  } catch {
    return undefined // no git, or not our folder (a container): the walk below serves
  }
}

function walk(root, dir) {
  return readdirSync(join(root, dir), { withFileTypes: true }).flatMap((entry) => {
    const path = posix.join(dir, entry.name)
    if (['node_modules', 'dist', '.git', '.turbo', 'coverage'].includes(entry.name)) return []
    return entry.isDirectory() ? walk(root, path) : [path]
  })
}

function isFile(path) {
  const stat = lstatSync(path, { throwIfNoEntry: false })
  return stat?.isFile() ?? false
}
