/** Entry `@batpak/testkit`: harnesses that prove a store, and the machine to run them on. */
export { openLaneSuite } from './open-lane/open-lane-suite.ts'
export type { OpenLaneOptions, TestFunction } from './open-lane/open-lane-suite.ts'
export { runOpenLane } from './open-lane/run-open-lane.ts'
export type {
  LaneApp,
  LaneConfig,
  LaneEnv,
  LaneObservation,
  LaneStore,
  OpenedObservation,
} from './open-lane/run-open-lane.ts'
export { expectOpen } from './open-lane/expect-open.ts'
export { checkLane } from './open-lane/check-lane.ts'
export { LANE_STATES } from './open-lane/lane-spec.ts'
export type {
  DirSpec,
  Expectation,
  LaneMode,
  LaneSpec,
  LaneState,
  ProfileSpec,
} from './open-lane/lane-spec.ts'
export type { RecordedCall } from './open-lane/recorded-platform.ts'
export { LawViolation } from './core/law.ts'
export type { Breach, Json, JsonObject, LawId, Program } from './core/law.ts'
export type { Report } from './core/report.ts'
export { defineHost } from './host/host-spec.ts'
export type {
  ClaimedEvidence,
  FaultRule,
  FsCall,
  HostBehaviour,
  HostDefinition,
  HostLayout,
  HostSpec,
} from './host/host-spec.ts'
export type { HostName } from './host/presets.ts'
export { simPlatform } from './sim/sim-platform.ts'
export type { SimOptions, SimPlatform } from './sim/sim-platform.ts'
export { simClock } from './sim/sim-clock.ts'
export type { SimClock, SimClockOptions } from './sim/sim-clock.ts'
export { simIds } from './sim/sim-ids.ts'
export { SimDisk } from './sim/sim-disk.ts'
export type { SimTree } from './sim/sim-disk.ts'
export type { DiskOp } from './sim/inode.ts'
export type { DiskDiff, DiskSnapshot, SnapshotEntry } from './sim/snapshot.ts'
export { profileFixture } from './fixtures/profile-fixture.ts'
export type { ProfileBase, ProfileFixture, ProfileFixtureSpec } from './fixtures/profile-fixture.ts'
export { crashSuite } from './crash/crash-suite.ts'
export type { CrashOptions, CrashReport } from './crash/crash-suite.ts'
export type { CrashApp, CrashEnv } from './crash/session.ts'
export type { CrashBudget } from './crash/crash-story.ts'
export type { Scenario } from './crash/scenario.ts'
export type { PersistenceModel } from './sim/persistence.ts'
export { faultSweep } from './crash/fault-sweep.ts'
export type { FaultReport, FaultSweepOptions } from './crash/fault-sweep.ts'
export type { FaultCall, FaultError, FaultPlan, ShortTransfer } from './sim/fault-plan.ts'
export type { KnownDefect } from './crash/tally.ts'
export { replayProgram } from './crash/replay-program.ts'
export type { MachineStep, ProgramResult } from './crash/replay-program.ts'
export type { StoreStep } from './crash/program.ts'
/** The generator of arguments: the same copy that the suites use. */
export { default as fc } from 'fast-check'
export { storeSuite } from './model/store-suite.ts'
export type { StoreReport, StoreSuiteOptions } from './model/store-suite.ts'
export { appCommand } from './model/command.ts'
export type { AppCommandOptions, Command } from './model/command.ts'
export type { CallOutcome } from './model/outcome.ts'
export type { GateCheck, GateChecks } from './model/gate-checks.ts'
export type { ModelApp, ModelConfig, ModelEnv } from './model/world.ts'
export type { ModelOptions } from './model/model.ts'
export { reactorLaws } from './delivery/reactor-laws.ts'
export type { ReactorLawOptions } from './delivery/reactor-laws.ts'
export type { ReactorSpec } from './delivery/reactor-life.ts'
export { given } from './delivery/given-event.ts'
export type { GivenEvent } from './delivery/given-event.ts'
