/** Everything that can be wrong with one segment, in file order. */
import { blake3, equalBytes } from '../event/hash.ts'
import { formatWords } from '../event/id-words.ts'
import { coordinateIssue } from '../event/coordinate.ts'
import { describeCoordinateIssue } from '../errors/describe-coordinate.ts'
import type { StoreError } from '../errors.ts'
import { payloadOf } from '../segment/frame-decode.ts'
import { K_EVENT_ID } from '../segment/frame-keys.ts'
import { BatchCheck } from './batch-check.ts'
import { finding, type Finding, type FindingCode } from './finding.ts'
import { FooterCheck } from './footer-check.ts'
import { walkFrames, type FrameStep } from './frame-walk.ts'
import type { LogCheck } from './log-check.ts'
import type { OpenSegment } from './segment-file.ts'

/** What one frame, or the end of the segment, brought to light. */
export interface CheckStep {
  /** Bytes of the segment that are dealt with. */
  readonly bytes: number
  readonly findings: readonly Finding[]
}

type Frame = Extract<FrameStep, { readonly state: 'frame' }>

export class SegmentCheck {
  readonly #segment: OpenSegment
  readonly #log: LogCheck
  readonly #footer: FooterCheck
  readonly #batch: BatchCheck
  readonly #last: boolean
  #findings: Finding[] = []
  #rewritten = 0

  /** @param last whether it is the newest segment, the only one a crash may leave without a header */
  constructor(segment: OpenSegment, log: LogCheck, last: boolean) {
    this.#segment = segment
    this.#log = log
    this.#last = last
    this.#footer = new FooterCheck(segment)
    this.#batch = new BatchCheck(segment.source)
  }

  /** One step per frame, so that a caller can stop anywhere. */
  *steps(): Generator<CheckStep, void, void> {
    const { file, region } = this.#segment
    this.#header()
    yield this.#take(region.from)
    for (const step of walkFrames(file, region, this.#batch.nextHead)) {
      this.#step(step)
      yield this.#take(step.offset + step.length)
    }
    this.#end()
    this.#log.counts.batches += this.#batch.committed
    this.#log.endSegment(this.#segment.source.segmentId, this.#footer.usable)
    yield this.#take(file.size)
  }

  #take(bytes: number): CheckStep {
    const findings = this.#findings
    this.#findings = []
    return { bytes, findings }
  }

