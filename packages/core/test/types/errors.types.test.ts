/** How the compiler narrows errors by their code; `tsc` checks this file, vitest only runs it. */
import { describe, expect, expectTypeOf, it } from 'vitest'
import {
  StoreError,
  errorClass,
  isStoreError,
  type Receipt,
  type EventId,
  type StoreErrorCode,
} from '../../src/index.ts'

describe('a StoreError', () => {
  it('narrows to the fields of its code in a switch', () => {
    const error: unknown = new StoreError('StoreLocked', { path: '/d', mode: 'Mutable' })
    let seen: string | undefined
    if (error instanceof StoreError) {
      switch (error.code) {
        case 'StoreLocked':
          expectTypeOf(error.path).toEqualTypeOf<string>()
          expectTypeOf(error.mode).toEqualTypeOf<'Mutable' | 'ReadOnly'>()
          seen = error.path
          break
        case 'SequenceMismatch':
          expectTypeOf(error.expected).toEqualTypeOf<number | 'empty'>()
          expectTypeOf(error.actual).toEqualTypeOf<number | 'empty'>()
          // @ts-expect-error -- a mismatch has no path
          void error.path
          break
        case 'SyncFailed':
          expectTypeOf(error.receipts).toEqualTypeOf<readonly Receipt[]>()
          break
        case 'DecodeFailure':
          expectTypeOf(error.eventId).toEqualTypeOf<EventId | undefined>()
          break
        default:
          expectTypeOf(error.code).toExtend<StoreErrorCode>()
      }
    }
    expect(seen).toBe('/d')
  })

  it('narrows by isStoreError with a code', () => {
    const error: unknown = new StoreError('CrcMismatch', { segmentId: 1, offset: 2 })
    expect(isStoreError(error, 'CrcMismatch') ? error.offset : undefined).toBe(2)
    if (isStoreError(error, 'Io')) {
      expectTypeOf(error.operation).toEqualTypeOf<string>()
      expectTypeOf(error.path).toEqualTypeOf<string | undefined>()
      expectTypeOf(error.cause).toEqualTypeOf<unknown>()
      // @ts-expect-error -- Io has no segment
      void error.segmentId
    }
    if (isStoreError(error)) {
      expectTypeOf(error).toEqualTypeOf<StoreError>()
      expectTypeOf(errorClass(error)).toEqualTypeOf<'domain' | 'retryable' | 'failClosed'>()
    }
  })

  it('is constructed with exactly the fields of its code', () => {
    const make = (): unknown[] => [
      // @ts-expect-error -- mode is missing
      new StoreError('StoreLocked', { path: '/d' }),
      // @ts-expect-error -- no such code
      new StoreError('Nonsense', {}),
    ]
    expect(make).toBeTypeOf('function')
    expectTypeOf(new StoreError('WriterCrashed', {}).name).toEqualTypeOf<'StoreError'>()
    expectTypeOf(new StoreError('NotFound', { id: '' as EventId })).toEqualTypeOf<
      StoreError<'NotFound'>
    >()
    expectTypeOf<StoreError<'Io' | 'NotFound'>>().toEqualTypeOf<
      StoreError<'Io'> | StoreError<'NotFound'>
    >()
  })
})
