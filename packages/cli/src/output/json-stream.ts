/** One JSON document whose long arrays are written as they grow. */
import type { Session } from './session.ts'

/**
 * `{"schema":…, head…, "name":[items…], …tail}`: begin, items of one array, then the rest. It is a
 * whole document however the run ends, as long as `end` is called.
 */
export class JsonStream {
  readonly #session: Session
  #items = 0

  private constructor(session: Session) {
    this.#session = session
  }

  static async begin(session: Session, head: object, array: string): Promise<JsonStream> {
    const start = JSON.stringify({ schema: session.schema, ...head }).slice(0, -1)
    await session.write(`${start},${JSON.stringify(array)}:[`)
    return new JsonStream(session)
  }

  async item(value: object): Promise<void> {
    const comma = this.#items === 0 ? '' : ','
    this.#items += 1
    await this.#session.write(`${comma}${JSON.stringify(value)}`)
  }

  /** @param tail must say `ok` */
  async end(tail: { readonly ok: boolean } & Record<string, unknown>): Promise<void> {
    await this.#session.write(`],${JSON.stringify(tail).slice(1)}\n`)
    await this.#session.flush()
  }
}
