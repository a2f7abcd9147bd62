/**
 * Where a command prints. Standard output carries the result and nothing else; notes, warnings and
 * progress go to standard error.
 */
import { once } from 'node:events'
import { setImmediate } from 'node:timers/promises'
import { paintFor, type Paint } from './color.ts'
import type { Failure } from '../failure.ts'
import { printable } from './text.ts'

/** The options that every command takes. */
export interface GlobalOptions {
  readonly json?: boolean
  readonly quiet?: boolean
  readonly verbose?: boolean
  readonly color?: 'auto' | 'always' | 'never'
  readonly dir?: string
}

const PIECE_CHARS = 16384

export class Session {
  readonly options: GlobalOptions
  readonly paint: Paint
  readonly #errPaint: Paint
  #pending = ''
  /** Names the documents of the running command: `batpak.cli/verify@1`. */
  readonly schema: string

  constructor(options: GlobalOptions, schema: string) {
    this.options = options
    this.schema = `batpak.cli/${schema}@1`
    const when = options.color ?? 'auto'
    this.paint = paintFor(process.stdout, when, process.env)
    this.#errPaint = paintFor(process.stderr, when, process.env)
  }

  get json(): boolean {
    return this.options.json === true
  }

  /** How wide lines may be: the terminal, and no limit where there is none. */
  get width(): number | undefined {
    return process.stdout.isTTY ? process.stdout.columns : undefined
  }

  /**
   * Writes to standard output and waits until there is room for more. It also lets signals and
   * errors of the stream come through.
   */
  async print(data: string | Uint8Array): Promise<void> {
    if (data.length === 0) return
    if (process.stdout.write(data)) await setImmediate()
    else await once(process.stdout, 'drain')
  }

  /** As `print`, in larger pieces; `flush` writes the rest. */
  async write(text: string): Promise<void> {
    this.#pending += text
    if (this.#pending.length >= PIECE_CHARS || process.stdout.isTTY) await this.flush()
  }

  async flush(): Promise<void> {
    const text = this.#pending
    this.#pending = ''
    await this.print(text)
  }

  /** One document, the only one of this run. @param ok whether the exit code is 0 */
  async document(ok: boolean, members: object): Promise<void> {
    await this.print(`${JSON.stringify({ schema: this.schema, ok, ...members })}\n`)
  }

  /** Something to know that is no result; silenced by `--quiet`. */
  note(text: string): void {
    if (this.options.quiet !== true)
      this.#err(`${this.#errPaint.dim('note:')} ${printable(text)}\n`)
  }

  /** Only under `--verbose`. */
  detail(text: string): void {
    if (this.options.verbose === true) this.#err(`${this.#errPaint.dim(printable(text))}\n`)
  }

  warn(text: string): void {
    this.#err(`${this.#errPaint.yellow('warning:')} ${printable(text)}\n`)
  }

  /** Says why the command failed: on standard error, under `--json` also as its document. */
  async fail(failure: Failure): Promise<void> {
    const { code, message, hint, cause } = failure
    if (this.json) {
      const error = { code, message, ...(hint === undefined ? {} : { hint }) }
      await this.document(false, { error })
    }
    this.#err(`${this.#errPaint.red('batpak:')} ${printable(message)} (${code})\n`)
    if (hint !== undefined && this.options.quiet !== true) {
      this.#err(`${this.#errPaint.dim('hint:')} ${printable(hint)}\n`)
    }
    if (this.options.verbose === true && cause instanceof Error) this.#err(`${cause.stack}\n`)
  }

  #err(text: string): void {
    process.stderr.write(text)
  }
}
