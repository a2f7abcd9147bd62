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

export function pendingReceipt<R>(fence: OpenFence, receipt: R): PendingReceipt<R> {
  return Object.freeze({
    get state(): FenceState {
      return fence.state
    },
    receipt(): R {
      if (fence.state === 'published') return receipt
      throw new StoreError(
        fence.state === 'pending' ? 'FencePending' : 'VisibilityFenceCancelled',
        {},
      )
    },
  })
}
