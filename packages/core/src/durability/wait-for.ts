/** The arguments of `waitFor`, checked. */
import type { Engine } from '../engine.ts'
import type { HlcPoint } from '../frontier/hlc.ts'
import { checkOptionNames, describeType } from '../options.ts'
import type { LogWriter } from '../writer/log-writer.ts'
import type { Mark, WaitOptions } from './waits.ts'

const MARKS: readonly unknown[] = ['durable', 'visible', 'applied'] satisfies Mark[]
const OPTIONS: ReadonlySet<string> = new Set(['timeoutMs', 'signal'])
/** What a timer can hold; it fires at once for more. */
const TIMEOUT_MAX = 2 ** 31 - 1

export function waitFor(
  engine: Engine,
  writer: LogWriter,
  mark: Mark,
  target: HlcPoint | number | { readonly sequence: number },
  options: WaitOptions,
): Promise<void> {
  engine.assertOpen('waitFor')
  if (!MARKS.includes(mark)) {
    throw new TypeError(`mark must be one of ${MARKS.join(', ')}, got ${describeType(mark)}`)
  }
  const point = readTarget(target)
  checkWait(options)
  if (!engine.waits.isReached(mark, point)) writer.assertUsable()
  return engine.waits.wait(mark, point, options)
}

function readTarget(target: unknown): HlcPoint | number {
  const { sequence, wallMs } =
    typeof target === 'number'
      ? { sequence: target, wallMs: undefined }
      : ((target ?? {}) as Partial<HlcPoint>)
  if (!isCount(sequence) || (wallMs !== undefined && !isCount(wallMs))) {
    throw new TypeError(
      `what to wait for must be a point, a sequence or a receipt, got ${describeType(target)}`,
    )
  }
  return wallMs === undefined ? sequence : { wallMs, sequence }
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0
}

function checkWait(options: WaitOptions): void {
  checkOptionNames('waitFor options', options, OPTIONS)
  const { timeoutMs, signal } = options
  if (timeoutMs === undefined && signal === undefined) {
    throw new TypeError('waitFor needs timeoutMs or a signal: it might wait for ever')
  }
  if (signal !== undefined && !(signal instanceof AbortSignal)) {
    throw new TypeError(`signal must be an AbortSignal, got ${describeType(signal)}`)
  }
  if (timeoutMs === undefined) return
  if (!(typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= TIMEOUT_MAX)) {
    throw new RangeError(`timeoutMs must be 0 to ${TIMEOUT_MAX}, got ${String(timeoutMs)}`)
  }
}
