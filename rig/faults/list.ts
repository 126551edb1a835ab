import * as database from "./database.ts";
import type { Fault } from "./fault.ts";
import { killExternalFault, killFault, killMidBatchFault } from "./kill.ts";

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
];
