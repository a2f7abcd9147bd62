/** What a check of single files cannot know: which finding follows from another, and which are worse. */
import type { StoreFileInfo, VerifyStep } from '@batpak/core/inspect'

export class Judge {
  /** The segments of the directory by name, and the ids of those that could not be read. */
  readonly #segments: ReadonlyMap<string, StoreFileInfo>
  readonly #unread: Set<number> = new Set()

  constructor(files: readonly StoreFileInfo[]) {
    const segments = files.filter(({ kind }) => kind === 'segment')
    this.#segments = new Map(segments.map((file) => [file.name, file]))
  }

  /** The step as it is to be reported, or undefined when another one has said it. */
  judged(step: VerifyStep): VerifyStep | undefined {
    if (step.type === 'unchecked') {
      const id = this.#segments.get(step.file)?.segmentId
      if (id !== undefined) this.#unread.add(id)
      return step
    }
    if (step.type !== 'finding') return step
    const { finding } = step
    const { code, file, segmentId } = finding
    // It is there and could not be read, which was said already.
    if (code === 'SegmentMissing' && segmentId !== undefined && this.#allUnread(segmentId)) {
      return undefined
    }
    const isEmpty = file !== undefined && this.#segments.get(file)?.bytes === 0
    if (code !== 'UnfinishedTail' || !isEmpty) return step
    // batpak for TypeScript names a segment when it has its header: such a file may have had events.
    const message = `${finding.message}. Either batpak 0.8.0 (Rust) crashed while it created the file, or its content is lost`
    return { type: 'finding', finding: { ...finding, severity: 'warning', message } }
  }

  /** Whether everything between `segmentId` and the last segment that was read before it is unread. */
  #allUnread(segmentId: number): boolean {
    let id = segmentId - 1
    while (this.#unread.has(id)) id -= 1
    const isThere = [...this.#segments.values()].some((file) => file.segmentId === id)
    return id < segmentId - 1 && (isThere || id === 0)
  }
}
