/** Projections: a state folded from the events of one entity, from nothing but those events. */
import { describe, expect, it } from 'vitest'
import {
  Kind,
  defineEvent,
  defineProjection,
  isStoreError,
  type Projection,
  type StoredEvent,
} from '../../src/index.ts'
import { Counted, Noted, at } from '../support/api-events.ts'
import { argumentError, refusal, thrownBy } from '../support/api-errors.ts'
import { FaultPlatform } from '../support/api-faults.ts'
import { freshDir, openReadOnly, openStore } from '../support/api-store.ts'

const Values = defineProjection<readonly number[]>({
  name: 'Values',
  init: () => [],
  on: (on) => [on(Noted, (seen, { n }) => [...seen, n])],
})

const Raw = defineProjection<readonly number[]>({
  name: 'Raw',
  init: () => [],
  on: (on) => [on(Noted.kind, (seen, event) => [...seen, (event.payload as { n: number }).n])],
})

const garbage = Uint8Array.of(0xc1)

describe('a projection', () => {
  it('R-53 folds exactly one entity, not its namespace, in stream order', () => {
    const store = openStore({ segmentMaxBytes: 1 })
    for (let n = 0; n < 5; n += 1) {
      store.append(at('a', `s${n % 2}`), Noted, { n })
      store.append(at('a:b'), Noted, { n: 100 + n })
      store.append(at('ab'), Noted, { n: 200 + n })
    }
    expect(store.project(Values, 'a')).toEqual([0, 1, 2, 3, 4])
    expect(store.project(Values, 'a:b')).toEqual([100, 101, 102, 103, 104])
  })

  it('R-55 has no state for an entity without events of its kinds, and does not begin one', () => {
    const store = openStore()
    store.append(at('a'), Counted, { n: 1 })
    let begun = 0
    const Eager = defineProjection<number>({
      name: 'Eager',
      init: () => {
        begun += 1
        return 0
      },
      on: (on) => [on(Noted, (sum) => sum)],
    })
    for (const entity of ['a', 'nobody', '', 'batpak:store', 'a/b', '\ud800']) {
      expect(store.project(Eager, entity)).toBeUndefined()
    }
    expect(begun).toBe(0)
    store.append(at('a'), Noted, { n: 1 })
    expect(store.project(Eager, 'a')).toBe(0)
    expect(begun).toBe(1)
  })

  it('R-54 R-55 reads no frame of a kind that it does not bind', () => {
    const dataDir = freshDir()
    const first = openStore({ dataDir })
    for (let n = 0; n < 10; n += 1) {
      first.append(at('a'), n === 7 ? Noted : Counted, { n })
      first.append(at('b'), Noted, { n })
    }
    first.close()
    const platform = new FaultPlatform()
    const store = openReadOnly({ dataDir, platform, mmap: 'off' })
    const reads = (run: () => unknown): number => {
      platform.forget()
      run()
      return platform.filesOf('pread').length
    }
    expect(reads(() => expect(store.project(Values, 'a')).toEqual([7]))).toBe(1)
    expect(reads(() => expect(store.project(Values, 'batpak:store')).toBeUndefined())).toBe(0)
    expect(reads(() => expect(store.project(Values, 'nobody')).toBeUndefined())).toBe(0)
    expect(reads(() => store.project(Values, 'b'))).toBe(10)
  })

  it('R-56 gives the same state in both lanes', () => {
    const store = openStore()
    for (let n = 0; n < 5; n += 1) store.append(at('a'), Noted, { n })
    expect(store.project(Raw, 'a')).toEqual(store.project(Values, 'a'))
  })

  it('R-57 gives the same state after a reopen, and on every kind of store', () => {
    const dataDir = freshDir()
    const store = openStore({ dataDir })
    for (let n = 0; n < 5; n += 1) store.append(at('a'), Noted, { n })
    const before = store.project(Values, 'a')
    store.close()
    expect(openReadOnly({ dataDir }).project(Values, 'a')).toEqual(before)
  })

  it('R-57 begins anew at every call', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 1 })
    const Mutating = defineProjection<{ sum: number }>({
      name: 'Mutating',
      init: () => ({ sum: 0 }),
      on: (on) => [
        on(Noted, (state, { n }) => {
          state.sum += n
          return state
        }),
      ],
    })
    expect(store.project(Mutating, 'a')).toEqual({ sum: 1 })
    expect(store.project(Mutating, 'a')).toEqual({ sum: 1 })
  })

  it('sees what was appended since', () => {
    const store = openStore()
    expect(store.project(Values, 'a')).toBeUndefined()
    store.append(at('a'), Noted, { n: 1 })
    expect(store.project(Values, 'a')).toEqual([1])
    store.append(at('a'), Noted, { n: 2 })
    expect(store.project(Values, 'a')).toEqual([1, 2])
  })

  it('R-60 has no state when finish gives undefined, and else what finish gives', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 1 })
    store.append(at('b'), Noted, { n: 5 })
    const Large = defineProjection<number>({
      name: 'Large',
      init: () => 0,
      on: (on) => [on(Noted, (sum, { n }) => sum + n)],
      finish: (sum) => (sum > 3 ? sum * 2 : undefined),
    })
    expect(store.project(Large, 'a')).toBeUndefined()
    expect(store.project(Large, 'b')).toBe(10)
  })
})

