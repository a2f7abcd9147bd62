/** The test of one row against a region. */
import { kindFilter, type Region } from '../event/region.ts'
import type { EventIndex } from '../index-store/event-index.ts'
import { inNamespace } from '../index-store/query.ts'

export type RowTest = (index: EventIndex, row: number) => boolean

/** Whether a row, visible or not, is in a region that `fixRegion` made. */
export function rowTest(region: Region): RowTest {
  const { entity, scope, clock } = region
  const filter = kindFilter(region)
  const exact = typeof filter === 'object' && 'exact' in filter ? filter.exact : undefined
  const category = typeof filter === 'object' && 'category' in filter ? filter.category : undefined
  return ({ columns, names }, row) => {
    if (exact !== undefined && columns.kind(row) !== exact) return false
    if (category !== undefined && columns.kind(row) >>> 12 !== category) return false
    if (scope !== undefined && names.text(columns.scopeId(row)) !== scope) return false
    if (entity !== undefined && !inNamespace(names.text(columns.entityId(row)), entity))
      return false
    if (clock === undefined) return true
    return columns.clock(row) >= clock[0] && columns.clock(row) <= clock[1]
  }
}
