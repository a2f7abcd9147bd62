/** Entry `@batpak/core/testing`: what only tests may do to a store. */
import { abandonStore } from './lifecycle/close.ts'
import { OPENED, type Store } from './store.ts'

/**
 * Ends a store as batpak 0.8.0 does when it is dropped: footer and sync, but no CLOSE event. The lock
 * is released.
 */
export function abandon(store: Store): void {
  const opened = OPENED.get(store)
  if (opened === undefined) throw new TypeError('abandon: expected a store of Store.open')
  abandonStore(opened)
}
