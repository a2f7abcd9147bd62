/** The part of Standard Schema v1 that batpak reads: any validator that implements it will do. */

export interface StandardSchema<In = unknown, Out = In> {
  readonly '~standard': {
    readonly version: 1
    readonly vendor: string
    readonly validate: (value: unknown) => StandardResult<Out> | Promise<StandardResult<Out>>
    readonly types?: { readonly input: In; readonly output: Out } | undefined
  }
}

export type StandardResult<Out> =
  | { readonly value: Out; readonly issues?: undefined }
  | { readonly issues: readonly StandardIssue[] }

export interface StandardIssue {
  readonly message: string
  readonly path?: readonly (PropertyKey | { readonly key: PropertyKey })[] | undefined
}

/** `lines[2].note` for the path of an issue; empty for the value itself. */
export function formatIssuePath(issue: StandardIssue): string {
  let text = ''
  for (const part of issue.path ?? []) {
    const key = typeof part === 'object' ? part.key : part
    if (typeof key === 'number') text += `[${key}]`
    else text += `${text === '' ? '' : '.'}${String(key)}`
  }
  return text
}
