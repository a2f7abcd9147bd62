import { describe, expect, it } from 'vitest'
import type { Candidate } from '../../src/node/backend-chain.ts'
import { BackendChain } from '../../src/node/backend-chain.ts'
import { lockCandidates } from '../../src/node/lock-backends.ts'
import { mmapCandidates } from '../../src/node/mmap-backends.ts'
import { hostLoading } from '../support/host.ts'

function candidate(name: string, log: string[], fails = false): Candidate<string> {
  return {
    name,
    load() {
      log.push(name)
      if (fails) throw new Error(`no ${name}`)
      return { backend: name, label: `${name}@1` }
    },
  }
}

const chainOf = (candidates: Candidate<string>[], value?: string): BackendChain<string> =>
  new BackendChain(candidates, hostLoading({}, { env: { CHOICE: value } }), 'CHOICE')

describe('a chain of backends', () => {
  it('loads in order, once, and no more than is asked for', () => {
    const log: string[] = []
    const chain = chainOf([candidate('a', log, true), candidate('b', log), candidate('c', log)])
    expect(log).toEqual([])
    expect(chain.loaded().next().value).toEqual({ backend: 'b', label: 'b@1' })
    expect(chain.any).toBe(true)
    expect(log).toEqual(['a', 'b'])
    expect([...chain.loaded()].map(({ backend }) => backend)).toEqual(['b', 'c'])
    expect(log).toEqual(['a', 'b', 'c'])
  })

  it('keeps the reason of each that does not load', () => {
    const chain = chainOf([candidate('a', [], true), candidate('b', [], true)])
    expect(chain.any).toBe(false)
    expect(chain.reasons()).toBe('a: no a; b: no b')
  })

  it('never offers an excluded backend again', () => {
    const chain = chainOf([candidate('a', []), candidate('b', [])])
    const [first] = chain.loaded()
    chain.exclude(first!, 'lies')
    expect([...chain.loaded()].map(({ backend }) => backend)).toEqual(['b'])
    expect(chain.reasons()).toBe('a: lies')
  })

  it('is forced to one backend, or to none, by its environment variable', () => {
    const all = (): Candidate<string>[] => [candidate('a', []), candidate('b', [])]
    const namesWith = (value: string): string[] =>
      [...chainOf(all(), value).loaded()].map(({ backend }) => backend)
    expect(namesWith('b')).toEqual(['b'])
    expect(namesWith('off')).toEqual([])
    expect(namesWith('')).toEqual(['a', 'b'])
    const wrong = chainOf(all(), 'c')
    expect(wrong.any).toBe(false)
    expect(wrong.reasons()).toContain('CHOICE=c is none of a, b')
  })

  it('inspects everything, but loads a last resort only when nothing else serves', () => {
    const log: string[] = []
    const last: Candidate<string> = { ...candidate('last', log), lastResort: true }
    expect(chainOf([candidate('a', log), last]).inspect()).toEqual([
      { name: 'a', loaded: { backend: 'a', label: 'a@1' } },
      { name: 'last', reason: 'not needed' },
    ])
    expect(log).toEqual(['a'])
    const needed = chainOf([candidate('a', log, true), last]).inspect()
    expect(needed.map(({ loaded }) => loaded?.label)).toEqual([undefined, 'last@1'])
  })
})

describe('the candidates', () => {
  const order = (candidates: readonly { readonly name: string }[]): string =>
    candidates.map(({ name }) => name).join(' ')

  it('stand in the documented order', () => {
    expect(order(lockCandidates)).toBe(
      'fs-ext fs-ext-extra-prebuilt koffi open-flag flock(1) node:ffi',
    )
    expect(order(mmapCandidates)).toBe('mmap-io @riaskov/mmap-io koffi node:ffi')
  })

  it.each(['bun', 'deno'] as const)('%s never loads an addon of the older interface', (runtime) => {
    const asked: string[] = []
    const host = hostLoading({}, { runtime })
    const load = (name: string): unknown => {
      asked.push(name)
      return host.load(name)
    }
    expect(new BackendChain(lockCandidates, { ...host, load }, 'NONE').any).toBe(false)
    expect(new BackendChain(mmapCandidates, { ...host, load }, 'NONE').any).toBe(false)
    expect(asked).toEqual(['koffi', 'koffi'])
  })

  it('of the wrong shape are refused when they are loaded', () => {
    const host = hostLoading({ 'fs-ext': {}, 'mmap-io': { default: {} } })
    const lock = new BackendChain(lockCandidates, host, 'NONE')
    const mmap = new BackendChain(mmapCandidates, host, 'NONE')
    expect([lock.any, mmap.any]).toEqual([false, false])
    expect(lock.reasons()).toContain('fs-ext: has no function flockSync')
    expect(mmap.reasons()).toContain('mmap-io: has no function map')
  })

  it('give reasons of one line each', () => {
    const chain = new BackendChain(mmapCandidates, hostLoading({}), 'NONE')
    expect(chain.any).toBe(false)
    expect(chain.reasons()).toContain("mmap-io: Cannot find module 'mmap-io'; ")
    expect(chain.reasons()).not.toMatch(/\n|Require stack/)
  })

  it('use the flag of open(2) on macOS and Windows, and only there', () => {
    const labels = (platform: NodeJS.Platform): string[] =>
      [...new BackendChain(lockCandidates, hostLoading({}, { platform }), 'NONE').loaded()].map(
        ({ label, backend }) => `${label} ${(backend.openFlags ?? 0).toString(16)}`,
      )
    expect(labels('win32')).toEqual(['open-flag 10000000'])
    expect(labels('darwin')[0]).toMatch(/^open-flag .*/)
    expect(labels('linux')).toEqual([])
  })
})
