import type { Json } from '../../core/law.ts'
import type { Command } from '../command.ts'
import type { GateChecks } from '../gate-checks.ts'
import { APPENDS } from './appends.ts'
import { BATCHES } from './batches.ts'
import { DURABILITY } from './durability.ts'
import { FENCES } from './fences.ts'
import { gateCommands } from './gates.ts'
import { LIFECYCLE } from './lifecycle.ts'
import { READS } from './reads.ts'

/** Everything that can be done to a store. */
export function builtInCommands(gates: GateChecks<Json>): readonly Command<unknown>[] {
  return [
    ...APPENDS,
    ...BATCHES,
    ...FENCES,
    ...DURABILITY,
    ...gateCommands(gates),
    ...READS,
    ...LIFECYCLE,
  ]
}
