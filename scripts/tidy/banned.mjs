// Calls and words that have no place in some or all packages.
import { closing } from './lexer.mjs'
import { finding, ownerOf, sourcesIn } from './project.mjs'
import { bodies } from './functions.mjs'

const MACHINE_MODULES =
  /^(?:(?:node:)?(?:fs|fs\/promises|os|child_process)|fs-ext|fs-ext-extra-prebuilt|mmap-io|@riaskov\/mmap-io|koffi|node:ffi)$/

const SEAM = 'go through PlatformBackend: the simulator must see it'
// [rule, pattern in code, message, what to do]; `(?<![.\w])` keeps properties of the same name out.
const PURE = [
  [/\bDate\.now\b/, 'Date.now', SEAM],
  [/\bnew\s+Date\s*\(/, 'new Date(', SEAM],
  [/(?<![.\w])performance\.now\b/, 'performance.now', SEAM],
  [/\bMath\.random\b/, 'Math.random', SEAM],
  [
    /\b(?:randomBytes|randomUUID|randomFillSync|randomFill|randomInt|getRandomValues)\b/,
    'randomness',
    SEAM,
  ],
]
const BROWSER = [
  [/(?<![.\w])Buffer\b/, 'Buffer', 'profile-schema runs in a browser: use Uint8Array'],
  [/(?<![.\w])process\b(?!\s*[:?(])/, 'process', 'profile-schema runs in a browser'],
]
const ANY = /(?::|\bas|<|\||&|=>|[<,]\s*\w+\s*,)\s*any\b(?!\s*[:?(.])/
const EVERYWHERE = [[ANY, 'any', 'use unknown and narrow it']]
const NO_CONSOLE = [[/(?<![.\w])console\./, 'console', 'use node:diagnostics_channel or return it']]
const TYPED = 'throw StoreError, TypeError, RangeError or InvariantError'
const CORE = [
  [/\bprocess\.hrtime\b/, 'process.hrtime', SEAM],
  [/\bprocess\.env\b/, 'process.env', 'take it as an option'],
  [/\bnew\s+Error\s*\(/, 'new Error(', TYPED],
  [/\bthrow\s*['"`]/, 'thrown string', TYPED],
]
const THROWN = ['StoreError', 'TypeError', 'RangeError', 'InvariantError', 'Error']

export function* bannedCalls(project) {
  const internal = sourcesIn(project, 'src').flatMap((file) => internalErrors(project.source(file)))
  for (const file of sourcesIn(project, 'src')) {
    const source = project.source(file)
    const { name } = ownerOf(file)
    const pure = name === 'core' || name === 'profile-schema'
    const patterns = [
      ...EVERYWHERE,
      ...(pure ? PURE : []),
      ...(name === 'profile-schema' ? BROWSER : []),
      ...(name === 'core' ? CORE : []),
      ...(name === 'cli' ? [] : NO_CONSOLE),
    ]
    for (const [pattern, what, fix] of patterns) {
      for (const match of source.code.matchAll(new RegExp(pattern, 'g'))) {
        yield finding('banned', file, `${what} in ${name}/src`, fix, source.text, match.index)
      }
    }
    if (pure) yield* bannedModules(source, name)
    if (name === 'core') yield* thrownClasses(source, internal)
    if (!/^packages\/cli\/src\/bin\.ts$/.test(file)) yield* topLevelAwait(source)
  }
}

// A class may be thrown inside core when its comment says `Internal: …`, who turns it into what.
function internalErrors({ code, comments }) {
  return comments.flatMap(({ text, end }) => {
    const name = /^\s*(?:export\s+)?class\s+(\w+)/.exec(code.slice(end, end + 200))?.[1]
    return name && /\bInternal: \S/.test(text) ? [name] : []
  })
}

function* thrownClasses({ file, text, code }, internal) {
  for (const { 1: name, index } of code.matchAll(/\bthrow\s+new\s+(\w+)/g)) {
    if (THROWN.includes(name) || internal.includes(name)) continue
    const fix = `${TYPED}, or say in its comment who handles it: Internal: …`
    yield finding('banned', file, `thrown class ${name} in core/src`, fix, text, index)
  }
}

// Any string that is the name of such a module counts: `require` can be called by other names.
function* bannedModules({ file, text, literals }, name) {
  for (const { value, start } of literals) {
    const banned = MACHINE_MODULES.test(value)
      ? value.includes(':') || /-|\//.test(value) || isImported(text, start)
      : name === 'profile-schema' && value.startsWith('node:')
    if (banned) yield finding('banned', file, `module ${value} in ${name}/src`, SEAM, text, start)
  }
}

const isImported = (text, start) => /(?:\bfrom|\bimport|\()\s*$/.test(text.slice(0, start))

function* topLevelAwait({ file, text, code }) {
  const inside = bodies(code)
  for (const { index } of code.matchAll(/\bawait\b/g)) {
    const within = inside.some(({ start, end }) => start < index && index < end)
    const line = code.slice(code.lastIndexOf('\n', index) + 1, index)
    if (within || /=>/.test(line)) continue
    yield finding(
      'await',
      file,
      'top-level await: require() of the package fails',
      'await in a function',
      text,
      index,
    )
  }
}

const UNFINISHED = /\b(?:TODO|FIXME|XXX|HACK)\b/g
const SILENCERS = /@ts-(?:ignore|expect-error|nocheck)|(?:oxlint|eslint)-disable[\w-]*/

/** Words in comments: unfinished marks, and checks switched off without a reason. */
export function* bannedWords(project) {
  for (const file of sourcesIn(project, 'src', 'test')) {
    const { text, comments } = project.source(file)
    if (ownerOf(file).part === 'src') {
      for (const { 0: word, index } of text.matchAll(UNFINISHED)) {
        yield finding(
          'unfinished',
          file,
          `${word} in a shipped source`,
          'do it, or file it',
          text,
          index,
        )
      }
    }
    for (const comment of comments) {
      const match = SILENCERS.exec(comment.text)
      if (!match || hasReason(comment.text.slice(match.index + match[0].length), match[0])) continue
      const fix = match[0].startsWith('@') ? 'add the reason behind it' : 'add `-- reason`'
      yield finding('silenced', file, `${match[0]} without a reason`, fix, text, comment.start)
    }
  }
}

function hasReason(rest, directive) {
  const line = rest.split('\n')[0].replace('*/', '')
  const reason = directive.startsWith('@') ? line : (/--(.*)$/.exec(line)?.[1] ?? '')
  return (reason.match(/\p{L}/gu) ?? []).length >= 8
}

/** A catch that neither throws nor uses what it caught must say why, in a comment inside it. */
export function* silentCatches(project) {
  for (const file of sourcesIn(project, 'src')) {
    const { text, code, comments } = project.source(file)
    const blocks = [
      ...code.matchAll(/\bcatch\s*(?:\(\s*(\w+)[^)]*\)\s*)?\{/g),
      ...code.matchAll(/\.catch\(\s*\(\s*(\w*)[^)]*\)\s*=>\s*\{/g),
    ]
    for (const { 0: head, 1: name, index } of blocks) {
      const start = index + head.length - 1
      const end = closing(code, start)
      const body = code.slice(start, end)
      const handled = /\bthrow\b/.test(body) || (name && new RegExp(`\\b${name}\\b`).test(body))
      const explained = comments.some(
        (comment) => comment.start > start && comment.end <= end && comment.text.length > 12,
      )
      if (handled || explained) continue
      const message = 'catch that neither throws nor uses the error'
      yield finding('catch', file, message, 'say why in a comment inside it', text, index)
    }
  }
}
