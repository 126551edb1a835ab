import { mkdtempSync } from "node:fs";
import { rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join as joinPath } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import type { Ack, Credential } from "@aftercare/protocol";
import { createApi, Device, newCommandId, persist } from "../client.ts";
import type { Fault } from "./fault.ts";
import { until } from "./fleet.ts";
import { allOnline, join, ownStream } from "./load.ts";
import type { Given } from "./phone.ts";
import { trial } from "./trial.ts";

export const sameIdTwoNodesFault: Fault = {
  name: "same-id-two-nodes",
  text: "one command at once over a socket to each of two nodes, and over HTTP: one effect, one answer",
  short: false,
  run: (run) =>
    trial(run, { pace: { pauseMs: 800 } }, async ({ fleet, cast }) => {
      const [bo] = cast.phones.filter(({ name }) => name === "Bo");
      if (!bo) throw new Error("bug: no Bo");
      const stream = ownStream(cast, bo);
      const credential = {
        token: bo.token,
        account: bo.account,
        name: "Bo",
        kind: "customer",
        expiresAt: 0,
      } as Credential;
      // The SDK never gives one id twice at once, so these frames are made by hand.
      const devices = fleet.nodes.map(
        (node, index) =>
          new Device({
            api: () => createApi(node.url),
            credential,
            name: `Bo at node ${index}`,
            streams: [],
            unit: () => run.random.unit(),
          }),
      );
      for (const one of devices) one.start();
      await until(() => devices.every(({ state }) => state === "online"), 30_000, "both sockets open");
      const total = run.short ? 60 : 150;
      const given: Given[] = [];
      const breaches: string[] = [];
      for (let n = 0; n < total; n++) {
        const text = `said three times ${n}`;
        const command = { id: newCommandId(), type: "message.send", stream, body: { parts: [{ type: "text", text }] } };
        const posted = persist(() => fleet.api.command(bo.token, command));
        for (const one of run.random.shuffled(devices)) {
          one.submit(command);
          if (run.random.chance(0.3)) await sleep(run.random.unit() * 3);
        }
        const answer = await posted;
        await until(() => devices.every(({ unanswered }) => unanswered === 0), 10_000, "both answers");
        const acks = devices.flatMap((one) => one.sendings.get(command.id)?.acks ?? []);
        if ("ack" in answer) acks.push(answer.ack as Ack);
        const answers = new Set(acks.map((ack) => JSON.stringify(ack)));
        if (answers.size !== 1) breaches.push(`one command was answered ${[...answers].join(" and ")}`);
        given.push({
          id: command.id,
          type: command.type,
          stream,
          by: bo.account,
          who: "Bo thrice",
          acks,
          refusals: [],
        });
      }
      for (const one of devices) one.stop();
      return { facts: [`${total} commands, each given three times at once`], breaches, given };
    }),
};

export const rollingRestartFault: Fault = {
  name: "rolling-restart",
  text: "every node in turn is told to stop (SIGTERM), drains, and is started again",
  short: true,
  run: (run) =>
    trial(run, { nodes: run.short ? 2 : 3, env: { AFTERCARE_DRAIN_MS: "3000" } }, async ({ fleet, load }) => {
      const codes: (number | string)[] = [];
      const tookMs: number[] = [];
      for (const node of fleet.nodes) {
        await load.more(10);
        // As a balancer does that asks /readyz.
        fleet.closed.add(node);
        const askedAt = Date.now();
        codes.push(await node.signal("SIGTERM"));
        tookMs.push(Date.now() - askedAt);
        await node.start();
        fleet.closed.delete(node);
        run.say(`drained in ${tookMs.at(-1)} ms, ${load.acked()} acknowledged`);
      }
      await load.more(10);
      return {
        facts: [`${codes.length} nodes, drained in at most ${Math.max(...tookMs)} ms`],
        breaches: codes.some((code) => code !== 0) ? [`nodes ended with ${codes.join(", ")}`] : [],
      };
    }),
};

/** Beyond its deadline a node still has to end its process; a loaded machine takes a moment for it. */
const endingMs = 4_000;