describe('handlers', () => {
  it('R-58 skip events of kinds that none binds', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 1 })
    store.appendBytes(at('a'), Counted.kind, garbage)
    store.append(at('a'), Noted, { n: 2 })
    expect(store.project(Values, 'a')).toEqual([1, 2])
  })

  it('R-58 R-59 fail the call at a bound event that does not decode, and name it', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 1 })
    const { eventId } = store.appendBytes(at('a'), Noted.kind, garbage)
    const error = refusal('DecodeFailure', () => store.project(Values, 'a'))
    expect([error.eventId, error.kind, error.entity]).toEqual([eventId, Noted.kind, 'a'])
    expect(isStoreError(error.cause, 'Serialization')).toBe(true)
  })

  it('get the decoded value, and the whole event', () => {
    const store = openStore()
    const { eventId } = store.append(at('a', 's'), Noted, { n: 1 }, { flags: 3 })
    const seen: unknown[] = []
    const Seen = defineProjection<number>({
      name: 'Seen',
      init: () => 0,
      on: (on) => [
        on(Noted, (state, value, event) => {
          seen.push(value, event.eventId, event.scope, event.flags, event.payload)
          return state
        }),
      ],
    })
    store.project(Seen, 'a')
    expect(seen).toEqual([{ n: 1 }, eventId, 's', 3, { n: 1 }])
  })

  it('bound to "any" get every event that no other handler binds, undecoded', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 1 })
    store.appendBytes(at('a'), Kind.DATA, garbage)
    store.append(at('a'), Counted, { n: 3 })
    const All = defineProjection<readonly string[]>({
      name: 'All',
      init: () => [],
      on: (on) => [
        on('any', (seen, event) => [...seen, `any ${event.kind}`]),
        on(Counted, (seen, { n }) => [...seen, `counted ${n}`]),
      ],
    })
    expect(store.project(All, 'a')).toEqual([`any ${Noted.kind}`, `any ${Kind.DATA}`, 'counted 3'])
    expect(store.project(All, 'batpak:store')).toEqual([`any ${Kind.SYSTEM_OPEN_COMPLETED}`])
  })

  it('bound twice to one kind: the first is used', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 1 })
    const Twice = defineProjection<string>({
      name: 'Twice',
      init: () => '',
      on: (on) => [on(Noted, (s) => `${s}first`), on(Noted.kind, (s) => `${s}second`)],
    })
    expect(store.project(Twice, 'a')).toBe('first')
  })

  it('that throw end the call with what they threw, and change nothing', () => {
    const store = openStore()
    store.append(at('a'), Noted, { n: 1 })
    store.append(at('a'), Noted, { n: 2 })
    const boom = new Error('boom')
    const folded: number[] = []
    const Throwing = defineProjection<number>({
      name: 'Throwing',
      init: () => 0,
      on: (on) => [
        on(Noted, (_, { n }) => {
          folded.push(n)
          throw boom
        }),
      ],
    })
    const before = store.stats()
    expect(thrownBy(() => store.project(Throwing, 'a'))).toBe(boom)
    expect(folded).toEqual([1])
    expect(store.stats()).toEqual(before)
    expect(store.project(Values, 'a')).toEqual([1, 2])
  })

  it('that close the store end the call with StoreClosed', () => {
    const store = openStore({ segmentMaxBytes: 1 })
    for (let n = 0; n < 3; n += 1) store.append(at('a'), Noted, { n })
    const Closing = defineProjection<number>({
      name: 'Closing',
      init: () => 0,
      on: (on) => [
        on(Noted, (count) => {
          store.close()
          return count + 1
        }),
      ],
    })
    expect(refusal('StoreClosed', () => store.project(Closing, 'a')).operation).toBe('project')
  })

  it('get events that stay as they are after the fold', () => {
    const store = openStore({ segmentMaxBytes: 1, fdBudget: 1 })
    for (let n = 0; n < 4; n += 1) store.append(at('a'), Noted, { n })
    const Kept = defineProjection<readonly StoredEvent[]>({
      name: 'Kept',
      init: () => [],
      on: (on) => [on('any', (seen, event) => [...seen, event])],
    })
    const events = store.project(Kept, 'a')!
    expect(events.map((event) => Noted.decode(event).n)).toEqual([0, 1, 2, 3])
  })
})

