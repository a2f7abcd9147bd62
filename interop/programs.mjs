// Random sessions for either side: what is written, how the process ends, what the crash leaves.

import { append, batch, denial, item, key, op } from './steps.mjs'

const ENTITIES = ['order:1', 'order:2', 'customer:7', 'café:é', 'x'.repeat(300)]
/** Never under a fence: their clocks are the same on both sides, so that they can be expected. */
const SOLO = ['solo:1', 'solo:2', 'solo:3']
const SEEDS = ['07', '09', '0b'].map((byte) => byte.repeat(32))

/** Years back and years ahead: later sessions must keep the order of time (W-39). */
const CLOCKS = [1_700_000_000_000_000, 1_700_000_000_000_000, 4_000_000_000_000_000]

/** Points at which a process dies in its last write; only the last three leave it whole. */
const BATCH_POINTS = ['BatchStart', 'BatchBeginWritten', 'BatchItemWritten', 'BatchItemsComplete']
const WHOLE_POINTS = ['BatchCommitWritten', 'BatchFsync', 'BatchPrePublish']
const SINGLE_POINTS = ['SingleAppendStart', 'SingleAppendWritten', 'SingleAppendPublished']

/**
 * One session of `side`. Each planned step has `expect`, what its result must be, and `writes`: the
 * numbers of the events that it adds.
 */
export function session(random, world, side) {
  const plan = []
  const local = { random, world, side, plan, touched: new Map(), ended: false }
  const count = random.between(2, 9)
  for (let i = 0; i < count; i += 1) {
    const act = random.weighted({
      single: 5,
      batch: 4,
      denial: 2,
      swap: 2,
      replay: 3,
      reuse: 1,
      fence: 2,
      refused: 1,
      failed: side === 'typescript' ? 1 : 0,
      sync: 1,
    })
    ACTS[act](local)
  }
  const end = ending(local)
  const keys = SEEDS.slice(0, random.below(SEEDS.length + 1))
  const config = {
    signingKeys: keys,
    ...(random.odds(0.4) ? { segmentMaxBytes: random.between(600, 6000) } : {}),
    ...(random.odds(0.3) ? { syncEveryNEvents: random.between(1, 3) } : {}),
    ...(random.odds(0.3) ? { mmapIndex: false } : {}),
    ...(random.odds(0.25)
      ? { clock: { startUs: random.pick(CLOCKS), stepUs: random.below(900) } }
      : {}),
  }
  return { side, config, plan, end }
}

const push = (local, step, more) => local.plan.push({ step, ...more })

function eventOptions({ random, world }, keyed) {
  const n = (world.next += 1)
  const options = {}
  if (keyed) options.key = key(n)
  if (random.odds(0.3)) options.causation = cause(random, world)
  if (random.odds(0.3)) options.correlation = key(random.between(1, 5000))
  if (random.odds(0.2)) options.lane = random.below(5)
  if (random.odds(0.2)) options.depth = random.pick([0, 1, 4294967295])
  if (random.odds(0.2)) options.flags = random.below(256)
  if (random.odds(0.3)) options.extensions = extensions(random)
  if (random.odds(0.2)) options.kind = random.pick([0x1000, 0xffff, 0xd001, 0xb123])
  if (random.odds(0.2)) options.scope = random.pick(['other', 'ж'])
  return { n, options: forProductKind(n, options) }
}

/** Effect kinds have no event type: their payload goes as bytes. */
function forProductKind(n, options) {
  if (options.kind !== 0xd001) return options
  return { ...options, payload: `81a16ece${n.toString(16).padStart(8, '0')}` }
}

function cause(random, world) {
  const known = [...world.events.values()].filter((event) => event.id)
  return known.length > 0 && random.odds(0.7) ? random.pick(known).id : key(99_000)
}

function extensions(random) {
  const bytes = Buffer.from(Array.from({ length: random.below(40) }, () => random.below(256)))
  return { [random.pick(['app.a', 'app.b', 'z.z'])]: bytes.toString('hex') }
}

