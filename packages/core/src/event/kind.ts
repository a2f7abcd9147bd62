/** Event kinds: a category of 4 bits and a type id of 12 bits in one unsigned 16-bit number. */
import { hex4 } from '../errors/describe.ts'

declare const kindBrand: unique symbol
export type EventKind = number & { readonly [kindBrand]: true }

/** The kinds that batpak 0.8.0 names. Only DATA and the effects may be appended by callers. */
export const Kind = {
  SYSTEM_INIT: 0x0001 as EventKind,
  SYSTEM_SHUTDOWN: 0x0002 as EventKind,
  SYSTEM_HEARTBEAT: 0x0003 as EventKind,
  SYSTEM_CONFIG_CHANGE: 0x0004 as EventKind,
  SYSTEM_CHECKPOINT: 0x0005 as EventKind,
  SYSTEM_BATCH_BEGIN: 0x0006 as EventKind,
  SYSTEM_BATCH_COMMIT: 0x0007 as EventKind,
  SYSTEM_OPEN_COMPLETED: 0x0008 as EventKind,
  SYSTEM_CLOSE_COMPLETED: 0x0009 as EventKind,
  SYSTEM_DENIAL: 0x000f as EventKind,
  TOMBSTONE: 0x0ffe as EventKind,
  DATA: 0x1000 as EventKind,
  EFFECT_ERROR: 0xd001 as EventKind,
  EFFECT_RETRY: 0xd002 as EventKind,
  EFFECT_ACK: 0xd004 as EventKind,
  EFFECT_BACKPRESSURE: 0xd005 as EventKind,
  EFFECT_CANCEL: 0xd006 as EventKind,
  EFFECT_CONFLICT: 0xd007 as EventKind,
} as const

const SYSTEM = 0x0
const EFFECT = 0xd
const KNOWN: ReadonlySet<number> = new Set(Object.values(Kind))
const REFUSED_BY_APPEND: ReadonlySet<number> = new Set([
  Kind.SYSTEM_BATCH_BEGIN,
  Kind.SYSTEM_BATCH_COMMIT,
  Kind.SYSTEM_OPEN_COMPLETED,
  Kind.SYSTEM_CLOSE_COMPLETED,
  Kind.SYSTEM_DENIAL,
  Kind.TOMBSTONE,
])

/**
 * Builds a product's own kind.
 *
 * @param category 0x1-0xC, 0xE or 0xF; 0x0 and 0xD belong to batpak
 * @param typeId 0x000-0xFFF
 * @throws RangeError naming `CategoryOutOfRange`, `ReservedSystemCategory`, `ReservedEffectCategory`
 *   or `TypeIdOutOfRange`, checked in this order
 */
export function kind(category: number, typeId: number): EventKind {
  if (!Number.isInteger(category) || category < 0 || category > 0xf) {
    throw new RangeError(`CategoryOutOfRange: category must be 0x0-0xF, got ${category}`)
  }
  if (category === SYSTEM) {
    throw new RangeError(
      'ReservedSystemCategory: category 0x0 is reserved, use 0x1-0xC, 0xE or 0xF',
    )
  }
  if (category === EFFECT) {
    throw new RangeError(
      'ReservedEffectCategory: category 0xD is reserved, use 0x1-0xC, 0xE or 0xF',
    )
  }
  if (!Number.isInteger(typeId) || typeId < 0 || typeId > 0xfff) {
    throw new RangeError(`TypeIdOutOfRange: typeId must be 0x000-0xFFF, got ${typeId}`)
  }
  return ((category << 12) | typeId) as EventKind
}

/** Splits a kind into its category (4 bits) and type id (12 bits). */
export function kindParts(kind: EventKind): { readonly category: number; readonly typeId: number } {
  if (!isEventKind(kind)) {
    throw new TypeError(`kindParts: expected a kind of 0 to 0xFFFF, got ${String(kind)}`)
  }
  return { category: kind >>> 12, typeId: kind & 0xfff }
}

/** Formats a kind as `0xF001`. */
export function formatKind(kind: EventKind): string {
  return hex4(kind)
}

export function isEventKind(value: unknown): value is EventKind {
  return typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= 0xffff
}

/**
 * Kinds that callers may not append: those that only batpak writes, because such a frame would corrupt
 * recovery, and reserved ones without a name, because a reopen would read them as another kind (W-23).
 */
export function isRefusedByAppend(kind: number): boolean {
  const category = kind >>> 12
  if (category !== SYSTEM && category !== EFFECT) return false
  return REFUSED_BY_APPEND.has(kind) || !KNOWN.has(kind)
}

/**
 * What an unknown reserved kind of a binary index stands for, and how it is counted:
 * `system` falls back to DATA, `effect` to EFFECT_ERROR; anything else is itself.
 * As batpak 0.8.0; 0x0000 becomes DATA without being counted.
 */
export function restoredKind(raw: number): {
  readonly kind: EventKind
  readonly fallback?: 'system' | 'effect'
} {
  const category = raw >>> 12
  if ((category !== SYSTEM && category !== EFFECT) || KNOWN.has(raw))
    return { kind: raw as EventKind }
  if (category === EFFECT) return { kind: Kind.EFFECT_ERROR, fallback: 'effect' }
  return raw === 0 ? { kind: Kind.DATA } : { kind: Kind.DATA, fallback: 'system' }
}
