import { constants } from 'node:os'

/** A failure of the operating system in the shape of Node's own: `code`, `errno`, `syscall`, `path`. */
export interface SystemError extends Error {
  readonly code: string
  readonly errno?: number
  readonly syscall?: string
  readonly path?: string
}

/**
 * Makes an error in the shape in which `node:fs` throws them.
 *
 * `code` is the symbolic name (`'ENOTSUP'`), `detail` the text after it. For a fake of the seam, and
 * for backends that report numbers.
 */
export function systemError(
  code: string,
  syscall: string,
  detail: string = strerror(code),
  path?: string,
): SystemError {
  const where = path === undefined ? '' : ` '${path}'`
  const errno = (constants.errno as Record<string, number>)[code]
  return Object.assign(new Error(`${code}: ${detail}, ${syscall}${where}`), {
    code,
    syscall,
    ...(errno === undefined ? {} : { errno: -errno }),
    ...(path === undefined ? {} : { path }),
  })
}

/** The `code` of a thrown value, or `undefined` when it carries none. */
export function errorCode(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null | undefined)?.code
  return typeof code === 'string' ? code : undefined
}

export function errorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}

/** The symbolic name of a positive errno of this OS. */
export function errnoName(errno: number): string {
  return names.get(errno) ?? `E${errno}`
}

/**
 * The text of an I/O failure as batpak 0.8.0 prints it: `Permission denied (os error 13)`. Reverify
 * compares it with the text in a profile, so it must be the C library's, not libuv's.
 */
export function osErrorText(error: unknown): string {
  const errno = (error as { errno?: unknown } | null | undefined)?.errno
  const code = errorCode(error)
  if (typeof errno !== 'number' || code === undefined) return errorMessage(error)
  const number = Math.abs(errno)
  return `${texts[code] ?? `Unknown error ${number}`} (os error ${number})`
}

function strerror(code: string): string {
  return (texts[code] ?? 'unknown error').toLowerCase()
}

// Aliases share a number (EAGAIN and EWOULDBLOCK): the first name in the table of Node wins.
const names = new Map<number, string>()
for (const [name, errno] of Object.entries(constants.errno)) {
  if (!names.has(errno)) names.set(errno, name)
}

// The texts of glibc's strerror. musl, macOS and Windows word a few of them differently.
const texts: Readonly<Record<string, string>> = {
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  EINTR: 'Interrupted system call',
  EIO: 'Input/output error',
  ENXIO: 'No such device or address',
  E2BIG: 'Argument list too long',
  EBADF: 'Bad file descriptor',
  EAGAIN: 'Resource temporarily unavailable',
  ENOMEM: 'Cannot allocate memory',
  EACCES: 'Permission denied',
  EFAULT: 'Bad address',
  EBUSY: 'Device or resource busy',
  EEXIST: 'File exists',
  EXDEV: 'Invalid cross-device link',
  ENODEV: 'No such device',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EINVAL: 'Invalid argument',
  ENFILE: 'Too many open files in system',
  EMFILE: 'Too many open files',
  ENOTTY: 'Inappropriate ioctl for device',
  ETXTBSY: 'Text file busy',
  EFBIG: 'File too large',
  ENOSPC: 'No space left on device',
  ESPIPE: 'Illegal seek',
  EROFS: 'Read-only file system',
  EMLINK: 'Too many links',
  EPIPE: 'Broken pipe',
  ERANGE: 'Numerical result out of range',
  EDEADLK: 'Resource deadlock avoided',
  ENAMETOOLONG: 'File name too long',
  ENOLCK: 'No locks available',
  ENOSYS: 'Function not implemented',
  ENOTEMPTY: 'Directory not empty',
  ELOOP: 'Too many levels of symbolic links',
  EOVERFLOW: 'Value too large for defined data type',
  EILSEQ: 'Invalid or incomplete multibyte or wide character',
  ENOTSUP: 'Operation not supported',
  EOPNOTSUPP: 'Operation not supported',
  ECONNREFUSED: 'Connection refused',
  ECONNRESET: 'Connection reset by peer',
  ENOTCONN: 'Transport endpoint is not connected',
  ETIMEDOUT: 'Connection timed out',
  EHOSTDOWN: 'Host is down',
  EHOSTUNREACH: 'No route to host',
  ENETUNREACH: 'Network is unreachable',
  ESTALE: 'Stale file handle',
  EREMOTEIO: 'Remote I/O error',
  EDQUOT: 'Disk quota exceeded',
  ECANCELED: 'Operation canceled',
}
