// Runs the Rust driver: the oracle of the reference implementation.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'

const here = dirname(fileURLToPath(import.meta.url))
const crate = join(here, 'driver')
const target = join(crate, 'target')
const suffix = process.platform === 'win32' ? '.exe' : ''

/** The built driver; it exists after `build()`. */
export const driverPath = join(target, 'release', `batpak-interop${suffix}`)

let built = false

/**
 * Builds the driver with cargo, once per process.
 *
 * @throws {Error} cargo is missing or the build failed.
 */
export function build() {
  if (built) return
  const args = ['build', '--release', '--quiet', '--target-dir', target]
  try {
    execFileSync('cargo', args, { cwd: crate, stdio: ['ignore', 'inherit', 'inherit'] })
  } catch (cause) {
    const missing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT'
    const why = missing ? 'cargo is not installed' : 'cargo build failed'
    throw new Error(`the interop driver could not be built: ${why}`, { cause })
  }
  if (!existsSync(driverPath)) throw new Error(`cargo built no ${driverPath}`)
  built = true
}

/** A wrong call of the driver, or a driver that ended in a way of its own. */
export class DriverError extends Error {
  name = 'DriverError'
}

/**
 * Runs a command and returns its JSON document.
 *
 * A refusal of the reference is a document too: `{ error: { variant, message, … } }`.
 *
 * @throws {DriverError} the call was wrong, or the driver crashed.
 */
export function run(...args) {
  const { documents } = runLines(args, '')
  const [document] = documents
  if (document === undefined) throw new DriverError(`no output of: ${args.join(' ')}`)
  return document
}

/** What a reader of the reference sees in `dir`: see README.md. */
export function dump(dir, ...flags) {
  return run('dump', dir, ...flags)
}

/**
 * Executes `steps` in one process and returns one result per step that was reached.
 *
 * @throws {DriverError} a step was malformed.
 */
export function script(dir, steps) {
  return runLines(['script', dir, '--script', '-'], JSON.stringify(steps)).documents
}

/** What the reference makes of report bodies `[{ kind, bytes }]`: its own bytes, and their hashes. */
export function recode(bodies) {
  const [document] = runLines(['recode'], JSON.stringify(bodies)).documents
  if (document?.bodies === undefined) throw new DriverError(`recode: ${JSON.stringify(document)}`)
  return document.bodies
}

/** The reports of the reference for `requests`, from a read-only open. */
export function reports(dir, requests, ...flags) {
  const done = run('evidence', dir, '--requests', JSON.stringify(requests), ...flags)
  if (done.reports === undefined) throw new DriverError(`evidence: ${JSON.stringify(done)}`)
  return done.reports
}

function runLines(args, input) {
  build()
  const options = { input, encoding: 'utf8', maxBuffer: 1 << 30 }
  const { status, signal, stdout, stderr, error } = spawnSync(driverPath, args, options)
  if (error) throw error
  const lines = stdout.split('\n').filter((line) => line !== '')
  const documents = lines.map((line) => JSON.parse(line))
  if (status !== 0 && status !== 3) {
    const misuse = documents.at(-1)?.error?.message
    const how = signal === null ? `exit code ${status}` : signal
    throw new DriverError(`${args.slice(0, 2).join(' ')}: ${misuse ?? how}\n${stderr}`)
  }
  return { documents, status }
}

/**
 * Opens `dir` in another process and keeps it open until `release()`.
 *
 * @returns the holder, or the refusal `{ error }` of the reference.
 */
export async function spawnHold(dir, mode = 'rw') {
  build()
  const child = spawn(driverPath, ['hold', dir, '--mode', mode], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const ended = new Promise((resolve) => child.once('close', resolve))
  const first = await firstLine(child.stdout)
  if (first === undefined) throw new DriverError(`hold ended with ${await ended}`)
  const said = JSON.parse(first)
  if (said.error) {
    await ended
    return said
  }
  return {
    pid: child.pid,
    /** Closes the store in an orderly way. */
    async release() {
      child.stdin.end()
      await ended
    },
    /** Ends the process without any clean-up. */
    async kill() {
      child.kill('SIGKILL')
      await ended
    },
  }
}

async function firstLine(stream) {
  for await (const line of createInterface({ input: stream })) return line
  return undefined
}
