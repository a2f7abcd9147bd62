/** What a write under a fence returns: a receipt that counts once the fence is published. */
import { StoreError } from '../errors.ts'
import type { FenceState, OpenFence } from './open-fence.ts'

export interface PendingReceipt<R> {
  readonly state: FenceState
  /**
   * @throws StoreError `FencePending` before the fence is published, `VisibilityFenceCancelled` after
   *   it was cancelled
   */
  receipt(): R
}

/** @param lastSequence below the fence's first one for a replay of what was visible before it */
export function pendingReceipt<R>(
  fence: OpenFence,
  receipt: R,
  lastSequence: number,
): PendingReceipt<R> {
  const state = (): FenceState => (lastSequence < fence.start ? 'published' : fence.state)
  return Object.freeze({
    get state(): FenceState {
      return state()
    },
    receipt(): R {
      if (state() === 'published') return receipt
      throw new StoreError(state() === 'pending' ? 'FencePending' : 'VisibilityFenceCancelled', {})
    },
  })
}
