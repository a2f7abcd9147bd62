/** `BATPAK_REPLAY='suite|program'`: the one line that runs a failed program again. */
import type { JsonObject, Program } from './law.ts'

/** The program to replay, if the environment names this suite. @throws TypeError when it is no JSON */
export function replayOf(suite: string): Program | undefined {
  const text = process.env['BATPAK_REPLAY'] ?? ''
  if (!text.startsWith(`${suite}|`)) return undefined
  const json = text.slice(suite.length + 1)
  try {
    return { suite, version: 1, steps: [JSON.parse(json) as JsonObject] }
  } catch (cause) {
    const problem = `BATPAK_REPLAY of suite ${suite} is no JSON: ${json}`
    throw new TypeError(problem, { cause })
  }
}

/**
 * A line for a shell that runs the program alone, under the test runner of this process.
 * @param testName what the names of the suite's tests begin with
 */
export function replayLine(suite: string, testName: string, step: JsonObject): string {
  const variable = `BATPAK_REPLAY=${quoted(`${suite}|${JSON.stringify(step)}`)}`
  const name = quoted(testName)
  return process.env['VITEST'] === undefined
    ? `${variable} node --test --test-name-pattern=${name}`
    : `${variable} npx vitest run -t ${name}`
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
