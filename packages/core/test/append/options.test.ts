/** The options of an append: each in both directions of its bound, and by name when it is wrong. */
import { describe, expect, it } from 'vitest'
import { type AppendOptions } from '../../src/index.ts'
import { Noted, at, hexId } from '../support/api-events.ts'
import { argumentError } from '../support/api-errors.ts'
import { openStore, stateOf } from '../support/api-store.ts'

const U32_MAX = 0xffff_ffff

describe('an append takes', () => {
  it.each<AppendOptions>([
    {},
    { expected: 'empty' },
    { flags: 0 },
    { flags: 255 },
    { position: { lane: 0, depth: 0 } },
    { position: { lane: U32_MAX, depth: U32_MAX } },
    { onReplay: 'return' },
    { onReplay: 'verify' },
    { until: 'visible' },
    { until: 'durable' },
    { extensions: new Map() },
  ])('%j', (options) => {
    const store = openStore()
    expect(store.append(at('a'), Noted, { n: 1 }, options).clock).toBe(0)
    expect(store.appendBytes(at('b'), Noted.kind, Uint8Array.of(0xc0), options).clock).toBe(0)
  })

  it('undefined for any option, as if it were not there', () => {
    const store = openStore()
    const names = [
      'expected',
      'idempotencyKey',
      'onReplay',
      'correlationId',
      'causationId',
      'position',
      'flags',
      'extensions',
      'until',
    ]
    const options = Object.fromEntries(names.map((name) => [name, undefined]))
    const { eventId } = store.append(at('a'), Noted, { n: 1 }, options)
    const event = store.get(eventId)
    expect([event.flags, event.lane, event.depth, event.extensions.size]).toEqual([0, 0, 0, 0])
  })
})

type Wrong = readonly [name: string, options: unknown]

const wrongType: readonly Wrong[] = [
  ['expected', { expected: '0' }],
  ['expected', { expected: null }],
  ['idempotencyKey', { idempotencyKey: 'not an id' }],
  ['idempotencyKey', { idempotencyKey: hexId(1).toUpperCase().replace('1', 'A') }],
  ['idempotencyKey', { idempotencyKey: `event:${hexId(1)}` }],
  ['idempotencyKey', { idempotencyKey: 5 }],
  ['flags', { flags: '1' }],
  ['flags', { flags: null }],
  ['onReplay', { onReplay: 'check' }],
  ['onReplay', { onReplay: true }],
  ['correlationId', { correlationId: hexId(1).slice(1) }],
  ['correlationId', { correlationId: null }],
  ['causationId', { causationId: `${hexId(1)}0` }],
  ['causationId', { causationId: 5 }],
  ['position', { position: 5 }],
  ['position', { position: null }],
  ['position.lane', { position: {} }],
  ['position.depth', { position: { lane: 1 } }],
  ['position.lane', { position: { lane: '1', depth: 1 } }],
  ['until', { until: 'soon' }],
  ['until', { until: 'Durable' }],
  ['extensions', { extensions: {} }],
  ['extensions', { extensions: null }],
  ['extensions', { extensions: [['a.b', new Uint8Array(1)]] }],
  ['append options', null],
  ['append options', 5],
  ['append options', 'durable'],
  ['append options', []],
]

const outOfRange: readonly Wrong[] = [
  ['expected', { expected: -1 }],
  ['expected', { expected: 0.5 }],
  ['expected', { expected: Number.NaN }],
  ['expected', { expected: U32_MAX + 1 }],
  ['flags', { flags: 256 }],
  ['flags', { flags: -1 }],
  ['flags', { flags: 0.5 }],
  ['flags', { flags: Number.NaN }],
  ['position.lane', { position: { lane: U32_MAX + 1, depth: 0 } }],
  ['position.lane', { position: { lane: -1, depth: 0 } }],
  ['position.depth', { position: { lane: 0, depth: U32_MAX + 1 } }],
  ['position.depth', { position: { lane: 0, depth: 1.5 } }],
]

describe('an append refuses, names and does not write', () => {
  const attempt = (type: typeof TypeError | typeof RangeError, options: unknown): string => {
    const store = openStore()
    const before = stateOf(store)
    const given = options as AppendOptions
    const message = argumentError(type, () => store.append(at('a'), Noted, { n: 1 }, given))
    const bytes = Uint8Array.of(0xc0)
    const again = argumentError(type, () => store.appendBytes(at('a'), Noted.kind, bytes, given))
    expect(again).toBe(message)
    expect(stateOf(store)).toEqual(before)
    return message
  }

  it.each(wrongType)('%s of the wrong type: %j', (name, options) => {
    expect(attempt(TypeError, options).startsWith(`${name} must`)).toBe(true)
  })

  it.each(outOfRange)('%s out of range: %j', (name, options) => {
    expect(attempt(RangeError, options).startsWith(`${name} must be an integer of 0 to `)).toBe(
      true,
    )
  })

  it.each([
    [{ expectd: 0 }, 'expectd', 'expected'],
    [{ idempotencykey: hexId(1) }, 'idempotencykey', 'idempotencyKey'],
    [{ util: 'durable' }, 'util', 'until'],
    [{ position: { lane: 1, dept: 2 } }, 'dept', 'depth'],
  ])('an unknown option with the nearest known one: %j', (options, unknown, nearest) => {
    expect(attempt(TypeError, options)).toContain(`'${unknown}', did you mean '${nearest}'`)
  })
})
