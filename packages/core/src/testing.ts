/** Entry `@batpak/core/testing`: what only tests may do to a store. */
import { abandonStore } from './lifecycle/close.ts'
import { checkOptionNames } from './options.ts'
import { OPENED, type Store } from './store.ts'
import { setHooks, type TestHooks } from './testing/hooks.ts'

export type { InjectionPoint, PathMark, TestHooks } from './testing/hooks.ts'

/**
 * Ends a store as batpak 0.8.0 does when it is dropped: footer and sync, but no CLOSE event. The lock
 * is released.
 */
export function abandon(store: Store): void {
  const opened = OPENED.get(store)
  if (opened === undefined) throw new TypeError('abandon: expected a store of Store.open')
  abandonStore(opened)
}

/**
 * Lets `hooks` look into every store of this process, until what is returned is disposed of. Of
 * several the last one counts.
 */
export function installHooks(hooks: TestHooks): Disposable {
  checkOptionNames('hooks', hooks, HOOKS)
  const before = setHooks(hooks)
  return { [Symbol.dispose]: (): void => void setHooks(before) }
}

const HOOKS: ReadonlySet<string> = new Set(['inject', 'mark'])
