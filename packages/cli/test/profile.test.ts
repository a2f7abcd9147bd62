// `batpak profile`: files that say what a host guarantees.
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseProfile, profileFromEvidence } from '@batpak/profile-schema'
import { probe } from '@batpak/platform'
import { describe, expect, it } from 'vitest'
import { batpak } from './support/run.ts'
import { tempDir } from './support/stores.ts'

const fixture = (name: string): string =>
  fileURLToPath(new URL(`../../../fixtures/platform/${name}`, import.meta.url))

describe('capture', () => {
  it('prints the profile of a directory: the bytes of JSON.stringify with two spaces', async () => {
    const dir = tempDir()
    const { code, bytes, err } = await batpak(['profile', 'capture', dir])
    const profile = profileFromEvidence(probe(dir))
    const complete = !Object.values(profile.admission).includes('Rejected')
    expect({ code, quiet: err === '' }).toEqual({ code: 0, quiet: complete })
    expect(bytes.toString()).toBe(`${JSON.stringify(profile, null, 2)}\n`)
    expect(readdirSync(dir)).toEqual([])
  })

  it('writes a file that everybody may read, and creates what is missing around it', async () => {
    const cwd = tempDir()
    const args = ['profile', 'capture', 'new/data', '--out', 'new/profiles/a.profile']
    const { code, out, err } = await batpak(args, { cwd })
    const bytes = readFileSync(join(cwd, 'new/profiles/a.profile'))
    const parsed = parseProfile(bytes)
    expect(parsed).toMatchObject({ ok: true })
    const fingerprint = parsed.ok ? parsed.profile.fingerprint_crc32 : 0
    expect({ code, out }).toEqual({
      code: 0,
      out: `captured new/profiles/a.profile, fingerprint ${fingerprint}\n`,
    })
    expect(err).toMatch(/created the directory new\/data/)
    expect(readdirSync(join(cwd, 'new/profiles'))).toEqual(['a.profile'])
    expect(lstatSync(join(cwd, 'new/profiles/a.profile')).mode & 0o044).not.toBe(0)
  })

  it('replaces a file only under --force, and then as a whole', async () => {
    const cwd = tempDir()
    const file = join(cwd, 'a.profile')
    writeFileSync(file, 'mine')
    const refused = await batpak(['profile', 'capture', '.', '--out', 'a.profile'], { cwd })
    expect(refused.code).toBe(1)
    expect(refused.err).toMatch(/exists already[^]*--force/)
    expect(readFileSync(file, 'utf8')).toBe('mine')
    const before = lstatSync(file).ino
    const forced = await batpak(['profile', 'capture', '.', '--out', 'a.profile', '--force'], {
      cwd,
    })
    expect(forced.code).toBe(0)
    expect(parseProfile(readFileSync(file))).toMatchObject({ ok: true })
    expect(lstatSync(file).ino).not.toBe(before)
    expect(readdirSync(cwd)).toEqual(['a.profile'])
  })

  it('never writes through a symbolic link', async () => {
    const cwd = tempDir()
    writeFileSync(join(cwd, 'target'), 'mine')
    symlinkSync('target', join(cwd, 'link'))
    const { code } = await batpak(['profile', 'capture', '.', '--out', 'link', '--force'], { cwd })
    expect(code).toBe(1)
    expect(readFileSync(join(cwd, 'target'), 'utf8')).toBe('mine')
  })

  it('under --json wraps the profile', async () => {
    const cwd = tempDir()
    const { out } = await batpak(['profile', 'capture', '.', '--json'], { cwd })
    expect(JSON.parse(out)).toMatchObject({
      schema: 'batpak.cli/profile-capture@1',
      ok: true,
      dir: '.',
      file: null,
      profile: { schema_version: 1, store_path: { path_status: 'ObservedDirectory' } },
    })
  })

  it('refuses a file in place of the directory', async () => {
    const cwd = tempDir()
    writeFileSync(join(cwd, 'file'), '')
    expect((await batpak(['profile', 'capture', 'file'], { cwd })).code).toBe(10)
  })

  it('warns of what the host does not admit, and captures it all the same', async () => {
    const { code, err, out } = await batpak(['profile', 'capture', tempDir()], {
      env: { BATPAK_MMAP: 'off' },
    })
    expect(code).toBe(0)
    expect(err).toMatch(/^warning: .*does not admit mmapIndex, sealedSegmentMmap/)
    expect(JSON.parse(out)).toMatchObject({ admission: { mmap_index: 'Rejected' } })
  })
})

