export { nodePlatform } from './node-platform.ts'
export type { NodePlatformOptions } from './node-platform.ts'
export type {
  BackendStatus,
  Clock,
  Fd,
  FileStat,
  OpenMode,
  PlatformBackend,
  PlatformBackends,
  PlatformFs,
} from './backend.ts'
export type { LockBackend } from './node/lock-backends.ts'
export type { MmapBackend } from './node/mmap-backends.ts'
export { probe } from './probe.ts'
export { doctor } from './doctor.ts'
export type { BackendReport, DoctorOptions, DoctorReport } from './doctor.ts'
export type { PackageManager } from './package-manager.ts'
export type { Repair, RepairStep } from './repairs.ts'
export { isFileAt, readExactly, readUpTo, readWholeFile, writeExactly } from './files.ts'
export {
  createFileDurably,
  replaceFile,
  replaceFileDurably,
  unlinkDurably,
} from './durable-files.ts'
export type { CreateOptions, DurableOptions, FileBackend, FileContent } from './durable-files.ts'
export { LruCache } from './lru.ts'
export { pathIdentityBytes } from './path-identity.ts'
export { systemError } from './system-error.ts'
export type { SystemError } from './system-error.ts'
export { refuseUnknownOptions } from './known-options.ts'
