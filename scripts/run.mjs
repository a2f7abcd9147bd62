// One entry for every command of the README: installs what this clone needs, builds the native
// addons for the Node that runs now, says what is missing, then runs `<task>:run`.
// Usage: node scripts/run.mjs <task> [arguments for the task]
import { spawnSync } from 'node:child_process'
import { existsSync, readFileSync, realpathSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'

const [task, ...args] = process.argv.slice(2)
const manifest = JSON.parse(readFileSync('package.json', 'utf8'))
const addons = Object.keys(manifest.optionalDependencies)
const env = { ...process.env, npm_config_loglevel: 'error', TURBO_TELEMETRY_DISABLED: '1' }

// node-gyp must use the headers of the Node that runs: a user's own `nodedir` may be another ABI.
const prefix = dirname(dirname(realpathSync(process.execPath)))
const header = join(prefix, 'include', 'node', 'node_version.h')
const [major, minor, patch] = process.versions.node.split('.')
const headersMatch =
  existsSync(header) &&
  [`MAJOR_VERSION ${major}`, `MINOR_VERSION ${minor}`, `PATCH_VERSION ${patch}`].every((text) =>
    new RegExp(`NODE_${text}\\s`).test(readFileSync(header, 'utf8')),
  )
if (headersMatch) env.npm_config_nodedir = prefix
else delete env.npm_config_nodedir

function pnpm(command, { show = false } = {}) {
  const run = spawnSync('npx', ['--yes', manifest.packageManager, ...command], {
    env,
    shell: process.platform === 'win32',
    stdio: ['ignore', show ? 'inherit' : 'pipe', show ? 'inherit' : 'pipe'],
    encoding: 'utf8',
  })
  return { ok: run.status === 0, status: run.status ?? 1, text: `${run.stdout}${run.stderr}` }
}

// An addon that loads in its own process is built for this Node and does not crash.
const loads = (name) =>
  spawnSync(process.execPath, ['-e', `require(${JSON.stringify(name)})`], { stdio: 'ignore' })
    .status === 0
const resolves = (name) => {
  try {
    return Boolean(createRequire(join(process.cwd(), 'package.json')).resolve(name))
  } catch {
    return false // not installed: reported below like one that does not load
  }
}

if (!task) {
  process.stderr.write('usage: node scripts/run.mjs <demo|test|check|interop|bench> [arguments]\n')
  process.exit(2)
}
process.stderr.write(
  `[${task}] Node ${process.version} (ABI ${process.versions.modules}), ${manifest.packageManager}\n`,
)
process.stderr.write(`[${task}] installing from the lockfile\n`)
const install = pnpm(['install', '--frozen-lockfile', '--prefer-offline'])
if (!install.ok) {
  process.stderr.write(`${install.text}\n[${task}] the install failed (see above)\n`)
  process.exit(1)
}
const wanted = process.env.BATPAK_NO_ADDONS === '1' ? [] : addons
let missing = wanted.filter((name) => !resolves(name) || !loads(name))
if (missing.length > 0) {
  process.stderr.write(`[${task}] building ${missing.join(', ')} for this Node\n`)
  pnpm(['rebuild', ...missing])
  missing = missing.filter((name) => !loads(name))
}
if (missing.length > 0) {
  process.stderr.write(
    `[${task}] without ${missing.join(', ')}: running degraded. ` +
      'A C++ compiler and Python 3 would build them on the next run.\n',
  )
}
env.BATPAK_EXPECT_ADDONS = missing.length === 0 && wanted.length > 0 ? '1' : '0'
process.exit(pnpm(['run', `${task}:run`, ...args], { show: true }).status)