export const drainDeadlineFault: Fault = {
  name: "drain-deadline",
  text: "a node is told to stop while its database answers nothing: it ends at its deadline all the same",
  short: false,
  run: (run) => {
    const drainMs = 2_000;
    return trial(run, { env: { AFTERCARE_DRAIN_MS: String(drainMs) } }, async ({ fleet, load }) => {
      fleet.databaseLine.stall();
      await sleep(500);
      const askedAt = Date.now();
      const [node] = fleet.nodes;
      fleet.closed.add(fleet.node(0));
      const code = await Promise.race([node?.signal("SIGTERM"), sleep(20_000, "never")]);
      const tookMs = Date.now() - askedAt;
      if (code === "never") await node?.signal("SIGKILL");
      fleet.databaseLine.heal();
      await node?.start();
      fleet.closed.clear();
      await load.more(10);
      const late = tookMs > drainMs + endingMs;
      return {
        facts: [`ended ${tookMs} ms after it was asked to, with ${code}; its deadline was ${drainMs} ms`],
        breaches: late ? [`a stop took ${tookMs} ms, with a deadline of ${drainMs} ms`] : [],
      };
    });
  },
};

export const resumeOtherNodeFault: Fault = {
  name: "resume-other-node",
  text: "a device is cut off and comes back at the other node, with what it has: again and again",
  short: false,
  run: (run) =>
    trial(run, {}, async ({ fleet, cast, load }) => {
      const phone = await join(cast, "Ann 1", { base: fleet.sideUrl });
      await allOnline([phone]);
      const moves = run.short ? 3 : 8;
      for (let n = 0; n < moves; n++) {
        await load.more(run.random.int(3, 15));
        fleet.sideDoor.refuse();
        fleet.sideDoor.cut(run.random.chance(0.5) ? "rst" : "fin");
        // It misses some.
        await load.more(run.random.int(3, 15));
        fleet.sideNode = 1 - fleet.sideNode;
        fleet.sideDoor.heal();
        phone.wake();
        await allOnline([phone]);
      }
      return { facts: [`${moves} moves, ${phone.connects} connections`] };
    }),
};

const clockPreload = fileURLToPath(new URL("./shifted-clock.ts", import.meta.url));
const hourMs = 3_600_000;

export const clockJumpFault: Fault = {
  name: "clock-jump",
  text: "the clock of one node jumps an hour ahead, back, and an hour behind; two devices have wrong clocks too",
  short: false,
  async run(run) {
    const dir = mkdtempSync(joinPath(tmpdir(), "aftercare-clock-"));
    const file = joinPath(dir, "offset");
    await writeFile(file, "0");
    try {
      const each = (index: number) =>
        index === 0 ? { runtime: ["--preload", clockPreload], env: { AFTERCARE_RIG_CLOCK: file } } : {};
      const devices = ({ name }: { name: string }) =>
        name === "Ann 2" ? { clockOffsetMs: hourMs } : name === "Kit 2" ? { clockOffsetMs: -hourMs } : {};
      return await trial(run, { each, devices }, async ({ fleet, cast, load }) => {
        const skews: number[] = [];
        for (const offsetMs of run.random.shuffled([hourMs, -hourMs, 0])) {
          await writeFile(file, String(offsetMs));
          await sleep(400);
          const { expiresAt } = await persist(() => createApi(fleet.node(0).url).ticket(cast.witness.token));
          skews.push(Math.round((expiresAt - Date.now()) / hourMs));
          run.say(`node 0 stands ${skews.at(-1)} h from the right time`);
          await load.more(10);
          fleet.balancer.cut("rst", 0.5);
          await sleep(500);
          await allOnline([...cast.phones, cast.outsider]);
          await load.more(10);
        }
        return {
          facts: [`node 0 stood ${skews.join(" h, ")} h from the right time; clients were cut off at each`],
          breaches: skews.filter((skew) => skew !== 0).length < 2 ? ["the clock did not jump"] : [],
        };
      });
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  },
};
