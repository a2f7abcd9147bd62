import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { onTestFinished } from 'vitest'
import { environment } from './run.ts'

const script = fileURLToPath(new URL('../child/hold-store.mjs', import.meta.url))

/** A process that has the store open for writing until the test ends; gives its id. */
export async function holdStore(dir: string, env: NodeJS.ProcessEnv = {}): Promise<number> {
  const child = spawn(process.execPath, ['--no-warnings', script, dir], {
    env: environment(env),
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  await once(child.stdout, 'data')
  return child.pid!
}
