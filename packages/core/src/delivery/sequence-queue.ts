/** Sequences, first in, first out; its memory follows what it holds. */
export class SequenceQueue {
  #items: number[] = []
  #head = 0

  get length(): number {
    return this.#items.length - this.#head
  }

  push(sequence: number): void {
    this.#items.push(sequence)
  }

  shift(): number | undefined {
    if (this.#head === this.#items.length) return undefined
    const sequence = this.#items[this.#head]
    this.#head += 1
    if (this.#head === this.#items.length) this.clear()
    else if (this.#head >= 1024 && this.#head * 2 >= this.#items.length) {
      this.#items = this.#items.slice(this.#head)
      this.#head = 0
    }
    return sequence
  }

  clear(): void {
    this.#items = []
    this.#head = 0
  }
}
