/** Gates in an order: a write passes all of them, or is refused by the first that denies. */
import { describeType } from '../options.ts'
import { checkDenial, deny, type Denial } from './denial.ts'
import { requireGateName, type Gate } from './gate.ts'
import { issuePass, type GatePass } from './gate-pass.ts'

export interface GateTrace {
  readonly gate: string
  readonly verdict: 'Permit' | 'Deny' | 'Skipped'
}

export type Evaluation<T> =
  | { readonly ok: true; readonly pass: GatePass<T> }
  | { readonly ok: false; readonly denial: Denial }

export interface GateSet<C = unknown> {
  readonly names: readonly string[]
  /**
   * Asks the gates in order and stops at the first denial. Without any gate everything passes.
   *
   * @param proposal what is to be written; it is frozen deeply when it passes
   * @throws what a gate throws: that is a defect of the gate, not a denial
   */
  evaluate<T>(ctx: C, proposal: T): Evaluation<T>
  /** Asks every gate; a gate that throws gives a denial of code `GATE_DEFECT`. */
  evaluateAll(ctx: C): readonly Denial[]
  /** What each gate said when `denial` came out: those behind the gate that denied were not asked. */
  trace(denial: Denial): readonly GateTrace[]
}

/** The context that every gate of the tuple accepts: the intersection of theirs. */
export type ContextOf<G extends readonly Gate<never>[]> = [G[number]] extends [never]
  ? unknown
  : [G[number]] extends [{ readonly evaluate: (ctx: infer C) => unknown }]
    ? C
    : never

/**
 * @throws TypeError for anything but gates, RangeError for a name that cannot be stored or comes twice
 */
export function gateSet<const G extends readonly Gate<never>[]>(gates: G): GateSet<ContextOf<G>> {
  if (!Array.isArray(gates)) {
    throw new TypeError(`gates must be an array of gates, got ${describeType(gates)}`)
  }
  return new OrderedGates<ContextOf<G>>(gates)
}

class OrderedGates<C> implements GateSet<C> {
  readonly names: readonly string[]
  readonly #gates: readonly Gate<C>[]

  constructor(gates: readonly Gate<C>[]) {
    for (const [i, gate] of gates.entries()) requireGate(`gates[${i}]`, gate)
    this.#gates = [...gates]
    this.names = Object.freeze(gates.map((gate) => gate.name))
    const twice = this.names.find((name, i) => this.names.indexOf(name) !== i)
    if (twice !== undefined) {
      throw new RangeError(
        `two gates are named ${JSON.stringify(twice)}; a trace could not tell them apart`,
      )
    }
  }

  evaluate<T>(ctx: C, proposal: T): Evaluation<T> {
    for (const gate of this.#gates) {
      const denial = ask(gate, ctx)
      if (denial !== undefined) return { ok: false, denial }
    }
    return { ok: true, pass: issuePass(this.names, proposal) }
  }

  evaluateAll(ctx: C): readonly Denial[] {
    return this.#gates.flatMap((gate) => {
      try {
        return ask(gate, ctx) ?? []
      } catch (error) {
        const message = error instanceof Error ? error.message : ''
        return deny(gate.name, message || 'the gate threw', { code: 'GATE_DEFECT' })
      }
    })
  }

  trace(denial: Denial): readonly GateTrace[] {
    const { gate: denier } = checkDenial(denial)
    const at = this.names.indexOf(denier)
    const rows: GateTrace[] = this.names.map((gate, i) => ({
      gate,
      verdict: at < 0 || i < at ? 'Permit' : i === at ? 'Deny' : 'Skipped',
    }))
    if (at < 0) rows.push({ gate: denier, verdict: 'Deny' })
    return rows
  }
}

function ask<C>(gate: Gate<C>, ctx: C): Denial | undefined {
  const said: unknown = gate.evaluate(ctx)
  if (said === undefined) return undefined
  if (said instanceof Promise) {
    throw new TypeError(`gate ${gate.name} returned a promise; a gate must answer at once`)
  }
  return checkDenial(said)
}

function requireGate(name: string, value: unknown): void {
  const { name: gateName, evaluate } = (value ?? {}) as Partial<Gate>
  if (typeof evaluate !== 'function') {
    throw new TypeError(`${name} must be made by gate, got ${describeType(value)}`)
  }
  requireGateName(gateName)
}
