// Documents that list what the packages have: they must list all of it, and nothing else.
import { finding } from './project.mjs'

const MAP = 'ARCHITECTURE.md'

/** A package with more than its root entry has a table of entries in its README, equal to `exports`. */
export function* readmeEntries(project) {
  for (const { name, manifest } of project.packages.values()) {
    const file = `packages/${name}/README.md`
    if (!project.files.includes(file)) continue
    const text = project.text(file)
    const subpaths = Object.keys(manifest.exports ?? {}).filter((path) => path !== './package.json')
    const exported = subpaths.map((path) => `${manifest.name}${path.slice(1)}`)
    const section = /^## Entries\n([^]*?)(?=^## |$(?![^]))/m.exec(text)
    if (!section) {
      if (subpaths.every((path) => path === '.')) continue
      yield finding('entries', file, 'has no section "Entries"', `list ${exported.join(', ')}`)
      continue
    }
    const rows = [...section[1].matchAll(/^\| `([^`]+)`/gm)].map(([, entry]) => entry)
    for (const entry of exported.filter((one) => !rows.includes(one))) {
      yield finding('entries', file, `does not list ${entry}`, 'add its row', text, section.index)
    }
    for (const entry of rows.filter((one) => !exported.includes(one))) {
      const fix = 'remove the row, or export it'
      yield finding(
        'entries',
        file,
        `lists ${entry}, which is not exported`,
        fix,
        text,
        section.index,
      )
    }
  }
}

/** The README of a package is also a page of a registry, where nothing lies beside the package. */
export function* packageLinks(project) {
  for (const name of project.packages.keys()) {
    const file = `packages/${name}/README.md`
    if (!project.files.includes(file)) continue
    const text = project.text(file)
    for (const { 1: target, index } of text.matchAll(/\]\((\.\.\/[^)]*)\)/g)) {
      const fix = 'name the file of the repository in words'
      yield finding('link', file, `link ${target} leaves the package`, fix, text, index)
    }
  }
}

/** The map names every folder of core, where a newcomer looks first. */
export function* mappedFolders(project) {
  if (!project.files.includes(MAP)) return
  const text = project.text(MAP)
  const folders = project.files.map((file) => /^packages\/core\/src\/([^/]+)\//.exec(file)?.[1])
  for (const folder of new Set(folders.filter(Boolean))) {
    if (new RegExp(`(?<![\\w/-])${folder}/(?=\\s)`).test(text)) continue
    const fix = 'say in its tree what the folder holds'
    yield finding('map', MAP, `does not name packages/core/src/${folder}`, fix)
  }
}
