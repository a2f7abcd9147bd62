/**
 * Walks the frames of a segment and goes on behind damage, where recovery stops. What is torn and
 * what is damage is for recovery to say: both use the same judgement.
 */
import { StoreError } from '../errors.ts'
import { FrameHead } from '../segment/frame-head.ts'
import { frameLength } from '../segment/frame-length.ts'
import { readHead, type ScanOptions } from '../segment/scan.ts'
import { findFrame, judgeTail, type TailReason } from '../segment/tail.ts'
import type { FileWindow } from '../segment/window.ts'

/**
 * - `frame`: complete, its checksum right, decoded into `head`.
 * - `unreadable`: complete, its checksum right, but not a frame's content.
 * - `damaged`: no frame; `length` reaches to the next complete one, or to the end.
 * - `unfinished`: what a crash left; `length` reaches to the end.
 */
export type FrameStep =
  | {
      readonly state: 'frame'
      readonly offset: number
      readonly length: number
      readonly head: FrameHead
    }
  | {
      readonly state: 'unreadable' | 'damaged'
      readonly offset: number
      readonly length: number
      readonly error: StoreError
    }
  | {
      readonly state: 'unfinished'
      readonly offset: number
      readonly length: number
      readonly reason: TailReason
    }

/** @param headFor gives the head for the next frame; by default one that is reused */
export function* walkFrames(
  file: FileWindow,
  options: ScanOptions,
  headFor?: () => FrameHead,
): Generator<FrameStep, void, void> {
  const shared = new FrameHead()
  const { segmentId, end } = options
  let offset = options.from
  while (offset < end) {
    const length = frameLength(file, options, offset)
    const step =
      length < 0
        ? stepOver(file, options, offset)
        : decodeStep(file, segmentId, offset, length, headFor?.() ?? shared)
    yield step
    offset += step.length
  }
}

function decodeStep(
  file: FileWindow,
  segmentId: number,
  offset: number,
  length: number,
  head: FrameHead,
): FrameStep {
  try {
    readHead(file, segmentId, offset, length, head)
    return { state: 'frame', offset, length, head }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return { state: 'unreadable', offset, length, error }
  }
}

function stepOver(file: FileWindow, options: ScanOptions, offset: number): FrameStep {
  const { end } = options
  try {
    const reason = judgeTail(file, options, offset)
    return { state: 'unfinished', offset, length: end - offset, reason }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    const next = findFrame(file, offset + 1, end)
    return { state: 'damaged', offset, length: (next < 0 ? end : next) - offset, error }
  }
}
