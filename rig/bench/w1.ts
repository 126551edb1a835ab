import { request } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";
import { aftercare } from "./aftercare.ts";
import { residentBytes } from "./machine.ts";
import { ws } from "./peers/plain.ts";
import { socketIo } from "./peers/socketio.ts";
import { makePeople } from "./people.ts";
import { against, type Bench, sideBySide, type WorkloadResult } from "./workload.ts";

const plans = { quick: { sockets: 2_000, restMs: 2_000 }, full: { sockets: 10_000, restMs: 30_000 } };
/** Enough sending to see that everybody is still there. */
const proof = { warmMs: 0, measureMs: 2_000 };
const proofPerSecond = 20;

/** Idle connections, signed in, each with its conversation and its place in it; and one more than there may be. */
export async function runW1(bench: Bench): Promise<WorkloadResult> {
  const { sockets, restMs } = plans[bench.quick ? "quick" : "full"];
  const env = { AFTERCARE_MAX_CONNECTIONS: String(sockets) };
  const people = makePeople(sockets / 2, 2);
  const notes = [`${sockets} sockets on each side, one side after the other`];
  const openers = [aftercare({ env }), socketIo(), ws];
  const { sides, notRun } = await sideBySide(bench, "W1", people, openers, async (one) => {
    const { side, load, residentBytesBefore } = one;
    await sleep(restMs);
    const cpu = load.cpu();
    await sleep(restMs);
    const idleCpu = (load.cpu() - cpu) / (restMs / 1000);
    const resident = residentBytes(side.pid);
    if (side.url !== undefined) notes.push(`the next one: ${await knock(side.url)}`);
    // To everybody on a side with one room for all: a handful is proof enough, and the checker sees the rest.
    await load.poisson(proofPerSecond, proof);
    return {
      ...{ workload: "W1", side: side.name, durability: side.durability },
      residentBytes: resident,
      residentBytesPerConnection: Math.round((resident - residentBytesBefore) / sockets),
      checker: await load.check(),
      figures: { "idle CPU share": idleCpu, "before MB": residentBytesBefore / 1e6 },
    };
  });
  const ratios = {
    residentPerConnection: against(
      sides,
      (us, peer) => (peer.residentBytesPerConnection ?? 0) / (us.residentBytesPerConnection ?? 0),
    ),
  };
  return { sides, ratios: { workload: "W1", ratios }, notes, notRun };
}

/** What one who comes to a full house is answered. */
function knock(url: string): Promise<string> {
  const headers = {
    connection: "Upgrade",
    upgrade: "websocket",
    "sec-websocket-version": "13",
    "sec-websocket-key": Buffer.alloc(16).toString("base64"),
  };
  return new Promise((resolve) => {
    const asked = request(`${url}/v1/socket`, { headers });
    asked.on("response", (response) => {
      const { statusCode, headers: told } = response;
      response.resume();
      resolve(`refused with ${statusCode}, retry-after ${told["retry-after"] ?? "missing"}`);
    });
    asked.on("upgrade", (_, socket) => {
      socket.destroy();
      resolve("LET IN, past the limit");
    });
    asked.on("error", (error) => resolve(`cut off: ${error.message}`));
    asked.end();
  });
}
