/** What an open store remembers of its projections: folded states, and its compaction epoch. */
import type { Engine } from '../engine.ts'
import { compactionEpoch } from './epoch.ts'

/** A state in its kept form, so that nobody who has the state can change what is kept. */
export interface Slot {
  readonly bytes: Uint8Array
  readonly watermark: number
  /** How many events are in it. */
  readonly count: number
  readonly generation: number
}

/** At most so many states are kept in memory, those that were asked for last, */
export const SLOTS_MAX = 1024
/** and at most so many bytes of them. */
export const SLOTS_MAX_BYTES: number = 16 * 1024 * 1024

export class ProjectionMemory {
  readonly #engine: Engine
  // A Map iterates in insertion order: the first key is the one that was used least recently.
  readonly #slots = new Map<string, Slot>()
  #bytes = 0
  #index: Engine['index']
  #epoch: Uint8Array | undefined
  #era = 0

  constructor(engine: Engine) {
    this.#engine = engine
    this.#index = engine.index
    engine.onClose(() => this.forget())
  }

  /** Another number after each `forget`: what was folded under the old one must not be kept. */
  get era(): number {
    if (this.#engine.index !== this.#index) this.forget()
    return this.#era
  }

  /** @throws as `compactionEpoch` */
  get epoch(): Uint8Array {
    return (this.#epoch ??= compactionEpoch(this.#engine))
  }

  get size(): number {
    return this.#slots.size
  }

  get bytes(): number {
    return this.#bytes
  }

  slot(projection: object, entity: string): Slot | undefined {
    const key = slotKey(projection, entity)
    const slot = this.#slots.get(key)
    if (slot !== undefined) {
      this.#slots.delete(key)
      this.#slots.set(key, slot)
    }
    return slot
  }

  /** Keeps a state; the bytes are copied. */
  keep(projection: object, entity: string, slot: Slot): void {
    const key = slotKey(projection, entity)
    this.#drop(key)
    if (slot.bytes.length > SLOTS_MAX_BYTES || this.#engine.closed) return
    this.#slots.set(key, { ...slot, bytes: Uint8Array.from(slot.bytes) })
    this.#bytes += slot.bytes.length
    for (const oldest of this.#slots.keys()) {
      if (this.#slots.size <= SLOTS_MAX && this.#bytes <= SLOTS_MAX_BYTES) return
      this.#drop(oldest)
    }
  }

  drop(projection: object, entity: string): void {
    this.#drop(slotKey(projection, entity))
  }

  forget(): void {
    this.#era += 1
    this.#index = this.#engine.index
    this.#epoch = undefined
    this.#slots.clear()
    this.#bytes = 0
  }

  #drop(key: string): void {
    this.#bytes -= this.#slots.get(key)?.bytes.length ?? 0
    this.#slots.delete(key)
  }
}

export function projectionMemory(engine: Engine): ProjectionMemory {
  let memory = MEMORIES.get(engine)
  if (memory === undefined) MEMORIES.set(engine, (memory = new ProjectionMemory(engine)))
  return memory
}

/**
 * Drops every state kept in memory and has the compaction epoch read again: for whoever changed which
 * events there are, or where they stand.
 */
export function forgetProjections(engine: Engine): void {
  MEMORIES.get(engine)?.forget()
}

const MEMORIES = new WeakMap<Engine, ProjectionMemory>()
const NUMBERS = new WeakMap<object, number>()
let numbered = 0

/** Two projections of one name are two: a slot belongs to the very object. */
function slotKey(projection: object, entity: string): string {
  let number = NUMBERS.get(projection)
  if (number === undefined) NUMBERS.set(projection, (number = ++numbered))
  return `${number} ${entity}`
}
