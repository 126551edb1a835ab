import { setTimeout as sleep } from "node:timers/promises";
import type { Fault, FaultRun } from "./fault.ts";
import type { FleetOptions } from "./fleet.ts";
import { trial } from "./trial.ts";

/** SIGKILL of the server and of PostgreSQL, again and again, while everybody talks. */
const kill = (run: FaultRun, options: Pick<FleetOptions, "database">) =>
  trial(run, { nodes: 1, ...options, pace: { pauseMs: 120 } }, async ({ fleet, load }) => {
    const { random, short, say } = run;
    const each = short ? 2 : 5;
    const victims = random.shuffled([...Array(each).fill("server"), ...Array(each).fill("postgres")] as const);
    for (const [index, victim] of victims.entries()) {
      await load.more(random.int(10, 40));
      // Not always at the same place of the write path.
      await sleep(random.unit() * 15);
      const how = random.weighted({ all: 6, postmaster: 2, backend: 2 });
      if (victim === "server") {
        await fleet.node(0).signal("SIGKILL");
        await sleep(random.unit() * 100);
        await fleet.node(0).start();
      } else await fleet.killPostgres(how);
      say(`kill ${index + 1}: ${victim === "server" ? "server" : `PostgreSQL (${how})`}, ${load.acked()} acknowledged`);
    }
    await load.more(20);
    return { facts: [`${each} kills of the server, ${each} of PostgreSQL`] };
  });

export const killFault: Fault = {
  name: "kill",
  text: "SIGKILL of a server and of the PostgreSQL that it keeps itself, in turns",
  short: false,
  run: (run) => kill(run, { database: "embedded" }),
};

export const killExternalFault: Fault = {
  name: "kill-external",
  text: "the same with a PostgreSQL that stands apart: transactions of a killed server may still commit",
  short: false,
  run: (run) => kill(run, { database: "external" }),
};

export const killMidBatchFault: Fault = {
  name: "kill-mid-batch",
  text: "one of two nodes is killed by SIGKILL with a transaction open: its clients go on at the other one",
  short: true,
  async run(run) {
    // Armed: what PostgreSQL says within a transaction (its status is the last byte of a ready-for-query) is the moment.
    let strike: (() => void) | undefined;
    const fromDatabase = () => (chunk: Buffer, emit: (bytes: Buffer) => void) => {
      if (strike && chunk.at(-1) === inTransaction && chunk.at(-6) === readyForQuery) {
        strike();
        strike = undefined;
      }
      emit(chunk);
    };
    return trial(run, { fromDatabase, pace: { pauseMs: 120 } }, async ({ fleet, load }) => {
      const kills = run.short ? 3 : 8;
      let open = 0;
      for (let n = 0; n < kills; n++) {
        const node = fleet.node(n % 2);
        await load.more(run.random.int(5, 25));
        const { promise, resolve } = Promise.withResolvers<void>();
        // Without a word: the other lines are served on, this process gets nothing done any more.
        strike = () => {
          open++;
          void node.signal("SIGKILL").then(() => resolve());
        };
        await promise;
        run.say(`node ${n % 2} killed, ${load.acked()} acknowledged`);
        await load.more(5);
        await node.start();
      }
      await load.more(10);
      return { facts: [`${kills} kills of a node, ${open} of them while a transaction was open`] };
    });
  },
};

const inTransaction = "T".charCodeAt(0);
const readyForQuery = "Z".charCodeAt(0);
