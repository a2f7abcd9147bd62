/** Coordinate and checkpoint-id refusals in words. */
import type { CheckpointIdIssue, CoordinateIssue } from './fields.ts'

export function describeCoordinateIssue(issue: CoordinateIssue): string {
  switch (issue.kind) {
    case 'EmptyEntity':
      return 'entity is empty'
    case 'EmptyScope':
      return 'scope is empty'
    case 'EntityTooLong':
      return `entity has ${issue.len} bytes of UTF-8, at most ${issue.max} are allowed`
    case 'ScopeTooLong':
      return `scope has ${issue.len} bytes of UTF-8, at most ${issue.max} are allowed`
    default:
      return `${issue.component} contains ${FORBIDDEN[issue.kind]}`
  }
}

export function describeCheckpointIdIssue(issue: CheckpointIdIssue): string {
  switch (issue.kind) {
    case 'Empty':
      return 'it is empty'
    case 'TooLong':
      return `it has ${issue.len} bytes of UTF-8, at most ${issue.max} are allowed`
    default:
      return `it contains ${FORBIDDEN[issue.kind]}`
  }
}

const FORBIDDEN = {
  NulByte: 'a NUL byte',
  ControlChar: 'an ASCII control character',
  PathTraversal: 'a path-traversal substring ("/" or "..")',
  ForbiddenSeparator: 'a reserved separator ("|" or "=")',
} as const
