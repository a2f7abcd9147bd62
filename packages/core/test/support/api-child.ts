import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'

/** A process that holds a store of the built package; it is killed when the test ends. */
export interface StoreChild {
  /** What opening the store gave. */
  readonly outcome: {
    readonly opened: boolean
    readonly code?: string
    readonly path?: string
    readonly mode?: string
  }
  /** Sends a command and waits for its answer. */
  run(command: string): Promise<unknown>
  /** Ends the process without closing the store. */
  exit(): Promise<void>
  kill(): Promise<void>
}

export async function storeChild(
  dataDir: string,
  how: 'open' | 'openReadOnly',
): Promise<StoreChild> {
  const script = fileURLToPath(new URL('api-store-child.mjs', import.meta.url))
  const child = spawn(process.execPath, ['--no-warnings', script, dataDir, how], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const answer = async (): Promise<unknown> => {
    const { value, done } = await lines.next()
    if (done === true) throw new Error('the child ended without an answer')
    return JSON.parse(value)
  }
  return {
    outcome: (await answer()) as StoreChild['outcome'],
    run(command) {
      child.stdin.write(`${command}\n`)
      return answer()
    },
    async exit() {
      child.stdin.end()
      await exited
    },
    async kill() {
      child.kill('SIGKILL')
      await exited
    },
  }
}
