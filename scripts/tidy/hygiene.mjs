// What must not stand in the repository: paths of one machine, registry hosts, build results.
import { finding } from './project.mjs'

// Written so that these lines do not match their own rules.
const HOSTS = /https?:\/\/(?:registry|static|index|proxy)[.]|registry[.](?:npmjs|yarnpkg)/g
const PATHS = /(?<![\w.~$}/-])\/(?:home|root|work|tmp|Users)\/[A-Za-z]/g
const OUTSIDE = /[.][.]\/shared\b|\/[.]library\b/g
const BUILT = /(?:^|\/)(?:Cargo\.lock$|target\/|dist\/|node_modules\/|coverage\/)|\.tsbuildinfo$/

export function* hygiene(project) {
  for (const file of project.tracked ?? []) {
    if (BUILT.test(file))
      yield finding('hygiene', file, 'build result is tracked', 'git rm --cached it')
  }
  for (const file of project.files) {
    const text = project.text(file)
    if (text.slice(0, 8000).includes('\0')) continue // binary
    // Prose may explain paths, as code; elsewhere they are a leak of somebody's machine.
    const paths = file.endsWith('.md') ? withoutCode(text) : text
    yield* matches(
      file,
      paths,
      PATHS,
      'path of one machine',
      'make it relative or a temp directory',
    )
    yield* matches(file, text, OUTSIDE, 'path outside this repository', 'say it in our own words')
    yield* matches(file, text, HOSTS, 'registry host', 'leave the registry to the user')
    if (file === 'pnpm-lock.yaml') {
      yield* matches(
        file,
        text,
        /:\/\//g,
        'address in the lockfile',
        'install with the default registry',
      )
    }
  }
}

function* matches(file, text, pattern, message, fix) {
  for (const { 0: found, index } of text.matchAll(pattern)) {
    yield finding('hygiene', file, `${message}: ${found}`, fix, text, index)
  }
}

// Same length, so that offsets stay.
const withoutCode = (text) =>
  text.replace(/^```[^]*?^```|`[^`\n]+`/gm, (code) => code.replace(/[^\n]/g, ' '))

/** Every TypeScript project is one that `pnpm typecheck` looks at. */
export function* typecheckedProjects(project) {
  if (!project.files.includes('tsconfig.json')) return
  const { references = [] } = JSON.parse(project.text('tsconfig.json'))
  const known = references.map(({ path }) => `${path}/tsconfig.json`)
  for (const file of project.files.filter((name) => name.endsWith('/tsconfig.json'))) {
    if (known.includes(file)) continue
    yield finding(
      'typecheck',
      file,
      'nothing type-checks this project',
      'refer to it in tsconfig.json',
    )
  }
}