const ACTS = {
  single(local) {
    const { n, options } = eventOptions(local, local.random.odds(0.6))
    if (local.side === 'rust' && options.payload) {
      // Not canonical, so the reference takes it in a batch only.
      push(local, batch([item(n, local.random.pick(ENTITIES), options)]), { writes: [n] })
    } else push(local, append(n, local.random.pick(ENTITIES), options), { writes: [n] })
  },

  batch(local) {
    const { step, writes } = randomBatch(local)
    push(local, step, { writes })
  },

  denial(local) {
    const { random, world } = local
    const n = (world.next += 1)
    const options = random.odds(0.5) ? { key: key(n) } : {}
    if (random.odds(0.4)) options.extensions = extensions(random)
    if (random.odds(0.3)) options.gates = []
    push(local, denial(n, random.pick(ENTITIES), options), { writes: [n] })
  },

  /** Compare-and-swap: right or wrong, on an entity that only this touches. */
  swap(local) {
    const { random, world, touched } = local
    const entity = random.pick(SOLO)
    const head = touched.get(entity) ?? world.heads.get(entity) ?? -1
    if (random.odds(0.3)) {
      const near = head > 0 && random.odds(0.5) ? head - 1 : head + 1
      const step = append(world.next + 1, entity, { cas: head < 0 ? 1 : near })
      push(local, step, { expect: 'SequenceMismatch', writes: [] })
      return
    }
    const n = (world.next += 1)
    touched.set(entity, head + 1)
    const step = append(n, entity, { cas: head < 0 ? 'empty' : head, key: key(n) })
    push(local, step, { writes: [n] })
    // A retry: D-6.
    if (random.odds(0.3)) {
      const expect = local.side === 'rust' && head >= 0 ? 'SequenceMismatch' : undefined
      push(local, step, { expect, writes: [], repeats: expect ? undefined : [n] })
    }
  },

  /** A known key, with other content, as another form of write. */
  replay(local) {
    const { random, world } = local
    const known = [...world.events.entries()].filter(
      ([n, e]) => e.state === 'seen' && e.id === key(n),
    )
    if (known.length === 0) return
    const [n] = random.pick(known)
    const [m] = random.pick(known)
    const form = random.pick(['single', 'batch', 'denial', 'two'])
    const entity = random.pick(ENTITIES)
    if (form === 'two' && n !== m) {
      const items = [n, m].map((one) => item(one, entity, { key: key(one) }))
      push(local, batch(items), { writes: [], repeats: [n, m] })
      return
    }
    const steps = {
      single: append(n, entity, { key: key(n), scope: 'elsewhere' }),
      denial: denial(n, entity, { key: key(n), gates: [] }),
    }
    push(local, steps[form] ?? batch([item(n, entity, { key: key(n) })]), {
      writes: [],
      repeats: [n],
    })
  },

  /** The key of an event that was cancelled or lost is free (W-68). */
  reuse(local) {
    const { random, world } = local
    const gone = [...world.events].filter(([, event]) => event.state === 'gone' && !event.reused)
    if (gone.length === 0) return
    const [old, event] = random.pick(gone)
    event.reused = true
    const n = (world.next += 1)
    push(local, append(n, random.pick(ENTITIES), { key: key(old) }), { writes: [n] })
  },

  fence(local) {
    const { random } = local
    push(local, op('fence'), { writes: [] })
    const writes = []
    for (let i = random.between(0, 4); i > 0; i -= 1) fencedWrite(local, writes)
    if (random.odds(0.3)) {
      const beside = append(0, ENTITIES[0], { unfenced: true })
      push(local, beside, { expect: 'VisibilityFenceActive', writes: [] })
    }
    const published = random.odds(0.6)
    push(local, op(published ? 'commit' : 'cancel'), {
      writes: published ? writes : [],
      hides: published ? [] : writes,
    })
  },

  refused(local) {
    const { random, world } = local
    const known = [...world.events].find(
      ([n, event]) => event.state === 'seen' && event.id === key(n),
    )
    const one = item(98_001, 'a', { key: key(98_001) })
    const choices = [
      [batch([one, item(98_002, 'a')]), 'IdempotencyPartialBatch'],
      [batch([item(98_001, 'a', { cas: 0 })]), 'BatchFailed'],
    ]
    if (known) {
      choices.push([
        batch([one, item(known[0], 'a', { key: key(known[0]) })]),
        'IdempotencyPartialBatch',
      ])
    }
    const [step, expect] = random.pick(choices)
    push(local, step, { expect, writes: [] })
  },

  /** Ours only: the reference leaves an open BEGIN behind a failed batch (D-4). */
  failed(local) {
    const { random } = local
    const at = random.pick([...BATCH_POINTS, 'BatchCommitWritten', 'SingleAppendWritten'])
    push(local, op('arm', { at, do: 'fail' }), { writes: [] })
    if (at === 'SingleAppendWritten') {
      push(local, append(98_003, 'a'), { expect: 'any', writes: [] })
    } else push(local, randomBatch(local).step, { expect: 'any', writes: [] })
  },

  sync(local) {
    push(local, op('sync'), { writes: [] })
  },
}

