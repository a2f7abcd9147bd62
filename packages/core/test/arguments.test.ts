/** Arguments of the wrong type: a TypeError that names the argument, nothing half done. */
import { nodePlatform } from '@batpak/platform'
import { expect, it } from 'vitest'
import { DagPosition, EventId, findKindCollisions, kindParts } from '../src/index.ts'
import {
  listStoreFiles,
  readArtifacts,
  readFrame,
  readFrames,
  readSegmentInfo,
  verifyDirectory,
} from '../src/inspect.ts'
import { installHooks } from '../src/testing.ts'
import { openStore } from './support/api-store.ts'

const wrong = undefined as never
const { fs } = nodePlatform()

it.each<readonly [what: string, call: () => unknown, named: RegExp]>([
  ['kindParts', () => kindParts('x' as never), /kindParts/],
  ['DagPosition.of', () => DagPosition.of(3 as never), /wallMs/],
  ['findKindCollisions', () => findKindCollisions(3 as never), /types/],
  ['listStoreFiles', () => listStoreFiles(wrong, '.'), /fs/],
  ['listStoreFiles', () => listStoreFiles(fs, 3 as never), /dir/],
  ['readArtifacts', () => readArtifacts({} as never, '.', []), /fs/],
  ['readSegmentInfo', () => readSegmentInfo(wrong, '.', 1), /fs/],
  ['readSegmentInfo', () => readSegmentInfo(fs, '.', -1), /segmentId/],
  ['readFrame', () => readFrame(wrong, '.', 1, 0), /fs/],
  ['readFrames', () => [...readFrames(wrong, '.', 1)], /fs/],
  ['verifyDirectory', () => [...verifyDirectory(wrong, '.')], /fs/],
  ['verifyDirectory', () => [...verifyDirectory(fs, '.', { lvl: 'full' } as never)], /level/],
  ['installHooks', () => installHooks(3 as never), /hooks/],
  ['group', () => openStore().group(5 as never), /function/],
])('%s', (_, call, named) => {
  expect(call).toThrow(TypeError)
  expect(call).toThrow(named)
})

it('an id that is none is a RangeError that says so', () => {
  expect(() => EventId.fromHex(3 as never)).toThrow(/an id must be 32/)
})
