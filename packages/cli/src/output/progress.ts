/** How far a long check has come: one line that is redrawn on a terminal, a line per 10 % elsewhere. */
import { grouped } from './text.ts'

const REDRAW_MS = 100

export class Progress {
  readonly #tty: boolean
  readonly #enabled: boolean
  readonly #start: number = performance.now()
  #lastDraw = -Infinity
  #lastTenth = 0
  #drawn = false

  /** @param forced `--progress`: also where standard error is no terminal */
  constructor(forced: boolean, quiet: boolean) {
    this.#tty = process.stderr.isTTY
    this.#enabled = !quiet && (this.#tty || forced)
  }

  update(done: number, total: number): void {
    if (!this.#enabled || total === 0) return
    const now = performance.now()
    const percent = Math.floor((done / total) * 100)
    if (this.#tty) {
      if (now - this.#lastDraw < REDRAW_MS) return
      this.#lastDraw = now
      this.#drawn = true
      process.stderr.write(`\r\u001b[K${this.#line(done, total, percent, now)}`)
      return
    }
    const tenth = Math.floor(percent / 10)
    if (tenth <= this.#lastTenth) return
    this.#lastTenth = tenth
    process.stderr.write(`${this.#line(done, total, tenth * 10, now)}\n`)
  }

  /** Removes the line before anything else is printed. */
  clear(): void {
    if (!this.#drawn) return
    this.#drawn = false
    process.stderr.write('\r\u001b[K')
  }

  #line(done: number, total: number, percent: number, now: number): string {
    const seconds = (now - this.#start) / 1000
    const left = done === 0 ? 0 : Math.ceil((seconds / done) * (total - done))
    return `${percent} %, ${grouped(done)} of ${grouped(total)} bytes, ${left} s left`
  }
}
