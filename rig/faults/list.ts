import type { Fault } from "./fault.ts";
import { killExternalFault, killFault, killMidBatchFault } from "./kill.ts";

export const faults: readonly Fault[] = [killFault, killExternalFault, killMidBatchFault];