  #header(): void {
    const { header, headerError, file, source } = this.#segment
    if (headerError !== undefined) {
      const code = isUnsupportedVersion(headerError) ? 'UnsupportedVersion' : 'CorruptSegment'
      this.#say(code, detailOf(headerError), 0)
    } else if (header === undefined) {
      const message = `the file ends inside its header (${file.size} bytes)`
      if (this.#last)
        this.#say('UnfinishedTail', `${message}; a mutable open removes it`, 0, file.size)
      else this.#say('CorruptSegment', message, 0)
    } else if (header.segmentId !== BigInt(source.segmentId)) {
      this.#say(
        'HeaderIdMismatch',
        `the header says segment ${header.segmentId}; the name decides`,
        0,
      )
    }
    const { footer, region } = this.#segment
    if (footer === undefined || footer.strings !== undefined) return
    const message = 'the footer has no readable structure; the frames are read instead'
    this.#say('FooterUnusable', message, region.end, file.size - region.end)
  }

  #step(step: FrameStep): void {
    if (step.state === 'frame') {
      this.#log.counts.frames += 1
      const found = this.#batch.accept(step, this.#frameFindings(step), this.#commit)
      if (found !== undefined) this.#findings.push(found)
      return
    }
    if (step.state === 'unfinished') return this.#unfinished(step)
    this.#batch.damage()
    const { error, offset, length } = step
    this.#say(error.code as FindingCode, detailOf(error), offset, length)
  }

  #unfinished({ offset, length, reason }: Extract<FrameStep, { state: 'unfinished' }>): void {
    const { file } = this.#segment
    if (reason === 'TornTail' && !beginsLikeFrame(this.#segment, offset)) {
      const message =
        `what stands behind the last frame is no frame, perhaps a damaged footer; ` +
        'a mutable open cuts it off'
      return this.#say('FooterUnusable', message, offset, file.size - offset)
    }
    const message = `an unfinished frame behind the last whole one (${reason}); a mutable open cuts it off`
    this.#say('UnfinishedTail', message, offset, length)
  }

  /** What is wrong with a frame in itself; it counts only if the frame is committed. */
  #frameFindings(frame: Frame): readonly Finding[] {
    const { head } = frame
    if (!head.hasChain) return []
    const findings: Finding[] = []
    const issue = coordinateIssue(head.entity, head.scope)
    if (issue !== undefined) {
      const message = `its coordinate is not valid: ${describeCoordinateIssue(issue)}`
      findings.push(this.#eventFinding('InvalidCoordinate', message, frame))
    }
    if (this.#log.level === 'full') this.#payload(frame, findings)
    return findings
  }

  #payload(frame: Frame, findings: Finding[]): void {
    const { head } = frame
    if (head.payloadForm === 'inline') {
      this.#rewritten += 1
      return
    }
    const computed = blake3(payloadOf(this.#segment.file.buf, head))
    if (!equalBytes(computed, head.eventHash)) {
      const message = 'event_hash is not the hash of the payload'
      findings.push(this.#eventFinding('PayloadHashMismatch', message, frame))
    } else if (!equalBytes(computed, head.contentHash)) {
      const message = 'content_hash is not the hash of the payload'
      findings.push(this.#eventFinding('ContentHashMismatch', message, frame))
    }
  }

  readonly #commit = (frame: Frame, findings: readonly Finding[]): void => {
    const { head, offset, length } = frame
    this.#findings.push(...findings)
    if (this.#log.isRepeated(head)) return
    const { sequence, findings: mismatches } = this.#footer.check(head, offset, length)
    this.#findings.push(...mismatches)
    for (const { code, message } of this.#log.commit(head, this.#segment.source, sequence)) {
      this.#findings.push(this.#eventFinding(code, message, frame))
    }
  }

  #end(): void {
    const { file, region } = this.#segment
    const open = this.#batch.finish(region.end, region.sealed)
    if (open !== undefined) this.#findings.push(open)
    this.#findings.push(...this.#footer.finish())
    if (this.#rewritten === 0) return
    const message =
      `${this.#rewritten} payloads were replaced by their values in a compaction of batpak 0.8.0; ` +
      'their hashes cannot be checked'
    this.#say('PayloadRewritten', message, region.from, file.size - region.from)
  }

  #eventFinding(code: FindingCode, message: string, { head, offset, length }: Frame): Finding {
    const { segmentId, name } = this.#segment.source
    const eventId = formatWords(head.eventId, 0)
    const place = { file: name, segmentId, offset, bytes: length, eventId, entity: head.entity }
    return finding(code, message, place)
  }

  #say(code: FindingCode, message: string, offset: number, bytes?: number): void {
    const { segmentId, name } = this.#segment.source
    const extent = bytes === undefined ? {} : { bytes }
    this.#findings.push(finding(code, message, { file: name, segmentId, offset, ...extent }))
  }
}

/** A segment that a later version wrote; as `detail` because the reference has no code of its own. */
export function isUnsupportedVersion(error: StoreError): boolean {
  return error.code === 'CorruptSegment' && error.detail.startsWith('unsupported segment version')
}

/** The part of a message that says what is wrong, without the place and the advice around it. */
function detailOf(error: StoreError): string {
  switch (error.code) {
    case 'CrcMismatch':
      return 'its bytes are not what was written: the checksum differs'
    case 'CorruptFrame':
      return error.reason
    case 'CorruptSegment':
      return error.detail
    default:
      return error.message
  }
}

/** Whether the bytes behind the prefix, as far as there are any, are what frames begin with. */
function beginsLikeFrame({ file }: OpenSegment, offset: number): boolean {
  const body = offset + 8
  const length = Math.min(file.size - body, FRAME_START_BYTES)
  if (length <= 0) return true
  const at = file.load(body, length)
  for (let i = 0; i < length; i += 1) if (file.buf[at + i] !== K_EVENT_ID[i]) return false
  return true
}

const FRAME_START_BYTES = 7
