import { readdirSync } from "node:fs";
import { connect, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "@aftercare/protocol";
import { statOf } from "../server-process.ts";
import type { Fault } from "./fault.ts";
import { metric, portOf, until } from "./fleet.ts";
import { allOnline, join, ownStream } from "./load.ts";
import type { Given } from "./phone.ts";
import { trial } from "./trial.ts";

/** The bound of law 10. */
const halfOpenMs = 45_000;
const pageBytes = 4096;
const mebibyte = 1_048_576;
/** Far beyond what all buffers on the way can hold. */
const mostMessages = 1_500;

export const halfOpenFault: Fault = {
  name: "half-open",
  text: "a link goes silent in one direction, then another in the other, nobody is told: found within 45 s by one of the sides",
  short: true,
  run: (run) =>
    trial(run, { nodes: run.short ? 1 : 2 }, async ({ fleet, cast, load }) => {
      const phone = await join(cast, "Ann 1", { base: fleet.sideUrl });
      const facts: string[] = [];
      const breaches: string[] = [];
      // The server finds a silent client by its own clock, which takes most of the 45 s: not in the short run.
      for (const direction of run.short ? (["down"] as const) : (["down", "up"] as const)) {
        await allOnline([phone]);
        await sleep(500);
        const connects = phone.connects;
        fleet.sideDoor.silence(direction);
        const silentAt = Date.now();
        const said = phone.say(ownStream(cast, phone), `said into the void, ${direction}`);
        await until(
          () => !phone.isOnline || phone.connects > connects,
          halfOpenMs,
          `the silence (${direction}) is found`,
        );
        const tookMs = Date.now() - silentAt;
        // Other links of the device were silent too; what was said on them is lost, and found so by their own bounds.
        await until(() => phone.connects > connects, halfOpenMs, "the device is back");
        const { acks } = await said;
        facts.push(
          `silent ${direction === "down" ? "towards the device" : "towards the server"}: found after ${tookMs} ms`,
        );
        if (acks.length === 0) breaches.push("what was said into the void was not acknowledged");
        await load.more(10);
      }
      return { facts, breaches };
    }),
};

export const slowConsumerFault: Fault = {
  name: "slow-consumer",
  text: "a device stops reading: it is closed within bounded memory, and loses nothing when it comes back",
  short: false,
  run: (run) => {
    const env = { AFTERCARE_SOCKET_BUFFER_BYTES: "262144", AFTERCARE_HEARTBEAT_MS: "18000" };
    return trial(run, { nodes: 1, env }, async ({ fleet, cast, load }) => {
      const slow = await join(cast, "Ann 1", { base: fleet.sideUrl });
      await allOnline([slow]);
      const node = fleet.node(0);
      const residentBytes = () => (statOf(node.pid)?.residentPages ?? 0) * pageBytes;
      const before = residentBytes();
      fleet.sideDoor.stall("down");
      const filler = "很長的訊息".repeat(limits.textChars / 5);
      const writer = cast.witness;
      let sent = 0;
      let peak = before;
      // Each is 24 KB on the wire; how many the kernel's own buffers take differs from machine to machine.
      while ((await metric(node, "slow_closed")) === 0) {
        if (sent >= mostMessages) throw new Error(`${sent} messages, and the slow device was not closed`);
        for (const upTo = sent + 20; sent < upTo; )
          if (writer.waiting < 12)
            void writer.say(ownStream(cast, slow), `${++sent} ${filler}`.slice(0, limits.textChars));
          else await sleep(5);
        peak = Math.max(peak, residentBytes());
      }
      fleet.sideDoor.heal();
      await load.more(5);
      return {
        facts: [
          `closed as slow after ${sent} messages of 24 KB`,
          `the server grew by ${Math.round((peak - before) / mebibyte)} MiB`,
        ],
      };
    });
  },
};

export const reconnectStormFault: Fault = {
  name: "reconnect-storm",
  text: "every connection is reset at once, several times, with a hundred more devices: all come back, from memory",
  short: false,
  run: (run) =>
    trial(run, { pace: { pauseMs: 600 } }, async ({ fleet, cast, load }) => {
      const extra = run.short ? 30 : 100;
      for (let n = 0; n < extra; n++)
        void (await join(cast, run.random.pick(["Ann 1", "Bo", "Cy", "Di"]), { base: fleet.url }));
      await allOnline(cast.phones);
      const figure = async (name: string) =>
        (await Promise.all(fleet.nodes.map((node) => metric(node, name)))).reduce((sum, one) => sum + one, 0);
      const fromLog = await figure("resumes_from_log");
      const storms = run.short ? 1 : 3;
      const tookMs: number[] = [];
      for (let n = 0; n < storms; n++) {
        fleet.balancer.cut("rst");
        const cutAt = Date.now();
        await until(() => cast.phones.every(({ isOnline }) => !isOnline), 10_000, "everybody is cut off");
        await allOnline(cast.phones, 90_000);
        tookMs.push(Date.now() - cutAt);
        run.say(`storm ${n + 1}: all back after ${tookMs.at(-1)} ms`);
        await load.more(10);
      }
      const read = (await figure("resumes_from_log")) - fromLog;
      return {
        facts: [
          `${storms} storms of ${cast.phones.length + 1} devices; all back after at most ${Math.max(...tookMs)} ms; ${read} gaps read from the log`,
        ],
      };
    }),
};

export const flappingClientFault: Fault = {
  name: "flapping-client",
  text: "a device at the edge of the network: its link is slow, in pieces, and cut every moment while it writes",
  short: false,
  run: (run) =>
    trial(run, {}, async ({ fleet, cast, load }) => {
      const phone = await join(cast, "Bo", { base: fleet.sideUrl });
      await allOnline([phone]);
      const flaps = run.short ? 10 : 40;
      for (let n = 0; n < flaps; n++) {
        const { random } = run;
        fleet.sideDoor.impair({
          latencyMs: random.int(0, 60),
          jitterMs: random.int(0, 80),
          sliceBytes: random.pick([0, 7, 100]),
          bytesPerSecond: random.pick([0, 20_000]),
        });
        void phone.say(ownStream(cast, phone), `flap ${n}`);
        await sleep(random.int(30, 700));
        fleet.sideDoor.cut(random.chance(0.7) ? "rst" : "fin");
        fleet.sideNode = random.int(0, 1);
        // It has to notice first.
        await sleep(50);
        phone.wake();
      }
      fleet.sideDoor.heal();
      await load.more(10);
      return { facts: [`${flaps} cuts, ${phone.connects} connections of the device that flaps`] };
    }),
};

export const resumeAfterWindowFault: Fault = {
  name: "resume-after-window",
  text: "a device comes back to a gap longer than the memory, then to one longer than a resume reads",
  short: false,
  run: (run) =>
    trial(
      run,
      { nodes: 1, env: { AFTERCARE_RING_EVENTS: "64" }, pace: { pauseMs: 1_500 } },
      async ({ fleet, cast }) => {
        const phone = await join(cast, "Ann 1", { base: fleet.sideUrl });
        const stream = ownStream(cast, phone);
        const node = fleet.node(0);
        const facts: string[] = [];
        const breaches: string[] = [];
        const gaps = [
          { events: 250, figure: "resumes_from_log" },
          { events: limits.gapEvents + 50, figure: "resets" },
        ];
        for (const { events, figure } of gaps) {
          await allOnline([phone]);
          await until(() => phone.shows(stream) !== undefined, 20_000, "the stream is there");
          const before = await metric(node, figure);
          fleet.sideDoor.refuse();
          fleet.sideDoor.cut("rst");
          const missed: Promise<Given>[] = [];
          while (missed.length < events)
            if (cast.witness.waiting < 60) missed.push(cast.witness.say(stream, `missed ${missed.length}`));
            else await sleep(5);
          await Promise.all(missed);
          const head = cast.witness.shows(stream)?.seq ?? 0;
          fleet.sideDoor.heal();
          phone.wake();
          await allOnline([phone]);
          await until(() => (phone.shows(stream)?.seq ?? 0) >= head, 30_000, "the gap is closed");
          const rise = (await metric(node, figure)) - before;
          facts.push(`a gap of ${events}: ${figure} rose by ${rise}`);
          if (!(rise >= 1)) breaches.push(`a gap of ${events} events, but ${figure} did not rise`);
        }
        return { facts, breaches };
      },
    ),
};

export const outOfDescriptorsFault: Fault = {
  name: "out-of-descriptors",
  text: "a node may open only so many files (RLIMIT_NOFILE), and strangers take all that are left",
  short: false,
  run: (run) => {
    const descriptors = 160;
    const each = (index: number) =>
      index === 0 ? { before: ["prlimit", `--nofile=${descriptors}:${descriptors}`] } : {};
    return trial(run, { each }, async ({ fleet, load }) => {
      const node = fleet.node(0);
      const strangers: Socket[] = [];
      for (let n = 0; n < 2 * descriptors; n++) {
        const socket = connect(portOf(node), "127.0.0.1");
        socket.on("error", () => undefined);
        strangers.push(socket);
      }
      const inUse = () => readdirSync(`/proc/${node.pid}/fd`).length;
      let used = 0;
      const full = () => {
        used = Math.max(used, inUse());
        return used >= descriptors - 2;
      };
      await until(full, 15_000, "no descriptor is left").catch(() => undefined);
      const answered = async () =>
        fetch(`${node.url}/healthz`, { signal: AbortSignal.timeout(500), keepalive: false }).then(
          () => true,
          () => false,
        );
      const during = await answered();
      const before = load.acked();
      await sleep(run.short ? 1_500 : 4_000);
      const acked = load.acked() - before;
      // Some come and go meanwhile, as they do.
      fleet.balancer.cut("rst", 0.3);
      await sleep(1_000);
      for (const socket of strangers) socket.destroy();
      await until(answered, 20_000, "the node takes connections again");
      await load.more(10);
      return {
        facts: [
          `${strangers.length} strangers against ${descriptors} descriptors, ${used} of them in use; a new request was ${during ? "still answered" : "not answered"}; ${acked} acknowledged meanwhile`,
        ],
        breaches: [
          ...(used >= descriptors - 2 ? [] : [`only ${used} descriptors were in use`]),
          ...(node.running ? [] : ["the node died of it"]),
          ...(acked > 0 ? [] : ["nothing was acknowledged meanwhile"]),
        ],
      };
    });
  },
};
