/// <reference lib="esnext.disposable" preserve="true" />
/** Entry `@batpak/core/delivery`: what handlers of workers and reactors are made of. */
export { Fail, fail, reaction } from './delivery/reaction.ts'
export type { Reaction, ReactionHandler, ReactionOutbox } from './delivery/reaction.ts'
export { AtLeastOnce, ObservedOnce } from './delivery/witness.ts'
export type { WorkerHandle } from './delivery/loop.ts'
export type { ReactorOptions } from './delivery/reactor.ts'
export type { RestartPolicy } from './delivery/restart-budget.ts'
export type {
  WorkerContext,
  WorkerHandler,
  WorkerOptions,
  WorkerVerdict,
} from './delivery/worker.ts'
