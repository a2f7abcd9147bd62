/** Closing, abandoning, killing, each with the next open; and second owners. */
import { Store, isStoreError } from '@batpak/core'
import fc from 'fast-check'
import { require } from '../broken-law.ts'
import type { Command } from '../command.ts'
import { restart, type Ending } from '../lifecycle.ts'
import { syncOutcomeOf } from '../outcome.ts'
import { same } from '../store-laws.ts'
import type { World } from '../world.ts'
import { command } from './define.ts'

const scan = fc.record({ scan: fc.boolean() })

const end = (name: Ending, weight: number): Command<unknown> =>
  command(name, weight, scan, (world, args) => restart(world, name, args.scan))

export const LIFECYCLE: readonly Command<unknown>[] = [
  end('close', 2),
  end('dispose', 1),
  end('abandon', 1),
  end('kill', 2),
  command(
    'openSecond',
    1,
    fc.record({ how: fc.constantFrom('app', 'readOnly'), neighbour: fc.boolean() }),
    openSecond,
  ),
]

/** Another owner, in this process or beside it, is refused and changes nothing (L-LOCK). */
function openSecond(
  world: World,
  { how, neighbour }: { readonly how: string; readonly neighbour: boolean },
): void {
  const { machine, definition } = world
  const platform = neighbour ? machine.neighbour() : machine.platform
  const outcome = syncOutcomeOf((): unknown => {
    if (how === 'app') return definition.open(world.env(platform), world.config())
    return Store.openReadOnly({ dataDir: machine.dir, platform })
  })
  require(outcome.kind === 'denied', 'L-LOCK', 'a second owner was let in', 'StoreLocked', 'open')
  same('L-LOCK', 'a second owner was refused', 'StoreLocked', outcome.code)
  const { error } = outcome
  const mode = isStoreError(error, 'StoreLocked') ? error.mode : undefined
  same('L-LOCK', 'the mode in the refusal', how === 'app' ? 'Mutable' : 'ReadOnly', mode)
  world.count('openSecond')
}
