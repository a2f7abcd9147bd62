/** Whether a stream is coloured, and the four things that colour says. */

export interface Paint {
  readonly red: (text: string) => string
  readonly yellow: (text: string) => string
  readonly green: (text: string) => string
  readonly dim: (text: string) => string
}

/**
 * `--color always|never` decides; under `auto` NO_COLOR switches off, FORCE_COLOR on, and otherwise
 * the stream must be a terminal that is not `dumb`.
 */
export function paintFor(
  stream: { readonly isTTY?: boolean },
  when: 'auto' | 'always' | 'never',
  env: Readonly<Record<string, string | undefined>>,
): Paint {
  return isColoured(stream, when, env) ? COLOURED : PLAIN
}

function isColoured(
  stream: { readonly isTTY?: boolean },
  when: 'auto' | 'always' | 'never',
  env: Readonly<Record<string, string | undefined>>,
): boolean {
  if (when !== 'auto') return when === 'always'
  if ((env['NO_COLOR'] ?? '') !== '') return false
  const forced = env['FORCE_COLOR']
  if (forced !== undefined && forced !== '') return forced !== '0' && forced !== 'false'
  return stream.isTTY === true && env['TERM'] !== 'dumb'
}

const sgr =
  (on: number, off: number) =>
  (text: string): string =>
    `\u001b[${on}m${text}\u001b[${off}m`
const same = (text: string): string => text

const COLOURED: Paint = {
  red: sgr(31, 39),
  yellow: sgr(33, 39),
  green: sgr(32, 39),
  dim: sgr(2, 22),
}
const PLAIN: Paint = { red: same, yellow: same, green: same, dim: same }
