/** What a killed writer had been told, and what the directory must and may hold afterwards. */
import { receiptFromJson, type ReceiptJson } from '../../src/receipt.ts'
import type { AppendReceipt } from '../../src/index.ts'

interface Told {
  readonly token: string
  readonly receipt: ReceiptJson
}

/** A line of `kill-child.mjs`. */
export type Line =
  | { readonly opened: true }
  | { readonly try: 'append' | 'batch' | 'fenced'; readonly tokens: readonly string[] }
  | { readonly try: 'fence' | 'publish' | 'cancel' | 'sync' }
  | { readonly acknowledged: readonly Told[] }
  | { readonly pending: readonly string[] }
  | { readonly ended: 'publish' | 'cancel' }
  | { readonly synced: true }

export class KillLedger {
  /** Must be there, by token; without a receipt where a fence published it. */
  readonly present = new Map<string, AppendReceipt | undefined>()
  /** Must never be there. */
  readonly absent = new Set<string>()
  /** Written under the open fence. */
  #pending: readonly string[] = []
  #trying: Line | undefined

  tell(line: Line): void {
    if ('try' in line) this.#trying = line
    else this.#trying = undefined
    if ('acknowledged' in line) {
      for (const { token, receipt } of line.acknowledged) {
        this.present.set(token, receiptFromJson(receipt) as AppendReceipt)
      }
    } else if ('pending' in line) this.#pending = [...this.#pending, ...line.pending]
    else if ('ended' in line) this.#end(line.ended === 'publish')
  }

  /** Settles what the kill left open by what is there; returns what contradicts the promises. */
  settle(found: ReadonlySet<string>): readonly string[] {
    const wrong: string[] = []
    const trying = this.#trying
    const tried = trying !== undefined && 'tokens' in trying ? trying.tokens : []
    const cancelling = trying !== undefined && 'try' in trying && trying.try === 'cancel'
    this.#trying = undefined
    // What was being written is there as a whole or not at all.
    const arrived = tried.filter((token) => found.has(token))
    if (arrived.length > 0 && arrived.length < tried.length) {
      wrong.push(`of the batch ${tried.join(', ')} only ${arrived.join(', ')} is there`)
    }
    for (const token of tried) this.#decide(token, found.has(token))
    // An open fence is published by the crash, unless its cancel was just being made durable.
    const hidden = cancelling && this.#pending.every((token) => !found.has(token))
    this.#end(!hidden)
    for (const token of this.present.keys()) if (!found.has(token)) wrong.push(`${token} is lost`)
    for (const token of found) {
      if (this.absent.has(token)) wrong.push(`${token} came back`)
      else if (!this.present.has(token)) wrong.push(`${token} was never written`)
    }
    return wrong
  }

  #end(published: boolean): void {
    for (const token of this.#pending) this.#decide(token, published)
    this.#pending = []
  }

  #decide(token: string, present: boolean): void {
    if (present) this.present.set(token, undefined)
    else this.absent.add(token)
  }
}
