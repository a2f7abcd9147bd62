/** Arguments of the inspecting functions: the wrong type is told before anything is read. */
import type { PlatformFs } from '@batpak/platform'
import { describeType } from '../options.ts'

/** @throws TypeError naming the argument */
export function requirePlace(fs: PlatformFs, dir: string): void {
  if (typeof fs?.readdir !== 'function' || typeof fs.open !== 'function') {
    const got = describeType(fs)
    throw new TypeError(`fs must be the file system of a platform (nodePlatform().fs), got ${got}`)
  }
  if (typeof dir !== 'string') throw new TypeError(`dir must be a string, got ${describeType(dir)}`)
}

/** @throws TypeError naming the argument */
export function requireSegmentId(segmentId: number): void {
  if (Number.isSafeInteger(segmentId) && segmentId >= 0) return
  throw new TypeError(`segmentId must be a whole number from 0, got ${String(segmentId)}`)
}
