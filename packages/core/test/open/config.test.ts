/** The options of a store: defaults, both sides of every bound, and which of two errors is told. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import type { StoreOptions } from '../../src/index.ts'
import { readOptions } from '../../src/config.ts'
import { Noted } from '../support/api-events.ts'
import { argumentError, refusal } from '../support/api-errors.ts'
import { freshDir, openReadOnly, openStore } from '../support/api-store.ts'

const MIB = 1024 * 1024
const U32_MAX = 0xffff_ffff
const MAX = Number.MAX_SAFE_INTEGER

type NumberOption =
  | 'segmentMaxBytes'
  | 'fdBudget'
  | 'singleAppendMaxBytes'
  | 'batchMaxSize'
  | 'batchMaxBytes'
  | 'syncEveryNEvents'

/** In the order in which they are checked. */
const bounds: readonly (readonly [name: NumberOption, min: number, max: number])[] = [
  ['segmentMaxBytes', 1, MAX],
  ['fdBudget', 1, MAX],
  ['singleAppendMaxBytes', 1, 64 * MIB],
  ['batchMaxSize', 1, 4096],
  ['batchMaxBytes', 1, 16 * MIB],
  ['syncEveryNEvents', 0, U32_MAX],
]

describe('defaults', () => {
  it('W-165 are the documented ones', () => {
    const { clock, platform, ...config } = readOptions({ dataDir: 'x' })
    expect(config).toEqual({
      dataDir: 'x',
      segmentMaxBytes: 256 * MIB,
      broadcastCapacity: 8192,
      indexFile: 'fbati',
      incrementalProjection: false,
      projectionCache: undefined,
      fdBudget: 64,
      singleAppendMaxBytes: 16 * MIB,
      batchMaxSize: 256,
      batchMaxBytes: MIB,
      requireIdempotencyKeys: false,
      syncMode: 'all',
      syncEveryNEvents: 1000,
      mmap: 'auto',
      platformProfilePath: undefined,
      openReportObserver: undefined,
      events: [],
      eventPayloadValidation: 'Warn',
      signingKeys: [],
    })
    expect(clock).toBe(platform.clock)
  })

  it('stand for options that are undefined', () => {
    const names = ['segmentMaxBytes', 'mmap', 'clock', 'platform', 'events', 'syncMode'] as const
    const options = Object.fromEntries(names.map((name) => [name, undefined]))
    const store = openStore({ dataDir: freshDir(), ...options })
    expect(store.diagnostics()).toMatchObject({ segmentMaxBytes: 256 * MIB, fdBudget: 64 })
  })
})

describe('a number', () => {
  it.each(bounds)('W-165 %s is taken from %d to %d, and refused beyond', (name, min, max) => {
    for (const value of [min, max]) openStore({ [name]: value })
    for (const value of [min - 1, max + 1, -1, 0.5, min + 0.5, Number.NaN, Infinity, -Infinity]) {
      if (value >= min && value <= max && Number.isInteger(value)) continue
      for (const open of [openStore, openReadOnly]) {
        const error = refusal('Configuration', () => open({ dataDir: freshDir(), [name]: value }))
        expect(error.reason).toContain(name)
        expect(error.reason).toContain(`${min} to ${max}`)
        expect(error.reason).toContain(`got ${value}`)
        expect(error.message).toContain('invalid config')
      }
    }
  })

  it.each(bounds)('%s of another type is a TypeError, before anything is created', (name) => {
    for (const value of ['5', null, true, {}, 5n]) {
      const dataDir = join(freshDir(), 'new')
      const message = argumentError(TypeError, () => openStore({ dataDir, [name]: value as never }))
      expect(message).toContain(`${name} must be a number`)
      expect(existsSync(dataDir)).toBe(false)
    }
  })

  it('W-165 out of bounds: the first in the documented order is told', () => {
    const bad = Object.fromEntries(bounds.map(([name, min]) => [name, min - 1]))
    for (const [i, [name]] of bounds.entries()) {
      const rest = Object.fromEntries(bounds.slice(i).map(([later]) => [later, bad[later]]))
      const error = refusal('Configuration', () => openStore(rest))
      expect(error.reason.startsWith(name)).toBe(true)
    }
  })
})

describe('an option of the wrong type', () => {
  it.each<readonly [name: string, value: unknown]>([
    ['requireIdempotencyKeys', 1],
    ['requireIdempotencyKeys', 'true'],
    ['syncMode', 'none'],
    ['syncMode', 'All'],
    ['mmap', true],
    ['mmap', 'never'],
    ['eventPayloadValidation', 'warn'],
    ['platformProfilePath', 5],
    ['platformProfilePath', null],
    ['openReportObserver', {}],
    ['events', {}],
    ['events', Noted],
    ['events', [1]],
    ['events', [null]],
    ['events', [undefined, Noted]],
    ['events', [{ name: 'x' }]],
    ['clock', 5],
    ['clock', null],
    ['clock', {}],
    ['clock', { nowUs: () => 0 }],
    ['clock', { nowUs: () => 0, nowWallNs: () => 0n, nowMonoNs: () => 0n }],
    ['platform', 'node'],
    ['platform', null],
    ['platform', {}],
    ['dataDir', 5],
    ['dataDir', null],
    ['dataDir', undefined],
  ])('%s = %j is a TypeError that names it, before anything is created', (name, value) => {
    const dataDir = join(freshDir(), 'new')
    const options = { dataDir, [name]: value } as unknown as StoreOptions
    for (const open of [openStore, openReadOnly]) {
      const message = argumentError(TypeError, () => open(options))
      expect(message).toMatch(new RegExp(`^${name}\\b.* must be `))
    }
    expect(existsSync(dataDir)).toBe(false)
  })

  it.each([undefined, null, 5, 'dir', []])('options that are %j are a TypeError', (options) => {
    expect(argumentError(TypeError, () => openReadOnly(options as never))).toContain(
      'store options must be an object',
    )
  })
})

describe('an unknown option', () => {
  it.each([
    ['datadir', 'dataDir'],
    ['segmentMaxByte', 'segmentMaxBytes'],
    ['syncEveryNEvent', 'syncEveryNEvents'],
    ['mmapp', 'mmap'],
    ['openReportObservers', 'openReportObserver'],
  ])('%s is a TypeError that names %s', (unknown, nearest) => {
    const dataDir = join(freshDir(), 'new')
    const options = { dataDir, [unknown]: 1 } as StoreOptions
    for (const open of [openStore, openReadOnly]) {
      const message = argumentError(TypeError, () => open(options))
      expect(message).toContain(`'${unknown}'`)
      expect(message).toContain(`did you mean '${nearest}'`)
    }
    expect(existsSync(dataDir)).toBe(false)
  })
})
