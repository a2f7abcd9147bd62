/**
 * The built package in a browser: bundled for one it reaches no Node built-in, and the bundle works
 * where only the language and the two text coders exist.
 */
import { readFileSync } from 'node:fs'
import { createRequire, isBuiltin } from 'node:module'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { createContext, runInContext } from 'node:vm'
import { beforeAll, describe, expect, it } from 'vitest'
import { unixEvidence, unixText } from './hosts.ts'

/** The part of rolldown that is used here; it comes with vitest, as vite's bundler. */
interface Rolldown {
  readonly rolldown: (options: object) => Promise<{
    generate(options: object): Promise<{ output: { code: string }[] }>
  }>
}

interface Bundle {
  readonly code: string
  /** Every file in it and every name it could not resolve. */
  readonly reached: ReadonlySet<string>
}

async function bundle(entry: string): Promise<Bundle> {
  // Vitest is what this package depends on; the bundler is found from there.
  const vitest = createRequire(import.meta.url).resolve('vitest/package.json')
  const vite = createRequire(vitest).resolve('vite/package.json')
  const bundler = createRequire(vite).resolve('rolldown')
  const { rolldown } = (await import(pathToFileURL(bundler).href)) as Rolldown
  const reached = new Set<string>()
  const build = await rolldown({
    input: fileURLToPath(new URL(entry, import.meta.url)),
    platform: 'browser',
    logLevel: 'silent',
    plugins: [
      {
        name: 'reached',
        resolveId: (source: string) => {
          if (isBuiltin(source)) reached.add(source)
        },
        moduleParsed: ({ id }: { id: string }) => {
          reached.add(id)
        },
      },
    ],
  })
  const { output } = await build.generate({ format: 'iife', name: 'profiles', exports: 'named' })
  const [chunk] = output
  if (chunk === undefined || output.length > 1) throw new Error('expected one chunk')
  return { code: chunk.code, reached }
}

describe.each(['index', 'evidence'])('the entry %s', (name) => {
  let built: Bundle
  beforeAll(async () => {
    built = await bundle(`../dist/${name}.js`)
  })

  it('reaches no Node built-in', () => {
    expect([...built.reached].filter((file) => isBuiltin(file))).toStrictEqual([])
    expect([...built.reached].some((file) => file.endsWith('crc32.js'))).toBe(true)
  })

  it('contains ajv only if it is the whole package', () => {
    const withAjv = [...built.reached].some((file) => /[\\/]ajv[\\/]/.test(file))
    expect(withAjv).toBe(name === 'index')
  })

  it('computes a fingerprint with nothing but the language and the text coders', () => {
    const context = createContext({ TextEncoder, TextDecoder })
    runInContext(built.code, context)
    expect(runInContext('typeof process + typeof Buffer + typeof require', context)).toBe(
      'undefined'.repeat(3),
    )
    expect(runInContext(`profiles.fingerprint(${unixText})`, context)).toBe(198181094)
  })
})

it('a bundle that does reach a built-in would be noticed', async () => {
  const { reached } = await bundle('../../../fixtures/platform/generate.mjs')
  expect([...reached].filter((file) => isBuiltin(file))).toStrictEqual(['node:fs'])
})

it('builds, writes, reads and compares a profile in a browser', async () => {
  const { code } = await bundle('../dist/index.js')
  const context = createContext({ TextEncoder, TextDecoder })
  runInContext(code, context)
  const script = `
    const evidence = {
      host: { processClockEpochMarkerNs: 1n, monotonicClock: 'ProcessLocalInstantAnchor' },
      storePath: ${JSON.stringify(unixEvidence.storePath)},
    }
    const profile = profiles.profileFromEvidence(evidence)
    const bytes = profiles.serializeProfile(profile, { pretty: true })
    const parsed = profiles.parseProfile(bytes)
    const refused = profiles.parseProfile(new Uint8Array([123, 125]))
    JSON.stringify({
      text: new TextDecoder().decode(bytes),
      parsed: parsed.ok && parsed.profile,
      refused: refused.ok || profiles.describeIssue(refused.issue),
      equal: profiles.compareProfile(profile, evidence).equal,
    })`
  const fixture = new URL('../../../fixtures/platform/linux_basic.profile', import.meta.url)
  expect(JSON.parse(runInContext(script, context) as string)).toStrictEqual({
    text: readFileSync(fixture, 'utf8'),
    parsed: JSON.parse(unixText),
    refused: expect.stringContaining('the profile has no schema_version'),
    equal: true,
  })
})
