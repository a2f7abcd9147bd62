/** The versions of this program and of what it reads and writes. */
import { readFileSync } from 'node:fs'

export interface Versions {
  readonly batpak: string
  readonly node: string
  readonly formats: {
    readonly segment: number
    readonly footer: string
    readonly mmapIndex: number
    readonly checkpoint: number
    readonly hiddenRanges: number
    readonly platformProfile: number
  }
}

export function versions(): Versions {
  const manifest = readFileSync(new URL('../package.json', import.meta.url), 'utf8')
  const { version } = JSON.parse(manifest) as { readonly version: string }
  return {
    batpak: version,
    node: process.versions.node,
    formats: {
      segment: 1,
      footer: 'SDX2',
      mmapIndex: 5,
      checkpoint: 6,
      hiddenRanges: 1,
      platformProfile: 1,
    },
  }
}

export function versionText(): string {
  const { batpak, node, formats: f } = versions()
  return (
    `batpak ${batpak} (Node.js ${node})\n` +
    `formats: segment ${f.segment}, footer ${f.footer}, index.fbati ${f.mmapIndex}, ` +
    `index.ckpt ${f.checkpoint}, visibility_ranges.fbv ${f.hiddenRanges}, ` +
    `platform profile ${f.platformProfile}`
  )
}
