import type { ChildProcess } from 'node:child_process'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** A child process that speaks in lines and lives until its standard input ends. */
export interface Child {
  readonly process: ChildProcess
  /** The next line it prints. */
  line(): Promise<string>
  /** Ends its standard input and waits for it. */
  end(): Promise<void>
  kill(): Promise<void>
}

/** Starts any program; it is killed when the test ends, whatever happened. */
export function startProgram(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
): Child {
  const child = spawn(command, args, {
    env: { ...process.env, ...env },
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  return {
    process: child,
    async line() {
      const { value, done } = await lines.next()
      if (done === true) throw new Error(`${command} ended without a line`)
      return value
    },
    async end() {
      child.stdin.end()
      await exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}

/** Starts a script of `test/child` on the built package. */
export function startScript(name: string, args: string[], env: NodeJS.ProcessEnv = {}): Child {
  const script = fileURLToPath(new URL(`../child/${name}`, import.meta.url))
  return startProgram(process.execPath, ['--no-warnings', script, ...args], env)
}
