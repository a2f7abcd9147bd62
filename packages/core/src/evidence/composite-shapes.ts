/** Structs, enums and lists of report bodies. */
import type { Writer } from '../encoding/writer.ts'
import { describeType } from '../options.ts'
import { refused } from './scalar-shapes.ts'
import { Unencodable, within, type Shape } from './shape.ts'

/** One shape per field, in the order of the format. */
export type Fields<T> = { readonly [K in keyof T]-?: Shape<T[K]> }

/** What a variant of an enum holds. */
export interface VariantShape<V> extends Shape<V> {
  /** True for a variant that is its name alone. */
  readonly unit?: true
}

type Tagged = { readonly kind: string }
export type Variants<T extends Tagged> = {
  readonly [K in T['kind']]: VariantShape<Extract<T, { readonly kind: K }>>
}

/** A map with the names of the format: `segmentId` is `segment_id` there. */
export function struct<T extends object>(fields: Fields<T>): Shape<T> {
  return mapOf<T>(Object.entries(fields) as (readonly [string, Shape<unknown>])[], new Set())
}

/** A variant with fields. */
export function fieldsOf<V extends Tagged>(fields: Fields<Omit<V, 'kind'>>): VariantShape<V> {
  const entries = Object.entries(fields) as (readonly [string, Shape<unknown>])[]
  return mapOf<V>(entries, new Set(['kind']))
}

/** A variant that holds one value, which the format does not name. */
export function valueOf<V extends Tagged, K extends Exclude<keyof V, 'kind'> & string>(
  key: K,
  shape: Shape<V[K]>,
): VariantShape<V> {
  const known = new Set(['kind', key])
  return {
    write(out, value) {
      refuseUnknownKeys(value, known)
      within(`.${key}`, () => shape.write(out, value[key]))
    },
    compare: (a, b) => shape.compare(a[key], b[key]),
  }
}

const ONLY_KIND: ReadonlySet<string> = new Set(['kind'])
/** A variant that is its name alone. */
export const UNIT: VariantShape<never> = {
  unit: true,
  write: (_, value) => refuseUnknownKeys(value, ONLY_KIND),
  compare: () => 0,
}

/** One of several variants, told apart by `kind` and ordered as they are listed. */
export function variants<T extends Tagged>(cases: Variants<T>): Shape<T> {
  const table = new Map(Object.entries(cases) as (readonly [string, VariantShape<T>])[])
  const names = [...table.keys()]
  return {
    write(out, value) {
      const variant = table.get(value?.kind)
      if (variant === undefined)
        throw refused(`must have a kind of ${names.join(', ')}`, value?.kind)
      if (variant.unit !== true) out.mapHeader(1)
      out.str(value.kind)
      variant.write(out, value)
    },
    compare(a, b) {
      const order = names.indexOf(a.kind) - names.indexOf(b.kind)
      return order !== 0 ? order : table.get(a.kind)!.compare(a, b)
    },
  }
}

export function list<T>(shape: Shape<T>): Shape<readonly T[]> {
  return {
    write(out, values) {
      if (!Array.isArray(values)) throw refused('must be an array', values)
      out.arrayHeader(values.length)
      for (const [i, value] of values.entries()) within(`[${i}]`, () => shape.write(out, value))
    },
    compare(a, b) {
      for (let i = 0; i < Math.min(a.length, b.length); i += 1) {
        const order = shape.compare(a[i]!, b[i]!)
        if (order !== 0) return order
      }
      return a.length - b.length
    },
  }
}

/** A list whose order is not the caller's: it is written sorted. */
export function sorted<T>(shape: Shape<T>): Shape<readonly T[]> {
  const plain = list(shape)
  return {
    write(out, values) {
      const start = out.pos
      plain.write(out, values) // refuses what cannot be compared
      if (values.length < 2) return
      out.pos = start
      plain.write(out, inOrder(values, shape))
    },
    compare: (a, b) => plain.compare(inOrder(a, shape), inOrder(b, shape)),
  }
}

/** A sorted copy; equal values stay. */
export function inOrder<T>(values: readonly T[], shape: Shape<T>): readonly T[] {
  return [...values].sort((a, b) => shape.compare(a, b))
}

function mapOf<T extends object>(
  entries: readonly (readonly [string, Shape<unknown>])[],
  more: ReadonlySet<string>,
): Shape<T> {
  const known = new Set([...more, ...entries.map(([key]) => key)])
  const fields = entries.map(([key, shape]) => ({ key, name: snakeCase(key), shape }))
  const get = (value: T, key: string): unknown => value[key as keyof T]
  return {
    write(out: Writer, value: T): void {
      refuseUnknownKeys(value, known)
      const isLeftOut = ({ key, shape }: (typeof fields)[number]): boolean =>
        shape.omitted === true && get(value, key) === undefined
      out.mapHeader(fields.length - fields.filter(isLeftOut).length)
      for (const field of fields) {
        if (isLeftOut(field)) continue
        const { key, name, shape } = field
        out.str(name)
        within(`.${key}`, () => shape.write(out, get(value, key)))
      }
    },
    compare(a: T, b: T): number {
      for (const { key, shape } of fields) {
        const order = shape.compare(get(a, key), get(b, key))
        if (order !== 0) return order
      }
      return 0
    },
  }
}

/** A field that is not in the format would not be in the hash. */
function refuseUnknownKeys(value: object, known: ReadonlySet<string>): void {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw new Unencodable(`must be an object, got ${describeType(value)}`)
  }
  for (const key of Object.keys(value)) {
    if (!known.has(key)) throw new Unencodable(`has a field that the format does not have: ${key}`)
  }
}

function snakeCase(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)
}
