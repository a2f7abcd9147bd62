/**
 * Entities and scopes: every distinct string once, with the rows that carry it.
 *
 * A region's entity is a namespace prefix (`a` stands for `a`, `a:b`, `a:b:c`), so each namespace
 * keeps a posting list of its own: a prefix query then reads one list, as any other axis.
 */
import { PostingList } from './posting-list.ts'

export class EntityRecord {
  readonly name: string
  readonly id: number
  /** The rows of exactly this entity. */
  readonly rows: PostingList = new PostingList()
  /** The lists of the namespaces it stands in, its own included. */
  readonly namespaces: PostingList[] = []
  /** The newest row that is not cancelled: clock, chain and CAS continue from it. -1: none. */
  head = -1

  constructor(name: string, id: number) {
    this.name = name
    this.id = id
  }
}

export class ScopeRecord {
  readonly name: string
  readonly id: number
  readonly rows: PostingList = new PostingList()

  constructor(name: string, id: number) {
    this.name = name
    this.id = id
  }
}

export class Names {
  /** Slot 0 is the empty string, as in the index files. */
  readonly #texts: string[] = ['']
  readonly #ids = new Map<string, number>()
  readonly #entities = new Map<string, EntityRecord>()
  readonly #byId: (EntityRecord | undefined)[] = []
  readonly #scopes = new Map<string, ScopeRecord>()
  readonly #namespaces = new Map<string, PostingList>()

  text(id: number): string {
    return this.#texts[id]!
  }

  entity(name: string): EntityRecord | undefined {
    return this.#entities.get(name)
  }

  entityById(id: number): EntityRecord {
    return this.#byId[id]!
  }

  scope(name: string): ScopeRecord | undefined {
    return this.#scopes.get(name)
  }

  namespace(prefix: string): PostingList | undefined {
    return this.#namespaces.get(prefix)
  }

  #intern(text: string): number {
    let id = this.#ids.get(text)
    if (id === undefined) {
      id = this.#texts.length
      this.#texts.push(text)
      this.#ids.set(text, id)
    }
    return id
  }

  internEntity(name: string): EntityRecord {
    const known = this.#entities.get(name)
    if (known !== undefined) return known
    const record = new EntityRecord(name, this.#intern(name))
    this.#entities.set(name, record)
    this.#byId[record.id] = record
    for (let end = name.indexOf(':'); end >= 0; end = name.indexOf(':', end + 1)) {
      record.namespaces.push(this.#sharedNamespace(name.slice(0, end)))
    }
    const own = this.#namespaces.get(name)
    // Until an entity has descendants, its namespace list is its row list: nothing is kept twice.
    if (own === undefined) this.#namespaces.set(name, record.rows)
    else record.namespaces.push(own)
    return record
  }

  internScope(name: string): ScopeRecord {
    let record = this.#scopes.get(name)
    if (record === undefined) {
      record = new ScopeRecord(name, this.#intern(name))
      this.#scopes.set(name, record)
    }
    return record
  }

  /** The list of a namespace that is about to hold more than the entity of its own name. */
  #sharedNamespace(prefix: string): PostingList {
    const list = this.#namespaces.get(prefix)
    const owner = this.#entities.get(prefix)
    if (list !== undefined && list !== owner?.rows) return list
    const shared = owner === undefined ? new PostingList() : owner.rows.clone()
    this.#namespaces.set(prefix, shared)
    owner?.namespaces.push(shared)
    return shared
  }
}
