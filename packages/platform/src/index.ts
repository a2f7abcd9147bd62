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
