/** Names of durable cursors: they become file names. */
import { StoreError } from '../errors.ts'
import type { CheckpointIdIssue } from '../errors/fields.ts'
import { describeType } from '../options.ts'

const MAX_BYTES = 1024

/**
 * @throws TypeError for anything but a string
 * @throws StoreError `InvalidUnicode` for a lone surrogate; `CheckpointId` with the first rule that is
 *   broken, in batpak 0.8.0's order
 */
export function checkCheckpointId(id: unknown): string {
  if (typeof id !== 'string') {
    throw new TypeError(`checkpoint must be a string, got ${describeType(id)}`)
  }
  if (!id.isWellFormed()) throw new StoreError('InvalidUnicode', { what: 'checkpoint id' })
  const issue = issueOf(id)
  if (issue !== undefined) throw new StoreError('CheckpointId', { issue })
  return id
}

function issueOf(id: string): CheckpointIdIssue | undefined {
  if (id === '') return { kind: 'Empty' }
  const len = Buffer.byteLength(id)
  if (len > MAX_BYTES) return { kind: 'TooLong', len, max: MAX_BYTES }
  if (id.includes('\0')) return { kind: 'NulByte' }
  for (let i = 0; i < id.length; i += 1) {
    const code = id.charCodeAt(i)
    if (code < 0x20 || code === 0x7f) return { kind: 'ControlChar' }
  }
  if (id.includes('/') || id.includes('..')) return { kind: 'PathTraversal' }
  if (id.includes('|') || id.includes('=')) return { kind: 'ForbiddenSeparator' }
  return undefined
}
