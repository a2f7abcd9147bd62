/**
 * Entry `@batpak/core/inspect`: looks into a store directory, damaged or not, without a lock and
 * without changing anything. Every function takes the file system of a platform.
 */
export { listStoreFiles } from './inspect/directory.ts'
export type { StoreFileInfo, StoreFileKind } from './inspect/directory.ts'
export { readFrame, readFrames, readSegmentInfo } from './inspect/segments.ts'
export type { FrameDetail, FrameInfo, FrameRecord, SegmentInfo } from './inspect/segments.ts'
export { readArtifacts } from './inspect/artifacts.ts'
export type { ArtifactInfo, CompactionMarkerInfo, HiddenRangesInfo } from './inspect/artifacts.ts'
export type { CompactionMarker } from './inspect/compaction-marker.ts'
export type { CursorInfo } from './inspect/cursor-file.ts'
export type { IndexFileInfo } from './inspect/index-file.ts'
export { verifyDirectory } from './inspect/verify.ts'
export type { VerifyOptions, VerifyStep } from './inspect/verify.ts'
export type { VerifyCounts } from './inspect/log-check.ts'
export type { Finding, FindingCode, Severity } from './inspect/finding.ts'
export { isUnsupportedVersion } from './inspect/segment-check.ts'
export type { TailReason } from './segment/tail.ts'
export type { SequenceRange } from './index-store/hidden-ranges.ts'
