/** Why a value cannot be a payload, with the path of the part that is at fault. */
import { MAX_DEPTH, isRecord } from './payload-shape.ts'

/** Walks the value again and tells its first part that has no stored form. */
export function explainRefusal(value: unknown): string {
  return (
    explain(value, 'value', []) ??
    'the value changed while it was encoded (a getter that returns different values)'
  )
}

function explain(value: unknown, path: string, ancestors: readonly object[]): string | undefined {
  if (typeof value !== 'object' || value === null) return explainScalar(value, path)
  if (ancestors.includes(value)) return `${path} refers back to one of its own containers`
  if (ancestors.length >= MAX_DEPTH) return `the value nests deeper than ${MAX_DEPTH} levels`
  if (value instanceof Uint8Array) return undefined
  const inside = [...ancestors, value]
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length; i += 1) {
      const found = explain(value[i], `${path}[${i}]`, inside)
      if (found !== undefined) return found
    }
    return undefined
  }
  if (!isRecord(value)) return explainObject(value, path)
  for (const [key, member] of Object.entries(value)) {
    const found = member === undefined ? undefined : explain(member, `${path}.${key}`, inside)
    if (found !== undefined) return found
  }
  return undefined
}

function explainScalar(value: unknown, path: string): string | undefined {
  switch (typeof value) {
    case 'undefined':
      return `${path} is undefined; store null, or leave the member out`
    case 'function':
    case 'symbol':
      return `${path} is a ${typeof value}, which has no stored form`
    case 'number':
      return Number.isFinite(value) ? undefined : `${path} is ${value}; store null or a string`
    case 'bigint':
      return value >= -(1n << 63n) && value < 1n << 64n
        ? undefined
        : `${path} is the bigint ${value}, outside -2^63 to 2^64-1; store it as a string`
    default:
      return undefined
  }
}

function explainObject(value: object, path: string): string {
  if (Object.getOwnPropertySymbols(value).length > 0) {
    return `${path} has a symbol as key; only string keys are stored`
  }
  const tag = Object.prototype.toString.call(value).slice(8, -1)
  return `${path} is a ${tag === 'Object' ? 'value with toJSON' : tag}, which has no stored form; convert it to plain data first`
}