describe('verify', () => {
  it('is content with the host that was captured', async () => {
    const cwd = tempDir()
    mkdirSync(join(cwd, 'data'))
    await batpak(['profile', 'capture', 'data', '--out', 'a.profile'], { cwd })
    const { code, out } = await batpak(['profile', 'verify', 'a.profile', 'data'], { cwd })
    expect(code).toBe(0)
    expect(out).toMatch(/^a\.profile matches data, fingerprint \d+\n$/)
  })

  it('lists every difference, and exits with 12', async () => {
    const cwd = tempDir()
    await batpak(['profile', 'capture', 'data', '--out', 'a.profile'], {
      cwd,
      env: { BATPAK_MMAP: 'off' },
    })
    const args = ['profile', 'verify', 'a.profile', 'gone']
    const { code, out } = await batpak([...args, '--json'], { cwd, env: { BATPAK_MMAP: 'off' } })
    expect(code).toBe(12)
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      differences: [
        {
          path: 'store_path.path_status',
          expected: 'ObservedDirectory',
          observed: 'UnknownMissing',
        },
        { path: 'store_path.mmap_index', expected: 'ObservedUnsupported', observed: 'Unknown' },
        {
          path: 'store_path.sealed_segment_mmap',
          expected: 'ObservedUnsupported',
          observed: 'Unknown',
        },
      ],
    })
    const text = await batpak(args, { cwd, env: { BATPAK_MMAP: 'off' } })
    expect(text.out).toMatch(
      /^FIELD +PROFILE +HERE\nstore_path\.path_status +ObservedDirectory +UnknownMissing\n/,
    )
    expect(text.out).toMatch(/a\.profile does not match gone\n$/)
    expect(text.err).toBe('note: gone is no directory that can be examined: check the path\n')
    expect(existsSync(join(cwd, 'gone'))).toBe(false)
  })

  it('of a directory that is there names the command that accepts the change', async () => {
    const cwd = tempDir()
    mkdirSync(join(cwd, 'data'))
    const file = fixture('non_unix_best_effort_lock.profile')
    const { code, err } = await batpak(['profile', 'verify', file, 'data'], { cwd })
    expect(code).toBe(12)
    expect(err).toContain(`batpak profile capture data --out ${file} --force`)
  })

  it.each([
    ['missing', undefined, 'Io'],
    ['not JSON', '{not json', 'DecodeJson'],
    [
      'of another version',
      edited('"schema_version": 1', '"schema_version": 2'),
      'UnsupportedSchemaVersion',
    ],
    ['edited by hand', edited('UnixReadAt', 'LockedSeekRead'), 'FingerprintMismatch'],
  ])('refuses a profile that is %s, with its kind', async (_what, content, kind) => {
    const cwd = tempDir()
    if (content !== undefined) writeFileSync(join(cwd, 'a.profile'), content)
    for (const command of [
      ['verify', 'a.profile'],
      ['show', 'a.profile'],
      ['diff', 'a.profile', '.'],
    ]) {
      const { code, err } = await batpak(['profile', ...command], { cwd })
      expect(code).toBe(12)
      expect(err).toContain(`platform profile a.profile is invalid (${kind})`)
    }
  })
})

describe('show', () => {
  it('prints every field of a file', async () => {
    const { code, out } = await batpak(['profile', 'show', fixture('linux_basic.profile')])
    expect(code).toBe(0)
    expect(out).toMatch(/^store_path\.path_status +ObservedDirectory$/m)
    expect(out).toMatch(/^fingerprint_crc32 +198181094$/m)
  })

  it('prints what a directory would have now', async () => {
    const { out } = await batpak(['profile', 'show', tempDir(), '--json'])
    expect(JSON.parse(out)).toMatchObject({
      schema: 'batpak.cli/profile-show@1',
      source: 'directory',
      profile: { host: { monotonic_clock: 'ProcessLocalInstantAnchor' } },
    })
  })
})

describe('diff', () => {
  it('finds no difference between a profile and itself', async () => {
    const file = fixture('linux_basic.profile')
    const { code, out } = await batpak(['profile', 'diff', file, file])
    expect({ code, out }).toEqual({ code: 0, out: 'no differences, fingerprint 198181094\n' })
  })

  it('lists the fields of two systems, and exits with 12', async () => {
    const args = [fixture('linux_basic.profile'), fixture('non_unix_best_effort_lock.profile')]
    const { code, out } = await batpak(['profile', 'diff', ...args, '--json'])
    expect(code).toBe(12)
    expect(JSON.parse(out)).toMatchObject({
      ok: false,
      differences: [
        { path: 'store_path.parent_dir_sync', a: 'UnixFsync', b: 'RenameOnly' },
        { path: 'store_path.lock_leaf_symlink_protection' },
        { path: 'store_path.active_segment_read' },
        { path: 'admission.store_lock' },
        { path: 'admission.parent_dir_sync' },
      ],
    })
  })
})

const root = process.getuid?.() === 0

it.skipIf(process.platform === 'win32')(
  'a file that may not be read is an invalid profile',
  async () => {
    const cwd = tempDir()
    chmodSync(cwd, 0o755)
    writeFileSync(join(cwd, 'a.profile'), '', { mode: 0 })
    const args = ['profile', 'verify', join(cwd, 'a.profile'), cwd]
    const { code, err } = await batpak(args, root ? { uid: 65534 } : {})
    expect(code).toBe(12)
    expect(err).toMatch(/\(Io\).*EACCES/)
  },
)

function edited(from: string, to: string): string {
  return readFileSync(fixture('linux_basic.profile'), 'utf8').replace(from, to)
}
