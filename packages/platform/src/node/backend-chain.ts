import { errorMessage } from '../system-error.ts'
import type { Host } from './host.ts'

/** One possible implementation, tried when those before it do not serve. */
export interface Candidate<B> {
  /** The name that `BATPAK_LOCK` and `BATPAK_MMAP` know. */
  readonly name: string
  /** Returns the backend, or throws why it is not available here. */
  readonly load: (host: Host) => Loaded<B>
  /** Loaded only when nothing else serves: even loading it has an effect that people see. */
  readonly lastResort?: boolean
}

export interface Loaded<B> {
  readonly backend: B
  /** Name with version, for diagnostics. */
  readonly label: string
}

/** What became of a candidate: available, or why not. */
export interface CandidateState<B> {
  readonly name: string
  readonly loaded?: Loaded<B>
  readonly reason?: string
}

/**
 * The candidates of one need in the order in which they are tried. Each is loaded at most once and
 * only when none before it served.
 */
export class BackendChain<B> {
  readonly #candidates: readonly Candidate<B>[]
  readonly #host: Host
  readonly #variable: string
  readonly #states: CandidateState<B>[] = []

  /** `variable` names the environment variable that forces a candidate, or `off`. */
  constructor(candidates: readonly Candidate<B>[], host: Host, variable: string) {
    this.#candidates = candidates
    this.#host = host
    this.#variable = variable
  }

  /** Yields what loads, in order; loads no more than the caller asks for. */
  *loaded(): Generator<Loaded<B>> {
    for (let i = 0; i < this.#candidates.length; i++) {
      const { loaded } = this.#state(i)
      if (loaded !== undefined) yield loaded
    }
  }

  /** `BATPAK_LOCK=off`, when the environment says what may be used. */
  get setting(): string | undefined {
    const wanted = this.#host.env[this.#variable] ?? ''
    return wanted === '' ? undefined : `${this.#variable}=${wanted}`
  }

  /** True when at least one candidate loads. */
  get any(): boolean {
    return this.loaded().next().done !== true
  }

  /** Never uses this candidate again, for a reason that holds for the whole process. */
  exclude(excluded: Loaded<B>, reason: string): void {
    const at = this.#states.findIndex((state) => state.loaded === excluded)
    const candidate = this.#candidates[at]
    if (candidate !== undefined) this.#states[at] = { name: candidate.name, reason }
  }

  /** Loads every candidate but an unneeded last resort, and says what became of each. */
  inspect(): readonly CandidateState<B>[] {
    return this.#candidates.map(({ name, lastResort }, i) =>
      lastResort === true && this.any && this.#states[i] === undefined
        ? { name, reason: 'not needed' }
        : this.#state(i),
    )
  }

  /** `fs-ext: Cannot find module 'fs-ext'; koffi: …` for all candidates that did not load. */
  reasons(): string {
    return this.#states
      .flatMap(({ name, reason }) => (reason === undefined ? [] : [`${name}: ${reason}`]))
      .join('; ')
  }

  #state(index: number): CandidateState<B> {
    const candidate = this.#candidates[index] as Candidate<B>
    return (this.#states[index] ??= this.#load(candidate))
  }

  #load(candidate: Candidate<B>): CandidateState<B> {
    const { name } = candidate
    const refusal = this.#refusedByEnvironment(name)
    if (refusal !== undefined) return { name, reason: refusal }
    try {
      return { name, loaded: candidate.load(this.#host) }
    } catch (error) {
      // Node appends the require stack to the first line, which alone says what is wrong.
      return { name, reason: firstSentence(errorMessage(error)) }
    }
  }

  #refusedByEnvironment(name: string): string | undefined {
    const { setting } = this
    if (setting === undefined) return undefined
    const wanted = setting.slice(this.#variable.length + 1)
    if (wanted === name) return undefined
    if (wanted === 'off') return setting
    const known = this.#candidates.map((candidate) => candidate.name)
    return known.includes(wanted)
      ? `${setting} selects another`
      : `${setting} is none of ${known.join(', ')}`
  }
}

function firstSentence(message: string): string {
  const cut = message.search(/\nRequire stack/)
  return (cut < 0 ? message : message.slice(0, cut)).replaceAll(/\s*\n\s*/g, ' ').trim()
}
