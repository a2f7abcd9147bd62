/** A coordinate that was checked once, with all that depends on it alone. */
import { StoreError } from '../errors.ts'
import {
  BATCH_COORDINATE,
  LIFECYCLE_COORDINATE,
  assertCoordinate,
  type Coordinate,
} from '../event/coordinate.ts'
import type { EntityRecord, Names, ScopeRecord } from '../index-store/names.ts'
import { describeType } from '../options.ts'
import { encodeNames } from '../segment/frame-encode.ts'

export interface Address {
  readonly coordinate: Coordinate
  readonly entity: EntityRecord
  readonly scope: ScopeRecord
  /** The frame bytes of both names. */
  readonly names: Uint8Array
}

/**
 * A caller's coordinate, its names read once.
 *
 * @throws TypeError unless `at` is `{ entity: string, scope: string }`
 * @throws StoreError the coordinate errors, `InvalidUnicode`, `ReservedCoordinate`
 */
export function checkCoordinate(at: Coordinate): Coordinate {
  if (typeof at !== 'object' || at === null) {
    throw new TypeError(`at must be { entity, scope }, got ${describeType(at)}`)
  }
  const { entity, scope } = at
  if (typeof entity !== 'string') {
    throw new TypeError(`at.entity must be a string, got ${describeType(entity)}`)
  }
  if (typeof scope !== 'string') {
    throw new TypeError(`at.scope must be a string, got ${describeType(scope)}`)
  }
  assertCoordinate(entity, scope)
  for (const reserved of [LIFECYCLE_COORDINATE, BATCH_COORDINATE]) {
    if (entity === reserved.entity && scope === reserved.scope) {
      throw new StoreError('ReservedCoordinate', { entity, scope })
    }
  }
  return { entity, scope }
}

export class AddressBook {
  readonly #names: Names
  readonly #byEntity = new Map<string, Map<string, Address>>()

  constructor(names: Names) {
    this.#names = names
  }

  /**
   * @throws TypeError unless `at` is `{ entity: string, scope: string }`
   * @throws StoreError the coordinate errors, `InvalidUnicode`, `ReservedCoordinate`
   */
  lookup(at: Coordinate): Address {
    const known = this.#byEntity.get(at?.entity)?.get(at.scope)
    return known ?? this.#add(at)
  }

  /** As `lookup`, for batpak's own coordinates. */
  internal(at: Coordinate): Address {
    return this.#make(at.entity, at.scope)
  }

  #add(at: Coordinate): Address {
    const { entity, scope } = checkCoordinate(at)
    const address = this.#make(entity, scope)
    let scopes = this.#byEntity.get(entity)
    if (scopes === undefined) this.#byEntity.set(entity, (scopes = new Map<string, Address>()))
    scopes.set(scope, address)
    return address
  }

  #make(entity: string, scope: string): Address {
    return {
      coordinate: Object.freeze({ entity, scope }),
      entity: this.#names.internEntity(entity),
      scope: this.#names.internScope(scope),
      names: encodeNames(entity, scope),
    }
  }
}
