import type { JsonObject } from '../core/law.ts'
import type { HostSpec } from '../host/host-spec.ts'
import { PRESETS } from '../host/presets.ts'
import type { LaneSpec } from './lane-spec.ts'

/** The specification as a line for people and shells: presets by name, defaults left out. */
export function portableSpec({ host, mode, ...rest }: LaneSpec): JsonObject {
  const short = typeof host === 'object' ? shortHost(host) : host
  return {
    ...(short !== undefined && { host: short }),
    ...(mode === 'ReadOnly' && { mode }),
    ...rest,
  } as JsonObject
}

function shortHost(host: HostSpec): object | string {
  if ((PRESETS as Readonly<Record<string, HostSpec>>)[host.name] === host) return host.name
  const filled = Object.entries(host).filter(
    ([, part]) => typeof part === 'string' || Object.keys(part as object).length > 0,
  )
  return Object.fromEntries(filled)
}
