/** The workloads: what is measured, and beside what. The first contender is this implementation. */
import {
  bareWrites,
  hashes,
  ours,
  oursUncollected,
  reference,
  referencePinned,
  signatures,
  type Measured,
} from './drivers.ts'

export interface Measurement {
  readonly key: string
  readonly title: string
  readonly unit: 'µs' | 'bytes'
  readonly contenders: readonly Contestant[]
  /** Makes the store of which every run gets a copy. */
  readonly prepare?: (dir: string) => unknown
}

interface Contestant {
  readonly name: string
  /** Runs in a directory of its own. */
  readonly run: (dir: string) => Measured
  readonly isReference?: true
}

const EVENTS = '100000'
const READS = '200000'
const SYNCED = '2000'
const BATCHES = '2000'

const itself = (run: Contestant['run']): Contestant => ({ name: 'batpak (this)', run })
const asItComes = (run: Contestant['run']): Contestant => ({
  name: 'reference, as it comes',
  run,
  isReference: true,
})
const pinned = (run: Contestant['run']): Contestant => ({
  name: 'reference, pinned to one core',
  run,
  isReference: true,
})

export const WORKLOADS: Readonly<Record<string, readonly Measurement[]>> = {
  append: [
    {
      key: 'append',
      title: `append, page cache, ${EVENTS} events of 197 bytes`,
      unit: 'µs',
      contenders: [
        itself((dir) => ours('append', dir, EVENTS)),
        pinned((dir) => referencePinned('append', dir, EVENTS)),
        asItComes((dir) => reference('append', dir, EVENTS)),
        { name: 'bare pwrite of the same bytes', run: (dir) => bareWrites('page', dir, EVENTS) },
      ],
    },
    {
      key: 'append-p99',
      title: `append, page cache: 99th percentile of ${EVENTS} calls`,
      unit: 'µs',
      contenders: [
        itself((dir) => ours('p99', dir, EVENTS)),
        pinned((dir) => referencePinned('p99', dir, EVENTS)),
        asItComes((dir) => reference('p99', dir, EVENTS)),
      ],
    },
    {
      key: 'append-allocation',
      title: 'append: allocated on the JavaScript heap per call',
      unit: 'bytes',
      contenders: [itself((dir) => oursUncollected('allocation', dir, '50000'))],
    },
  ],
  batch: [
    {
      key: 'batch',
      title: `batches of 100 events, each batch synced (fsync): per event, ${BATCHES} batches`,
      unit: 'µs',
      contenders: [
        itself((dir) => ours('batch', dir, BATCHES)),
        pinned((dir) => referencePinned('batch', dir, BATCHES)),
        asItComes((dir) => reference('batch', dir, BATCHES)),
      ],
    },
  ],
  durable: [
    {
      key: 'durable',
      title: `append, each on the disk before it returns (fdatasync), ${SYNCED} events`,
      unit: 'µs',
      contenders: [
        itself((dir) => ours('durable', dir, SYNCED)),
        asItComes((dir) => reference('durable', dir, SYNCED)),
        {
          name: 'bare pwrite + fdatasync of the same bytes',
          run: (dir) => bareWrites('durable', dir, SYNCED),
        },
      ],
    },
  ],
  sign: [
    {
      key: 'sign',
      title: 'append with a signed receipt (Ed25519), 20000 events',
      unit: 'µs',
      contenders: [
        itself((dir) => ours('signed', dir, '20000')),
        { name: 'the same without signing', run: (dir) => ours('append', dir, '20000') },
        { name: 'crypto.sign alone', run: () => signatures('20000') },
      ],
    },
  ],
  rebuild: [
    {
      key: 'rebuild',
      title: `open after a kill: frame scan of ${EVENTS} events`,
      unit: 'µs',
      prepare: (dir) => ours('append', dir, EVENTS, 'kill'),
      contenders: [
        itself((dir) => ours('open', dir)),
        asItComes((dir) => reference('open', dir, '0')),
      ],
    },
  ],
  get: [
    {
      key: 'get',
      title: `get of a random event of ${EVENTS}, payload decoded`,
      unit: 'µs',
      prepare: (dir) => ours('append', dir, EVENTS),
      contenders: [
        itself((dir) => ours('get', dir, READS)),
        asItComes((dir) => reference('get', dir, READS)),
      ],
    },
  ],
  cursor: ['1', '16', '64', '256'].map((size) => ({
    key: `cursor-${size}`,
    title: `cursor over ${EVENTS} events: a batch of ${size}`,
    unit: 'µs',
    prepare: (dir) => ours('append', dir, EVENTS),
    contenders: [
      itself((dir) => ours('cursor', dir, '20000', size)),
      asItComes((dir) => reference('cursor', dir, '60', size)),
    ],
  })),
  fanout: [
    ...['1', '10', '100'].map((subscribers): Measurement => ({
      key: `fanout-${subscribers}`,
      title: `append with ${subscribers} subscribers, 10000 events`,
      unit: 'µs',
      contenders: [
        itself((dir) => ours('fanout', dir, '10000', subscribers)),
        pinned((dir) => referencePinned('fanout', dir, '10000', subscribers)),
        asItComes((dir) => reference('fanout', dir, '10000', subscribers)),
      ],
    })),
    ...['1', '10'].map((subscribers): Measurement => ({
      key: `drain-${subscribers}`,
      title: `reading one event of a subscription, ${subscribers} of them`,
      unit: 'µs',
      contenders: [
        itself((dir) => ours('drain', dir, '10000', subscribers)),
        pinned((dir) => referencePinned('drain', dir, '10000', subscribers)),
      ],
    })),
  ],
  hashes: [
    ...['200', '4096', '65536'].map((size) =>
      candidates(`BLAKE3 of ${size} bytes`, `blake3-${size}`, size, [
        'blake3-jit',
        'hash-wasm',
        '@noble/hashes',
      ]),
    ),
    ...['200', '700', '65536'].map((size) =>
      candidates(`CRC-32 of ${size} bytes`, `crc32-${size}`, size, ['node:zlib', 'crc-32']),
    ),
  ],
}

function candidates(
  title: string,
  key: string,
  size: string,
  names: readonly string[],
): Measurement {
  return {
    key,
    title,
    unit: 'µs',
    contenders: names.map((name, i) => ({
      name: i === 0 ? `${name} (this)` : name,
      run: () => hashes(name, size),
    })),
  }
}
