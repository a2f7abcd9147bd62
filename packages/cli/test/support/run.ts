import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { vi } from 'vitest'

// Every run is a process: on a busy machine a test of many takes its time.
vi.setConfig({ testTimeout: 60_000 })

/** The built binary, as users run it. */
export const bin: string = fileURLToPath(new URL('../../dist/bin.js', import.meta.url))

export interface Run {
  readonly code: number | null
  readonly signal: NodeJS.Signals | null
  readonly out: string
  readonly bytes: Buffer
  readonly err: string
}

export interface RunOptions {
  readonly cwd?: string
  readonly env?: NodeJS.ProcessEnv
  /** Runs as this user and group. */
  readonly uid?: number
  readonly program?: string
}

/** Runs `batpak` with these arguments until it ends; variables that change its behaviour are unset. */
export function batpak(args: readonly string[], options: RunOptions = {}): Promise<Run> {
  const { cwd, env, uid, program = bin } = options
  const child = spawn(process.execPath, ['--no-warnings', program, ...args], {
    cwd,
    env: environment(env),
    stdio: ['ignore', 'pipe', 'pipe'],
    ...(uid === undefined ? {} : { uid, gid: uid }),
  })
  const out: Buffer[] = []
  const err: Buffer[] = []
  child.stdout.on('data', (data: Buffer) => out.push(data))
  child.stderr.on('data', (data: Buffer) => err.push(data))
  return new Promise((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      const bytes = Buffer.concat(out)
      resolve({ code, signal, bytes, out: bytes.toString(), err: Buffer.concat(err).toString() })
    })
  })
}

export function environment(changes: NodeJS.ProcessEnv = {}): NodeJS.ProcessEnv {
  const env = { ...process.env }
  for (const name of Object.keys(env)) {
    if (/^(BATPAK_|NO_COLOR$|FORCE_COLOR$|COLUMNS$|VITEST|NODE_OPTIONS$)/.test(name))
      delete env[name]
  }
  return { ...env, ...changes }
}

/** Runs the jobs, a few at a time: a process each. */
export async function inParallel<T, R>(
  items: readonly T[],
  job: (item: T) => Promise<R>,
): Promise<R[]> {
  const results: R[] = []
  let next = 0
  const worker = async (): Promise<void> => {
    for (let i = next++; i < items.length; i = next++) results[i] = await job(items[i]!)
  }
  await Promise.all(Array.from({ length: 4 }, worker))
  return results
}
