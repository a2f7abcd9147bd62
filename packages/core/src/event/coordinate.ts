/** Where an event lives: the entity is the stream (clock, chain, CAS), the scope a second label. */
import { StoreError } from '../errors.ts'
import type { CoordinateIssue } from '../errors/fields.ts'

export interface Coordinate {
  readonly entity: string
  readonly scope: string
}

export const COMPONENT_MAX_BYTES = 1024

/** Coordinates that only batpak writes. */
export const LIFECYCLE_COORDINATE: Coordinate = Object.freeze({
  entity: 'batpak:store',
  scope: 'batpak:lifecycle',
})
export const BATCH_COORDINATE: Coordinate = Object.freeze({ entity: '_batch', scope: '_system' })

/** The first rule the coordinate breaks, in batpak 0.8.0's order, or undefined. */
export function coordinateIssue(entity: string, scope: string): CoordinateIssue | undefined {
  if (entity.length === 0) return { kind: 'EmptyEntity' }
  if (scope.length === 0) return { kind: 'EmptyScope' }
  const max = COMPONENT_MAX_BYTES
  const entityBytes = Buffer.byteLength(entity)
  if (entityBytes > max) return { kind: 'EntityTooLong', len: entityBytes, max }
  const scopeBytes = Buffer.byteLength(scope)
  if (scopeBytes > max) return { kind: 'ScopeTooLong', len: scopeBytes, max }
  return componentIssue('entity', entity) ?? componentIssue('scope', scope)
}

/**
 * @throws the coordinate error of batpak 0.8.0 for the first broken rule
 * @throws StoreError `InvalidUnicode` for a lone surrogate
 */
export function assertCoordinate(entity: string, scope: string): void {
  if (!entity.isWellFormed()) throw new StoreError('InvalidUnicode', { what: 'entity' })
  if (!scope.isWellFormed()) throw new StoreError('InvalidUnicode', { what: 'scope' })
  const issue = coordinateIssue(entity, scope)
  if (issue !== undefined) throw coordinateError(issue)
}

/** Maps a broken rule to its error: three rules have a code of their own. */
export function coordinateError(issue: CoordinateIssue): StoreError {
  switch (issue.kind) {
    case 'NulByte':
      return new StoreError('CoordinateNulByte', { component: issue.component })
    case 'ControlChar':
      return new StoreError('CoordinateControlChar', { component: issue.component })
    case 'PathTraversal':
      return new StoreError('CoordinatePathTraversal', { component: issue.component })
    default:
      return new StoreError('Coordinate', { issue })
  }
}

function componentIssue(component: 'entity' | 'scope', text: string): CoordinateIssue | undefined {
  for (let i = 0; i < text.length; i += 1) {
    const code = text.charCodeAt(i)
    if (code === 0) return { kind: 'NulByte', component }
    if (code < 0x20 || code === 0x7f) return { kind: 'ControlChar', component }
  }
  if (text.includes('/') || text.includes('..')) return { kind: 'PathTraversal', component }
  if (text.includes('|') || text.includes('=')) return { kind: 'ForbiddenSeparator', component }
  return undefined
}
