/** The one error class: every code with its fields, what its message must say, and how errors are told apart. */
import { describe, expect, it } from 'vitest'
import {
  InvariantError,
  StoreError,
  errorClass,
  isStoreError,
  type StoreErrorCode,
} from '../src/index.ts'
import { ERROR_TABLE } from '../src/errors/table.ts'
import { asStoreError } from '../src/errors.ts'
import { ID, KIND, POINT, SAMPLES } from './support/api-error-samples.ts'

const codes = Object.keys(SAMPLES) as StoreErrorCode[]
const CAUSE = new Error('the reason behind it')
/** Codes whose message repeats what their cause says. */
const TELLING: readonly StoreErrorCode[] = [
  'Io',
  'Serialization',
  'WriterCrashed',
  'CacheFailed',
  'BatchFailed',
  'BatchSyncFailed',
  'HiddenRangesCorrupt',
  'CheckpointWriteFailed',
  'DecodeFailure',
  'RestartBudgetExhausted',
  'SyncFailed',
  'ProjectionFailed',
]

describe('the codes', () => {
  it('W-163 are those of the table, and no others', () => {
    expect(codes.toSorted()).toEqual(Object.keys(ERROR_TABLE).toSorted())
    expect(codes).toHaveLength(60)
  })

  it.each(codes)('W-163 %s carries its fields, says what it must, and is an Error', (code) => {
    const { fields, says } = SAMPLES[code]
    const error = new StoreError(code, fields)
    expect(error).toBeInstanceOf(StoreError)
    expect(error).toBeInstanceOf(Error)
    expect([error.name, error.code]).toEqual(['StoreError', code])
    expect(Object.fromEntries(Object.entries(error))).toEqual({ code, ...fields })
    for (const text of says) expect(error.message).toContain(text)
    expect(error.message.endsWith('.')).toBe(false)
    expect(error.message).not.toMatch(/undefined|\[object|NaN/)
    expect('cause' in error).toBe(false)
    expect(error.stack).toContain('StoreError: ')
    expect(isStoreError(error, code)).toBe(true)
    expect(isStoreError(error, code === 'Io' ? 'NotFound' : 'Io')).toBe(false)
  })

  it.each(codes)('W-163 %s keeps its cause, and repeats it where that is the point', (code) => {
    const error = new StoreError(code, SAMPLES[code].fields, { cause: CAUSE })
    expect(error.cause).toBe(CAUSE)
    expect(error.message.includes(CAUSE.message)).toBe(TELLING.includes(code))
  })

  it.each(codes)('%s has the documented class', (code) => {
    const { class: own, fields } = SAMPLES[code]
    const error = new StoreError(code, fields)
    expect(errorClass(error)).toBe(own === 'cause' ? 'retryable' : own)
  })

  it('have the class of the innermost cause where they wrap one', () => {
    const inner = { domain: 'NotFound', retryable: 'Io', failClosed: 'CrcMismatch' } as const
    for (const wrapper of [
      'BatchFailed',
      'BatchSyncFailed',
      'RestartBudgetExhausted',
      'ProjectionFailed',
    ] as const) {
      for (const [expected, code] of Object.entries(inner)) {
        const cause = new StoreError(code, SAMPLES[code].fields)
        const error = new StoreError(wrapper, SAMPLES[wrapper].fields, { cause })
        expect(errorClass(error)).toBe(expected)
        const outer = new StoreError('BatchFailed', { itemIndex: 0 }, { cause: error })
        expect(errorClass(outer)).toBe(expected)
      }
      expect(errorClass(new StoreError(wrapper, SAMPLES[wrapper].fields, { cause: CAUSE }))).toBe(
        'retryable',
      )
    }
  })

  it('describe every kind of nested detail without a gap', () => {
    const corruptions = [
      { kind: 'ReadFailed' },
      { kind: 'TooShort', actual: 3, required: 12 },
      { kind: 'BadMagic' },
      { kind: 'UnsupportedVersion', observed: 2, expected: 1 },
      { kind: 'DecodeFailed' },
      { kind: 'MalformedEntries' },
    ] as const
    const violations = [
      {
        kind: 'BootstrapHlcOutOfOrder',
        openHlc: POINT,
        maxRecoveredHlc: POINT,
        lastCloseHlc: POINT,
      },
      { kind: 'OpenHlcTimestampOutOfRange', wallMs: 77 },
      { kind: 'OpenReceiptNotIndexed', eventId: ID },
      { kind: 'PreparedBatchItemCountDrift', expected: 3, actual: 2 },
    ] as const
    const issues = [
      'Empty',
      'NulByte',
      'ControlChar',
      'PathTraversal',
      'ForbiddenSeparator',
    ] as const
    const messages = [
      ...corruptions.map(
        (corruption) => new StoreError('HiddenRangesCorrupt', { path: '/v', corruption }),
      ),
      ...violations.map((violation) => new StoreError('InvariantViolation', { violation })),
      ...issues.map((kind) => new StoreError('CheckpointId', { issue: { kind } })),
      ...issues.slice(1).map((kind) => {
        const issue = { kind, component: 'scope' } as never
        return new StoreError('Coordinate', { issue })
      }),
      new StoreError('Coordinate', { issue: { kind: 'EmptyScope' } }),
      new StoreError('StoreLocked', { path: '/d', mode: 'Mutable' }),
      new StoreError('InvalidCoordinate', { reason: 'x' }),
      new StoreError('DecodeFailure', { kind: KIND }),
      new StoreError('Io', { operation: 'x' }),
      new StoreError('CursorCheckpointRegionMismatch', { path: '/c', expected: 'two' }),
      new StoreError('EventPayloadRegistry', { collisions: [] }),
    ].map((error) => error.message)
    expect(new Set(messages).size).toBe(messages.length)
    for (const message of messages) expect(message).not.toMatch(/undefined|\[object|NaN/)
  })
})

describe('recognising errors', () => {
  it('takes an error of another copy of the package, and narrows it', async () => {
    const copy = (await import(new URL('../dist/index.js', import.meta.url).href)) as {
      StoreError: typeof StoreError
      isStoreError: typeof isStoreError
    }
    expect(copy.StoreError).not.toBe(StoreError)
    const theirs = new copy.StoreError('NotFound', { id: ID })
    const ours = new StoreError('NotFound', { id: ID })
    expect(theirs instanceof StoreError).toBe(true)
    expect(ours instanceof copy.StoreError).toBe(true)
    expect(isStoreError(theirs, 'NotFound')).toBe(true)
    expect(copy.isStoreError(ours, 'NotFound')).toBe(true)
    expect(isStoreError(theirs, 'Io')).toBe(false)
    expect(errorClass(theirs)).toBe('domain')
  })

  it.each([
    null,
    undefined,
    5,
    'x',
    {},
    new Error('x'),
    { code: 'NotFound' },
    new InvariantError('x'),
  ])('does not take %s', (value) => {
    expect(isStoreError(value)).toBe(false)
    expect((value as unknown) instanceof StoreError).toBe(false)
  })
})

describe('a system error', () => {
  const system = (fields: object): Error =>
    Object.assign(new Error('ENOSPC: no space left'), fields)

  it('becomes Io with operation, path, syscall and cause', () => {
    const cause = system({ code: 'ENOSPC', syscall: 'write', path: '/its/own' })
    const error = asStoreError(cause, 'write the frame') as StoreError<'Io'>
    expect(error).toMatchObject({
      code: 'Io',
      operation: 'write the frame',
      path: '/its/own',
      syscall: 'write',
    })
    expect(error.cause).toBe(cause)
    expect(error.message).toContain('ENOSPC: no space left')
    expect(asStoreError(cause, 'x', '/given')).toMatchObject({ path: '/given' })
  })

  it('is left alone when it is a StoreError already, or a bug', () => {
    const own = new StoreError('NotFound', { id: ID })
    const bug = new TypeError('x is not a function')
    expect(asStoreError(own, 'x')).toBe(own)
    expect(asStoreError(bug, 'x')).toBe(bug)
    expect(asStoreError('text', 'x')).toBe('text')
    expect(asStoreError(null, 'x')).toBe(null)
  })
})
