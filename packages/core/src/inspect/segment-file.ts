/** An open segment: its header, where its frames end, and its footer, whatever state they are in. */
import { join } from 'node:path'
import type { Fd, PlatformFs } from '@batpak/platform'
import { StoreError, io } from '../errors.ts'
import { frameRegion, readHeader } from '../restore/rebuild.ts'
import {
  SEGMENT_HEADER_MAX_BYTES,
  decodeSegmentHeader,
  type SegmentHeader,
} from '../segment/header.ts'
import type { ScanOptions } from '../segment/scan.ts'
import { readFooterStrings, readTrailer, type FooterTrailer } from '../segment/sidx.ts'
import { findFrame } from '../segment/tail.ts'
import { FileWindow } from '../segment/window.ts'

/** A segment as it stands on disk; `name` because a compaction may have set it aside. */
export interface SegmentSource {
  readonly segmentId: number
  readonly name: string
}

export interface OpenSegment {
  readonly fd: Fd
  readonly source: SegmentSource
  readonly file: FileWindow
  /** A second view, so that reading the footer does not disturb the walk over the frames. */
  readonly footerFile: FileWindow
  /** Undefined when the file ends inside it, or when it is damaged. */
  readonly header: SegmentHeader | undefined
  readonly headerError: StoreError | undefined
  readonly region: ScanOptions
  readonly footer: Footer | undefined
}

export interface Footer {
  readonly trailer: FooterTrailer
  /** Undefined when the structure does not hold: nobody reads such a footer. */
  readonly strings: readonly string[] | undefined
}

/**
 * Opens a segment for reading; the caller closes `fd`.
 * @throws StoreError `Io`
 */
export function openSegment(fs: PlatformFs, dir: string, source: SegmentSource): OpenSegment {
  const path = join(dir, source.name)
  return io(`read segment ${source.segmentId}`, path, () => {
    const fd = fs.open(path, 'read')
    try {
      return { fd, ...partsOf(source, fs, fd) }
    } catch (error) {
      fs.close(fd)
      throw error
    }
  })
}

function partsOf(source: SegmentSource, fs: PlatformFs, fd: Fd): Omit<OpenSegment, 'fd'> {
  const { size } = fs.fstat(fd)
  const file = new FileWindow(fs, fd, size)
  const footerFile = new FileWindow(fs, fd, size)
  const { header, headerError } = readSegmentHeader(file, source.segmentId)
  const from = header?.length ?? (headerError === undefined ? size : firstFrame(file))
  const { end, sealed } = frameRegion(file, from)
  const trailer = sealed ? readTrailer(footerFile) : undefined
  return {
    source,
    file,
    footerFile,
    header,
    headerError,
    region: { segmentId: source.segmentId, from, end, sealed },
    footer: trailer && { trailer, strings: readFooterStrings(footerFile, trailer) },
  }
}

/** The header as recovery judges it: an error is damage, no header a file that ends inside it. */
function readSegmentHeader(
  file: FileWindow,
  segmentId: number,
): Pick<OpenSegment, 'header' | 'headerError'> {
  try {
    if (readHeader(file, segmentId) === undefined) {
      return { header: undefined, headerError: undefined }
    }
    const length = Math.min(file.size, SEGMENT_HEADER_MAX_BYTES)
    const at = file.load(0, length)
    const bytes = file.buf.subarray(at, at + length)
    return { header: decodeSegmentHeader(segmentId, bytes, file.size), headerError: undefined }
  } catch (error) {
    if (!(error instanceof StoreError)) throw error
    return { header: undefined, headerError: error }
  }
}

/** Where the frames begin behind a damaged header. */
function firstFrame(file: FileWindow): number {
  const at = findFrame(file, 0, file.size)
  return at < 0 ? file.size : at
}
