import { deny, gate, type Gate } from '@batpak/core/gate'
import fc from 'fast-check'
import type { Json } from '../core/law.ts'

/** A gate, and what it must say of a context. */
export interface GateCheck<C> {
  readonly gate: Gate<C>
  /** True when it must permit. */
  readonly oracle: (ctx: C) => boolean
}

/** Gates that stand in one set, in this order, and contexts to ask them with. */
export interface GateChecks<C> {
  readonly ctx: fc.Arbitrary<C>
  readonly checks: readonly GateCheck<C>[]
}

/** What is asked when an application has no gates of its own. */
export const BUILT_IN_GATES: GateChecks<Json> = {
  ctx: fc.nat(11),
  checks: [
    refuse('testkit.even', (ctx) => ctx % 2 === 0),
    refuse('testkit.small', (ctx) => ctx < 8),
    refuse('testkit.notFour', (ctx) => ctx !== 4),
  ],
}

function refuse(name: string, oracle: (ctx: number) => boolean): GateCheck<Json> {
  return {
    gate: gate<Json>(name, (ctx) => {
      if (oracle(ctx as number)) return undefined
      return deny(name, `${ctx as number} is refused`, {
        code: 'NO',
        context: [['ctx', `${ctx as number}`]],
      })
    }),
    oracle: (ctx) => oracle(ctx as number),
  }
}
