// What users get: packs the packages, looks into the tarballs, installs them with npm in an empty
// project and loads every export there. Run as `pnpm pack-check` (`--keep` leaves the project).
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readTarball } from './pack-check/tarball.mjs'
import { consumerFiles } from './pack-check/consumer.mjs'
import { problemsOf } from './pack-check/contents.mjs'

const root = fileURLToPath(new URL('..', import.meta.url))
const folder = join(root, 'packages')
const windows = process.platform === 'win32'
const work = mkdtempSync(join(tmpdir(), 'batpak-pack-'))
const keep = process.argv.includes('--keep')

const say = (text) => process.stdout.write(`${text}\n`)
const kib = (bytes) => `${(bytes / 1024).toFixed(1)} KiB`

class Failed extends Error {}

function run(what, file, args, cwd, options = {}) {
  try {
    return execFileSync(file, args, { cwd, encoding: 'utf8', stdio: 'pipe', ...options })
  } catch (error) {
    const output = `${error.stdout ?? ''}${error.stderr ?? ''}`.trim() || error.message
    throw new Failed(`${what} failed in ${cwd}:\n${output}`, { cause: error })
  }
}

function pnpm(args, cwd) {
  const script = process.env.npm_execpath ?? ''
  if (!/pnpm[^/\\]*$/.test(script)) throw new Failed('run it as `pnpm pack-check`')
  return run(`pnpm ${args.join(' ')}`, process.execPath, [script, ...args], cwd)
}

/** Packs one package from a clean build; the files as npm would unpack them. */
function pack(name) {
  const target = join(work, 'tarballs', name)
  mkdirSync(target, { recursive: true })
  pnpm(['pack', '--pack-destination', target], join(folder, name))
  const [file] = readdirSync(target)
  const entries = readTarball(readFileSync(join(target, file)))
  const manifest = JSON.parse(entries.get('package.json').data.toString())
  return { name, tarball: join(target, file), entries, manifest }
}

function install(packages, project) {
  for (const [file, text] of Object.entries(consumerFiles(packages))) {
    writeFileSync(join(project, file), text)
  }
  const { dependencies } = JSON.parse(readFileSync(join(project, 'package.json'), 'utf8'))
  say(`installing with npm: ${Object.keys(dependencies).join(', ')}`)
  const options = ['--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error']
  run('npm install', windows ? 'npm.cmd' : 'npm', ['install', ...options], project, {
    shell: windows,
  })
}

function use(packages, project) {
  say(run('import', process.execPath, ['esm.mjs'], project).trim())
  say(run('require', process.execPath, ['cjs.cjs'], project).trim())
  for (const { name, manifest } of packages) {
    for (const bin of Object.keys(manifest.bin ?? {})) {
      const path = join(project, 'node_modules', '.bin', windows ? `${bin}.cmd` : bin)
      run(`${bin} --version`, path, ['--version'], project, { shell: windows })
      say(`${name}: ${bin} runs`)
    }
  }
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc')
  for (const config of readdirSync(project).filter((file) => file.startsWith('tsconfig.'))) {
    run(`tsc -p ${config}`, process.execPath, [tsc, '-p', config], project)
    say(`types: ${config} compiles`)
  }
}

function main() {
  const names = readdirSync(folder)
  for (const name of names) rmSync(join(folder, name, 'dist'), { recursive: true, force: true })
  pnpm(['build'], root) // what a deleted source left in dist must not be packed
  const packages = names.map(pack)
  const problems = packages.flatMap((one) => problemsOf(one, join(folder, one.name)))
  for (const { manifest, tarball, entries } of packages) {
    const unpacked = [...entries.values()].reduce((sum, { data }) => sum + data.length, 0)
    const packed = readFileSync(tarball).length
    say(
      `${manifest.name} ${manifest.version}: ${entries.size} files, ${kib(packed)} packed, ${kib(unpacked)} unpacked`,
    )
  }
  if (problems.length > 0) throw new Failed(problems.join('\n'))
  const project = join(work, 'project')
  mkdirSync(project)
  install(packages, project)
  use(packages, project)
}

try {
  const start = Date.now()
  main()
  say(`pack-check: nothing to do, ${Math.round((Date.now() - start) / 1000)} s`)
} catch (error) {
  if (!(error instanceof Failed)) throw error
  process.stderr.write(`pack-check: ${error.message}\n`)
  process.exitCode = 1
} finally {
  if (keep) say(`kept ${work}`)
  else rmSync(work, { recursive: true, force: true })
}
