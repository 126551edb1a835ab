import { openAftercare } from "./aftercare.ts";
import type { BenchCluster } from "./database.ts";
import { makePeople } from "./people.ts";
import type { Profiled } from "./profile.ts";
import { openSocketIo } from "./socketio.ts";
import { alternate, type Bench, type Contender, connect, summarise, type WorkloadResult } from "./workload.ts";

const writers = 8;
const window = 32;
const plans = {
  quick: { warmMs: 500, measureMs: 2_000, rounds: 2 },
  full: { warmMs: 2_000, measureMs: 10_000, rounds: 3 },
};

const everyone = Array.from({ length: writers }, (_, index) => index);
export const profiledW5: Profiled = {
  people: () => makePeople(1, writers),
  loads: { saturated: (load) => load.closed(everyone, window, { warmMs: 3_000, measureMs: 8_000 }) },
};

/** One hot conversation: eight writers, each with 32 sends in the air; everyone is shown everything. */
export async function runW5(bench: Bench, cluster: BenchCluster): Promise<WorkloadResult> {
  const plan = plans[bench.quick ? "quick" : "full"];
  const people = makePeople(1, writers);
  const sides = [
    await openAftercare(await cluster.database("w5_aftercare")),
    await openSocketIo(await cluster.database("w5_socketio")),
  ];
  try {
    const contenders: Contender[] = [];
    for (const side of sides) contenders.push(await connect(bench, side, people));
    // The first round only warms the compilers.
    const rounds = await alternate(
      contenders,
      plan.rounds + 1,
      (one) => one.load.closed(everyone, window, plan),
      bench,
    );
    const steps = rounds.map((some) => some.slice(1));
    const results = [];
    for (const [index, { side, load, residentBytesPerConnection }] of contenders.entries())
      results.push({
        workload: "W5",
        side: side.name,
        durability: side.durability,
        ...summarise(steps[index] ?? []),
        residentBytesPerConnection,
        checker: await load.check(people),
      });
    const [us, peer] = results;
    if (!us || !peer) throw new Error("a side is missing");
    const ratios = {
      cpuPerAcked: { [peer.side]: peer.cpuSecondsPer1000Acked / us.cpuSecondsPer1000Acked },
      acked: { [peer.side]: us.ackedPerSecond / peer.ackedPerSecond },
    };
    const notes = ["eight connections say nothing about memory per connection: W2 does"];
    return { sides: results, ratios: { workload: "W5", ratios }, notes };
  } finally {
    for (const side of sides) {
      side.disconnect();
      await side.close();
    }
  }
}
