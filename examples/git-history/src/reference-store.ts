/** A store that the Rust implementation wrote, opened here as it is. */
import { cpSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { Store, type IndexEntry } from '@batpak/core'
import { checkChains, type ChainCheck } from './check.ts'

export interface ReferenceCheck {
  readonly events: number
  /** Events whose id, sequence and hash are what the Rust implementation says. */
  readonly agreeing: number
  readonly chains: ChainCheck
}

interface DumpedRow {
  readonly eventId: string
  readonly globalSequence: number
  readonly eventHash: string
}

/** Opens a copy of the store in `fixture`, so that the committed files stay as they are. */
export function checkReferenceStore(fixture: URL): ReferenceCheck {
  const copy = mkdtempSync(join(tmpdir(), 'batpak-demo-'))
  try {
    cpSync(fileURLToPath(new URL('store/', fixture)), copy, { recursive: true })
    const store = Store.openReadOnly({ dataDir: copy })
    try {
      const entries = [...store.entries()]
      const dump = JSON.parse(readFileSync(new URL('dump-rebuild.json', fixture), 'utf8')) as {
        readonly rows: readonly DumpedRow[]
      }
      const agreeing = entries.filter((entry, i) => agrees(entry, dump.rows[i])).length
      return { events: dump.rows.length, agreeing, chains: checkChains(store, entries) }
    } finally {
      store.close()
    }
  } finally {
    rmSync(copy, { recursive: true, force: true })
  }
}

function agrees(entry: IndexEntry, row: DumpedRow | undefined): boolean {
  return (
    row?.eventId === entry.eventId &&
    row.globalSequence === entry.sequence &&
    row.eventHash === Buffer.from(entry.eventHash).toString('hex')
  )
}
