/** Compares a segment's footer with the committed frames, entry by entry. */
import { formatWords } from '../event/id-words.ts'
import { equalBytes } from '../event/hash.ts'
import type { FrameHead } from '../segment/frame-head.ts'
import { FooterEntry, readFooterEntry } from '../segment/sidx.ts'
import { finding, type Finding } from './finding.ts'
import type { OpenSegment } from './segment-file.ts'

/** What the footer says of a frame: its sequence, if it lists the frame at all. */
export interface FooterVerdict {
  readonly sequence?: number
  readonly findings: readonly Finding[]
}

export class FooterCheck {
  readonly #segment: OpenSegment
  readonly #entry: FooterEntry = new FooterEntry()
  readonly #count: number
  #next = 0
  /** True while `#entry` holds the entry before `#next`, which no frame has claimed yet. */
  #pending = false

  constructor(segment: OpenSegment) {
    this.#segment = segment
    this.#count = segment.footer?.strings === undefined ? 0 : segment.footer.trailer.count
  }

  /** Whether there is a footer whose structure holds. */
  get usable(): boolean {
    return this.#segment.footer?.strings !== undefined
  }

  /** Call it for every committed event in file order. */
  check(head: FrameHead, offset: number, length: number): FooterVerdict {
    if (!this.usable) return { findings: [] }
    const findings = [...this.#skipTo(offset)]
    if (!this.#pending || this.#entry.offset !== offset) {
      const eventId = formatWords(head.eventId, 0)
      findings.push(this.#mismatch('the footer does not list this event', offset, { eventId }))
      return { findings }
    }
    this.#pending = false
    const field = differingField(this.#entry, head, length)
    if (field !== undefined) {
      const eventId = formatWords(head.eventId, 0)
      findings.push(this.#mismatch(`the footer says another ${field}`, offset, { eventId }))
    }
    return { sequence: this.#entry.sequence, findings }
  }

  /** Entries that no committed frame claimed. */
  finish(): readonly Finding[] {
    return this.usable ? [...this.#skipTo(Infinity)] : []
  }

  *#skipTo(offset: number): Generator<Finding> {
    for (;;) {
      if (!this.#pending && !this.#advance()) return
      if (this.#entry.offset >= offset) return
      this.#pending = false
      const eventId = formatWords(this.#entry.eventId, 0)
      const message = 'the footer lists an event where no committed frame begins'
      yield this.#mismatch(message, this.#entry.offset, { eventId })
    }
  }

  #advance(): boolean {
    const { footer, footerFile } = this.#segment
    while (this.#next < this.#count) {
      const i = this.#next
      this.#next += 1
      if (readFooterEntry(footerFile, footer!.trailer, footer!.strings!, i, this.#entry)) {
        this.#pending = true
        return true
      }
    }
    return false
  }

  #mismatch(message: string, offset: number, place: Pick<Finding, 'eventId'>): Finding {
    const { segmentId, name } = this.#segment.source
    return finding('FooterMismatch', message, { file: name, segmentId, offset, ...place })
  }
}

/** The first field in which the entry and the frame disagree. */
function differingField(entry: FooterEntry, head: FrameHead, length: number): string | undefined {
  if (!sameWords(entry.eventId, head.eventId)) return 'event id'
  if (entry.length !== length) return 'length'
  if (entry.entity !== head.entity) return 'entity'
  if (entry.scope !== head.scope) return 'scope'
  if (entry.kind !== head.kind) return 'kind'
  if (entry.wallMs !== head.wallMs) return 'wall_ms'
  if (entry.clock !== head.clock) return 'clock'
  if (entry.lane !== head.lane) return 'lane'
  if (entry.depth !== head.depth) return 'depth'
  if (!equalBytes(entry.prevHash, head.prevHash)) return 'prev_hash'
  if (!equalBytes(entry.eventHash, head.eventHash)) return 'event_hash'
  if (!sameWords(entry.correlationId, head.correlationId)) return 'correlation id'
  return sameWords(entry.causationId, head.causationId) ? undefined : 'causation id'
}

function sameWords(a: Uint32Array, b: Uint32Array): boolean {
  return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3]
}
