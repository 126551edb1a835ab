import { busContract } from "../../rig/contract/bus.ts";
import { createLocalBus } from "./bus.ts";

// One node: both ends are the same bus.
busContract("of a single node", async () => {
  const bus = createLocalBus();
  return { nodes: [bus, bus], close: () => bus.close() };
});
