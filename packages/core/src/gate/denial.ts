/** The refusal of a gate: a value, not an error, and nothing that is stored by itself. */
import { checkOptionNames, describeType } from '../options.ts'

export interface Denial {
  /** The name of the gate that refused. */
  readonly gate: string
  /** For programs; empty when the gate gave none. */
  readonly code: string
  /** For people. */
  readonly message: string
  /** What the refusal was judged by. */
  readonly context: readonly (readonly [key: string, value: string])[]
}

export interface DenyOptions {
  readonly code?: string
  readonly context?: readonly (readonly [key: string, value: string])[]
}

/** Makes the denial that a gate returns. @throws TypeError for anything but strings */
export function deny(gate: string, message: string, options: DenyOptions = {}): Denial {
  checkOptionNames('deny options', options, OPTIONS)
  const { code = '', context = [] } = options
  return checkDenial({ gate, code, message, context })
}

/** A frozen copy. @throws TypeError unless `denial` has the shape of a denial */
export function checkDenial(denial: unknown): Denial {
  if (typeof denial !== 'object' || denial === null) {
    throw new TypeError(`denial must be made by deny, got ${describeType(denial)}`)
  }
  const { gate, code, message, context } = denial as Denial
  for (const [name, value] of Object.entries({ gate, code, message })) {
    if (typeof value === 'string') continue
    throw new TypeError(`denial.${name} must be a string, got ${describeType(value)}`)
  }
  if (!Array.isArray(context) || !(context as readonly unknown[]).every(isPair)) {
    throw new TypeError('denial.context must be an array of [key, value], both strings')
  }
  const pairs = context.map(([key, value]) => Object.freeze([key, value] as const))
  return Object.freeze({ gate, code, message, context: Object.freeze(pairs) })
}

function isPair(pair: unknown): boolean {
  return Array.isArray(pair) && pair.length === 2 && pair.every((part) => typeof part === 'string')
}

const OPTIONS: ReadonlySet<string> = new Set(['code', 'context'])
