/** Names and namespaces: an entity may be there before or after those that stand below it. */
import { describe, expect, it } from 'vitest'
import { EventIndex } from '../../src/index-store/event-index.ts'
import { Names } from '../../src/index-store/names.ts'
import type { PostingList } from '../../src/index-store/posting-list.ts'
import { rowOf } from '../support/index-rows.ts'

function insert(index: EventIndex, entity: string, scope = 's'): number {
  const { names, columns } = index
  const [source, { sequence }] = rowOf({ sequence: columns.count })
  return index.insert(
    source,
    names.internEntity(entity),
    names.internScope(scope),
    sequence,
    1,
    57,
    100,
  )
}

function rowsOf(list: PostingList | undefined): number[] | undefined {
  return list && Array.from({ length: list.count }, (_, rank) => list.at(rank))
}

describe('a namespace', () => {
  it.each<
    readonly [
      what: string,
      entities: readonly string[],
      expected: Readonly<Record<string, number[]>>,
    ]
  >([
    ['of an entity alone', ['a', 'a'], { a: [0, 1] }],
    [
      'whose entity comes first',
      ['a', 'a:b', 'a', 'a:b:c'],
      { a: [0, 1, 2, 3], 'a:b': [1, 3], 'a:b:c': [3] },
    ],
    [
      'whose descendants come first',
      ['a:b:c', 'a:b', 'a', 'a:b:c'],
      { a: [0, 1, 2, 3], 'a:b': [0, 1, 3], 'a:b:c': [0, 3] },
    ],
    ['whose entity never comes', ['a:b', 'a:c'], { a: [0, 1], 'a:b': [0], 'a:c': [1] }],
    ['whose entity comes in between', ['a:b', 'a', 'a:c', 'a'], { a: [0, 1, 2, 3] }],
    ['that only begins alike', ['a', 'ab', 'a:b', 'a;b'], { a: [0, 2], ab: [1], 'a;b': [3] }],
    [
      'with empty parts',
      ['a:', 'a::b', ':a', ':'],
      { a: [0, 1], 'a:': [0, 1], '': [2, 3], ':a': [2], ':': [3] },
    ],
    [
      'of many children, each with many rows',
      ['p:1', 'p:2', 'p:1', 'p', 'p:2', 'p'],
      { p: [0, 1, 2, 3, 4, 5], 'p:1': [0, 2], 'p:2': [1, 4] },
    ],
  ])(
    '%s holds the rows of all that stand in it, in commit order (R-4)',
    (_, entities, expected) => {
      const index = new EventIndex()
      for (const entity of entities) insert(index, entity)
      for (const [prefix, rows] of Object.entries(expected)) {
        expect(rowsOf(index.names.namespace(prefix)), prefix).toEqual(rows)
      }
      for (const entity of new Set(entities)) {
        const own = entities.flatMap((name, row) => (name === entity ? [row] : []))
        expect(rowsOf(index.names.entity(entity)!.rows), `exactly ${entity}`).toEqual(own)
        expect(index.names.entity(entity)!.head).toBe(own.at(-1))
      }
    },
  )

  it('is not shared before it has to be: an entity without descendants keeps one list', () => {
    const names = new Names()
    const a = names.internEntity('a')
    expect(names.namespace('a')).toBe(a.rows)
    names.internEntity('a:b')
    expect(names.namespace('a')).not.toBe(a.rows)
  })

  it('that nobody named is not there', () => {
    const index = new EventIndex()
    insert(index, 'a:b')
    for (const name of ['b', 'a:', 'a:b:', 'A', ''])
      expect(index.names.namespace(name)).toBeUndefined()
  })
})

describe('names', () => {
  it('are kept once, entity or scope or both, and the empty one has number 0', () => {
    const names = new Names()
    const entity = names.internEntity('x')
    const scope = names.internScope('x')
    expect(scope.id).toBe(entity.id)
    expect(names.internEntity('x')).toBe(entity)
    expect(names.internScope('x')).toBe(scope)
    expect(names.text(entity.id)).toBe('x')
    expect(names.text(0)).toBe('')
    expect(names.entityById(entity.id)).toBe(entity)
    expect(names.entity('y')).toBeUndefined()
    expect(names.scope('y')).toBeUndefined()
    expect(names.internEntity('y').id).not.toBe(names.internScope('z').id)
  })
})
