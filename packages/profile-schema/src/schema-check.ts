import { Ajv2020, type ErrorObject, type ValidateFunction } from 'ajv/dist/2020.js'
import { profileJsonSchema } from './json-schema.ts'
import type { DecodedProfile } from './profile.ts'
import { variantText } from './variant-text.ts'

/** Says why `value` does not have the shape of a profile; undefined if it has it. */
export function shapeProblem(value: unknown): string | undefined {
  const validate = shapeValidator()
  return validate(value) ? undefined : problemText(validate.errors ?? [])
}

let compiled: ValidateFunction<DecodedProfile> | undefined

// Compiling takes 10 ms, so it waits for the first profile; checking the schema itself would take
// another 20 and is left to the tests. Ajv makes the validator with `new Function`.
function shapeValidator(): ValidateFunction<DecodedProfile> {
  const options = { meta: false, validateSchema: false, logger: false, verbose: true } as const
  compiled ??= new Ajv2020(options).compile<DecodedProfile>(decodeSchema())
  return compiled
}

/**
 * The published schema with one rule relaxed: any version that fits the field is let through, so
 * that a profile of version 2 is refused as `UnsupportedSchemaVersion` and not as undecodable.
 */
function decodeSchema(): Record<string, unknown> {
  const { $id: _, properties, ...rest } = profileJsonSchema
  const schema_version = { type: 'integer', minimum: 0, maximum: 65535 }
  return { ...rest, properties: { ...(properties as object), schema_version } }
}

function problemText(errors: readonly ErrorObject[]): string {
  // Of the alternatives of `path_status`, the one that got deepest into the value was meant.
  const deepest = errors.reduce<ErrorObject | undefined>(
    (best, next) =>
      best === undefined || next.instancePath.length >= best.instancePath.length ? next : best,
    undefined,
  )
  if (deepest === undefined) return 'it does not have the shape of a profile'
  const path = deepest.instancePath.slice(1).replaceAll('/', '.') || 'the profile'
  if (deepest.keyword === 'required') return `${path} has no ${deepest.params['missingProperty']}`
  return `${path} ${expectation(deepest)}, found ${foundText(deepest.data)}`
}

function expectation({ keyword, message, params }: ErrorObject): string {
  if (keyword === 'enum') return `must be one of ${params['allowedValues'].join(', ')}`
  if (keyword === 'anyOf') {
    return (
      'must be ObservedDirectory, UnknownMissing, ObservedUnsupportedNotDirectory ' +
      'or {"ProbeFailed":{"reason":"…"}}'
    )
  }
  return message ?? `breaks the rule ${keyword}`
}

// The strict reader has emptied what it did not expect, so only the kind of it is worth showing.
function foundText(value: unknown): string {
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' && value !== null ? 'an object' : variantText(value)
}
