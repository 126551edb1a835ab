import * as browser from "./browser.ts";
import * as bus from "./bus.ts";
import * as database from "./database.ts";
import type { Fault } from "./fault.ts";
import { killExternalFault, killFault, killMidBatchFault } from "./kill.ts";
import * as links from "./links.ts";
import * as nodes from "./nodes.ts";

export const faults: readonly Fault[] = [
  killFault,
  killExternalFault,
  killMidBatchFault,
  database.killPostgresAfterCommitFault,
  database.postgresRestartFault,
  database.slowDiskFault,
  database.fullDiskFault,
  database.connectionLimitFault,
  database.rowLockFault,
  bus.busCutFault,
  bus.busDuplicatedFault,
  bus.busReorderedFault,
  bus.busDownMinuteFault,
  nodes.sameIdTwoNodesFault,
  nodes.rollingRestartFault,
  nodes.drainDeadlineFault,
  nodes.resumeOtherNodeFault,
  nodes.clockJumpFault,
  links.reconnectStormFault,
  links.slowConsumerFault,
  links.halfOpenFault,
  links.flappingClientFault,
  links.resumeAfterWindowFault,
  links.outOfDescriptorsFault,
  browser.twoTabsFault,
  browser.browserKilledFault,
  browser.browserQuotaFault,
];