describe('upcast and schema', () => {
  it('act in a projection as they do in decode', () => {
    const type = defineEvent<{ n: number }>({
      name: 'test.Noted',
      category: 0xf,
      typeId: 1,
      upcast: (old) => ({ n: (old as { n: number }).n * 10 }),
    })
    const P = defineProjection<number>({
      name: 'P',
      init: () => 0,
      on: (on) => [on(type, (sum, { n }) => sum + n)],
    })
    const store = openStore()
    store.append(at('a'), Noted, { n: 4 })
    expect(store.project(P, 'a')).toBe(40)
  })
})

describe('defining a projection', () => {
  const whole = { name: 'P', init: () => 0, on: () => [] }

  it.each<readonly [named: string, definition: unknown]>([
    ['name', { ...whole, name: '' }],
    ['name', { ...whole, name: undefined }],
    ['name', { ...whole, name: 5 }],
    ['version', { ...whole, version: -1 }],
    ['version', { ...whole, version: 1.5 }],
    ['version', { ...whole, version: '1' }],
    ['init', { ...whole, init: undefined }],
    ['init', { ...whole, init: 0 }],
    ['on', { ...whole, on: [] }],
    ['finish', { ...whole, finish: 5 }],
    ['on', { ...whole, on: () => undefined }],
    ['on', { ...whole, on: () => [{ kind: 1, apply: () => 0 }] }],
    ['on', { ...whole, on: () => [null] }],
    ['defineProjection must be an object', null],
  ])('is refused, naming %s', (named, definition) => {
    const message = argumentError(TypeError, () => defineProjection(definition as never))
    expect(message).toContain(named)
  })

  it('is refused for an unknown option, naming the nearest', () => {
    const message = argumentError(TypeError, () =>
      defineProjection({ ...whole, initial: () => 0 } as never),
    )
    expect(message).toMatch(/'initial'.*'init'/)
  })

  it.each([
    ['a kind out of range', 0x10000],
    ['text', 'some'],
    ['nothing', undefined],
    ['an object without a kind', {}],
  ])('is refused when a handler is bound to %s', (_, what) => {
    const define = (): unknown =>
      defineProjection({ ...whole, on: (on) => [on(what as never, () => 0)] })
    expect(argumentError(TypeError, define)).toContain('on: expected an event type')
  })

  it('is refused when a handler is no function', () => {
    const define = (): unknown =>
      defineProjection({ ...whole, on: (on) => [on(Noted, 5 as never)] })
    expect(argumentError(TypeError, define)).toContain('handler must be a function')
  })

  it('gives a value that nobody can change', () => {
    expect(Object.isFrozen(Values)).toBe(true)
    expect(Object.isFrozen(Values.handlers)).toBe(true)
    expect([Values.name, Values.version]).toEqual(['Values', 0])
  })
})

describe('arguments of project', () => {
  it('are named when wrong', () => {
    const store = openStore()
    for (const projection of [undefined, null, 5, {}, { handlers: 5 }]) {
      const project = (): unknown => store.project(projection as unknown as Projection<number>, 'a')
      expect(argumentError(TypeError, project)).toContain('defineProjection')
    }
    for (const entity of [undefined, null, 5, ['a']]) {
      const project = (): unknown => store.project(Values, entity as never)
      expect(argumentError(TypeError, project)).toContain('entity must be a string')
    }
  })
})