function randomBatch(local) {
  const { random } = local
  const keyed = random.odds(0.6)
  const writes = []
  const items = Array.from({ length: random.between(1, 5) }, (_, i) => {
    const { n, options } = eventOptions(local, keyed)
    writes.push(n)
    if (i > 0 && random.odds(0.5)) {
      options.prior = random.below(i)
      delete options.causation
    }
    return item(n, random.pick(ENTITIES), options)
  })
  const react = random.odds(0.25)
  const reaction = { correlation: key(random.below(500)), causation: key(random.between(1, 500)) }
  return { step: batch(items, react ? { reaction } : {}), writes }
}

/** Under a fence the reference's single append takes no options (D-24). */
function fencedWrite(local, writes) {
  const { random, world, side } = local
  if (random.odds(0.5)) {
    const { step, writes: numbers } = randomBatch(local)
    const { reaction: _none, ...rest } = step
    writes.push(...numbers)
    push(local, rest, { writes: [], pending: true })
    return
  }
  const n = (world.next += 1)
  writes.push(n)
  const options = side === 'typescript' && random.odds(0.5) ? { key: key(n), flags: 9 } : {}
  push(local, append(n, random.pick(ENTITIES), options), { writes: [], pending: true })
}

/** The last step: an orderly end, a kill, a kill in a write, or an end with a fence open. */
function ending(local) {
  const { random } = local
  const how = random.weighted({ close: 4, drop: 2, exit: 3, inWrite: 3, openFence: 2 })
  if (how === 'openFence') {
    push(local, op('fence'), { writes: [] })
    const writes = []
    for (let i = random.between(1, 3); i > 0; i -= 1) fencedWrite(local, writes)
    // The reference only queues: the sync waits for the file.
    push(local, op('sync'), { writes: [] })
    const end = random.pick(['close', 'drop', 'exit'])
    push(local, op(end), end === 'exit' ? { writes } : { writes: [], hides: writes })
    return { how, end }
  }
  if (how !== 'inWrite') {
    push(local, op(how), { writes: [] })
    return { how, end: how }
  }
  if (random.odds(0.5)) {
    const at = random.pick(SINGLE_POINTS)
    push(local, op('arm', { at, do: 'kill' }), { writes: [] })
    const { n, options } = eventOptions(local, true)
    delete options.payload
    delete options.kind
    const writes = at === 'SingleAppendStart' ? [] : [n]
    push(local, append(n, random.pick(ENTITIES), options), { writes, dies: true })
  } else {
    const at = random.pick([...BATCH_POINTS, ...WHOLE_POINTS])
    const { step, writes } = randomBatch(local)
    const index = at === 'BatchItemWritten' ? random.below(step.items.length) : undefined
    push(local, op('arm', { at, item: index, do: 'kill' }), { writes: [] })
    push(local, step, { writes: WHOLE_POINTS.includes(at) ? writes : [], dies: true })
  }
  return { how, end: 'exit' }
}
