/** How each contender is started: one fresh process per measurement. */
import { spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url))
const CRATE = here('../reference')
const REFERENCE = here('../reference/target/release/batpak-reference-bench')

/** Builds the program around the Rust crate; false, with the reason told, when that is not possible. */
export function buildReference(): boolean {
  process.stderr.write('[bench] building the reference (the first time takes about two minutes)\n')
  const built = spawnSync('cargo', ['build', '--release', '--quiet'], {
    cwd: CRATE,
    stdio: 'inherit',
  })
  if (built.status === 0 && existsSync(REFERENCE)) return true
  process.stderr.write('[bench] no cargo here: measuring without the reference\n')
  return false
}

/** What one process measured: microseconds, or bytes per call. */
export type Measured = number

export const ours = (...args: string[]): Measured =>
  measure(process.execPath, [here('workers/batpak.js'), ...args])

/** With a young generation so large that nothing is collected while allocations are counted. */
export const oursUncollected = (...args: string[]): Measured =>
  measure(process.execPath, [
    '--min-semi-space-size=512',
    '--max-semi-space-size=512',
    here('workers/batpak.js'),
    ...args,
  ])

export const bareWrites = (...args: string[]): Measured =>
  measure(process.execPath, [here('workers/bare.js'), ...args])

export const signatures = (...args: string[]): Measured =>
  measure(process.execPath, [here('workers/sign.js'), ...args])

export const hashes = (...args: string[]): Measured =>
  measure(process.execPath, [here('workers/hashes.js'), ...args])

export const reference = (...args: string[]): Measured => measure(REFERENCE, args)

/** The reference with its writer thread on the caller's core: no hand-over between cores. */
export const referencePinned = (...args: string[]): Measured =>
  measure('taskset', ['-c', '1', REFERENCE, ...args])

/** The `value` of the JSON line that the process prints. */
function measure(command: string, args: readonly string[]): Measured {
  const { stdout, status, signal, error } = spawnSync(command, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  if (error) throw error
  const [line] = stdout.split('\n')
  if (!line || (status !== 0 && signal !== 'SIGKILL')) {
    throw new Error(`${command} ${args.join(' ')} ended with ${signal ?? status}`)
  }
  return (JSON.parse(line) as { value: number }).value
}
