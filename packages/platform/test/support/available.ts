import { spawnSync } from 'node:child_process'
import { createRequire, isBuiltin } from 'node:module'

const require = createRequire(import.meta.url)

/** Permission bits, symbolic links without privileges, directories that can be synced. */
export const unix: boolean = process.platform !== 'win32'

/** True when `npm test` built both addons and demands that they are tested. */
export const addonsExpected: boolean = process.env['BATPAK_EXPECT_ADDONS'] === '1'

function loads(name: string): boolean {
  try {
    require(name)
    return true
  } catch {
    return false // a test that needs it is skipped, or fails under BATPAK_EXPECT_ADDONS=1
  }
}

function runs(program: string): boolean {
  return spawnSync(program, ['--version'], { stdio: 'ignore' }).status === 0
}

export const hasFsExt: boolean = loads('fs-ext')
export const hasMmapIo: boolean = loads('mmap-io')
export const hasFlockProgram: boolean = runs('flock')
export const hasPython: boolean = runs('python3')

/** The real lock backends that this machine has. */
export const lockBackends: readonly string[] = [
  ...(hasFsExt ? ['fs-ext'] : []),
  ...(loads('fs-ext-extra-prebuilt') ? ['fs-ext-extra-prebuilt'] : []),
  ...(loads('koffi') ? ['koffi'] : []),
  ...(['darwin', 'win32'].includes(process.platform) ? ['open-flag'] : []),
  ...(hasFlockProgram ? ['flock(1)'] : []),
  ...(isBuiltin('node:ffi') ? ['node:ffi'] : []),
]

/** Those of them that lock a file which is already open. */
export const flockBackends: readonly string[] = lockBackends.filter((name) => name !== 'open-flag')

/** The real mmap backends that this machine has. */
export const mmapBackends: readonly string[] = [
  ...(hasMmapIo ? ['mmap-io'] : []),
  ...(loads('@riaskov/mmap-io') ? ['@riaskov/mmap-io'] : []),
  ...(loads('koffi') ? ['koffi'] : []),
  ...(isBuiltin('node:ffi') ? ['node:ffi'] : []),
]
