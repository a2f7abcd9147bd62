// One entry for every command of the README: installs what this clone needs, builds the native
// addons for the Node that runs now, says what is missing, then runs `<task>:run`.
// Usage: node scripts/run.mjs <task> [arguments for the task]
//   BATPAK_ADDONS=fs-ext   only these addons (comma separated, default: all)
//   BATPAK_NO_ADDONS=1     none of them; builds of an earlier run are removed
//   BATPAK_EXPECT_ADDONS=1 a missing addon is a failure; tests always see 1 (all load) or 0
import { spawn } from 'node:child_process'
import { existsSync, readFileSync, realpathSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { constants } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const windows = process.platform === 'win32'
const root = fileURLToPath(new URL('..', import.meta.url))
const manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'))
const addons = Object.keys(manifest.optionalDependencies)
const node = realpathSync(process.execPath)
const prefix = dirname(dirname(node))
const env = environment()
const npx = npxCommand()
const wanted = wantedAddons()

function wantedAddons() {
  if (process.env.BATPAK_NO_ADDONS === '1') return []
  const names = process.env.BATPAK_ADDONS?.split(',') ?? addons
  return addons.filter((name) => names.includes(name))
}

// Everything below runs under the Node that runs this file, whatever `node` is on the PATH.
function environment() {
  const own = { ...process.env, npm_config_loglevel: 'error', TURBO_TELEMETRY_DISABLED: '1' }
  const path = Object.keys(own).find((key) => key.toUpperCase() === 'PATH') ?? 'PATH'
  own[path] = `${dirname(node)}${delimiter}${own[path] ?? ''}`
  // node-gyp must use the headers of this Node: a user's own `nodedir` may be of another ABI.
  if (headersMatch()) own.npm_config_nodedir = prefix
  else delete own.npm_config_nodedir
  return own
}

function headersMatch() {
  const header = join(prefix, 'include', 'node', 'node_version.h')
  const text = existsSync(header) ? readFileSync(header, 'utf8') : ''
  const [major, minor, patch] = process.versions.node.split('.')
  return Object.entries({ MAJOR: major, MINOR: minor, PATCH: patch }).every(([part, value]) =>
    new RegExp(`NODE_${part}_VERSION ${value}\\s`).test(text),
  )
}

// npx as a script of its own npm: no shell takes the arguments apart, on Windows neither.
function npxCommand() {
  const folders = [
    join(dirname(node), 'node_modules', 'npm', 'bin'),
    join(prefix, 'lib', 'node_modules', 'npm', 'bin'),
    dirname(process.env.npm_execpath ?? ''),
  ]
  const script = folders.map((folder) => join(folder, 'npx-cli.js')).find(existsSync)
  return script
    ? { file: node, args: [script], shell: false }
    : { file: 'npx', args: [], shell: windows }
}

/**
 * Runs a command in a process group of its own, so that a signal to this process reaches every
 * descendant once; Windows sends Ctrl-C to all of them by itself.
 */
function run(file, args, { show = false, shell = false } = {}) {
  const output = show ? 'inherit' : 'pipe'
  const stdio = ['ignore', output, output]
  const child = spawn(file, args, { cwd: root, env, shell, stdio, detached: !windows })
  let text = ''
  child.stdout?.setEncoding('utf8').on('data', (chunk) => (text += chunk))
  child.stderr?.setEncoding('utf8').on('data', (chunk) => (text += chunk))
  let interrupted = 0
  const forward = (signal) => {
    interrupted = 128 + constants.signals[signal]
    if (windows || child.pid === undefined) return
    try {
      process.kill(-child.pid, signal)
    } catch {
      // the group has just ended: `close` follows
    }
  }
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP']
  for (const signal of signals) process.on(signal, forward)
  return new Promise((resolve) => {
    const done = (status) => {
      for (const signal of signals) process.off(signal, forward)
      if (interrupted) process.exit(interrupted)
      resolve({ ok: status === 0, status, text })
    }
    child.on('error', (error) => {
      text += error.message
      done(127)
    })
    child.on('close', (status, signal) => done(status ?? 128 + constants.signals[signal]))
  })
}

const pnpm = (args, options) =>
  run(npx.file, [...npx.args, '--yes', manifest.packageManager, ...args], {
    shell: npx.shell,
    ...options,
  })

// An addon that loads in its own process is built for this Node and does not crash.
const loads = async (name) =>
  (await run(process.execPath, ['-e', `require(${JSON.stringify(name)})`])).ok

async function failing(names) {
  const missing = []
  for (const name of names) if (!(await loads(name))) missing.push(name)
  return missing
}

function removeBuild(name) {
  try {
    const own = createRequire(join(root, 'package.json')).resolve(`${name}/package.json`)
    rmSync(join(dirname(own), 'build'), { recursive: true, force: true })
  } catch {
    // not installed: nothing that could load
  }
}

/** Brings the wanted addons into a state where they load, or says why they do not. */
async function prepareAddons(say) {
  for (const name of addons) if (!wanted.includes(name)) removeBuild(name)
  let missing = await failing(wanted)
  if (missing.length > 0) {
    say(`building ${missing.join(', ')} for this Node`)
    await pnpm(['rebuild', ...missing])
    missing = await failing(missing)
  }
  if (missing.length > 0) {
    say(`without ${missing.join(', ')}: running degraded. A C++ compiler, make and Python 3 would`)
    say(
      `build them on the next run; npx ${manifest.packageManager} rebuild ${missing[0]} shows why not.`,
    )
  } else if (wanted.length < addons.length) {
    say(`as asked, without ${addons.filter((name) => !wanted.includes(name)).join(', ')}`)
  }
  return missing.length === 0 && wanted.length === addons.length
}

async function main(task, args) {
  if (!task || !manifest.scripts[`${task}:run`]) {
    const tasks = Object.keys(manifest.scripts).filter((name) => name.endsWith(':run'))
    const list = tasks.map((name) => name.slice(0, -4)).join('|')
    process.stderr.write(`usage: node scripts/run.mjs <${list}> [arguments]\n`)
    return 2
  }
  const say = (text) => process.stderr.write(`[${task}] ${text}\n`)
  say(`Node ${process.version} (ABI ${process.versions.modules}), ${manifest.packageManager}`)
  say('installing from the lockfile')
  const scripts = wanted.length === 0 ? ['--ignore-scripts'] : []
  const install = await pnpm(['install', '--frozen-lockfile', '--prefer-offline', ...scripts])
  if (!install.ok) {
    say(`the install failed:\n${install.text}`)
    return install.status
  }
  const complete = await prepareAddons(say)
  if (!complete && process.env.BATPAK_EXPECT_ADDONS === '1') return 1
  env.BATPAK_EXPECT_ADDONS = complete ? '1' : '0'
  const { status } = await pnpm(['--silent', 'run', `${task}:run`, ...args], { show: true })
  return status
}

process.exitCode = await main(process.argv[2], process.argv.slice(3))
