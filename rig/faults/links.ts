import { setTimeout as sleep } from "node:timers/promises";
import { limits } from "@aftercare/protocol";
import { Device, newCommandId } from "../client.ts";
import { statOf } from "../server-process.ts";
import type { Fault } from "./fault.ts";
import { judge } from "./oracle.ts";
import { openProxy } from "./proxy.ts";
import { castOf, online, openWorld, sendAll, until, type World } from "./world.ts";

/** The bound of law 10. */
const halfOpenMs = 45_000;
const pageBytes = 4096;
const mebibyte = 1_048_576;

/** A device like the first of the cast, for the same person, that reaches the server through a proxy. */
function through(world: World, port: number, like: Device, streams: readonly string[], heartbeatMs: number): Device {
  const credential = { token: like.token, account: like.account, name: "", kind: "customer" as const, expiresAt: 0 };
  return new Device({
    api: () => world.api,
    credential,
    name: "device behind the proxy",
    streams,
    unit: () => world.random.unit(),
    socketUrl: () => `ws://127.0.0.1:${port}/v1/socket`,
    heartbeatMs,
  });
}

export const halfOpenFault: Fault = {
  name: "half-open",
  text: "a link goes silent without closing: both sides find it within 45 s, and nothing is lost",
  short: false,
  async run({ random, say }) {
    const world = await openWorld(random, "embedded", { AFTERCARE_HEARTBEAT_MS: "1000" });
    try {
      const cast = await castOf(world, { heartbeatMs: 1_000 });
      const proxy = await openProxy(Number(new URL(world.server.url).port));
      const like = cast.devices[0] as Device;
      const half = through(world, proxy.port, like, [...cast.members.keys()], 1_000);
      await online([...cast.devices, cast.outsider, half]);
      const progress = sendAll(cast, random, 50, 4);
      proxy.silence();
      const silentAt = Date.now();
      half.send([...cast.members].find(([, some]) => some.has(half.account))?.[0] ?? "", "sent into the void");
      await until(() => half.closes.length > 0, halfOpenMs, "the device finds the dead link");
      const byClientMs = Date.now() - silentAt;
      say(`the device found it after ${byClientMs} ms`);
      await until(() => proxy.endedByServer > 0, halfOpenMs, "the server finds the dead link");
      const byServerMs = Date.now() - silentAt;
      await until(() => progress.acked() >= 50 && half.unanswered === 0, 30_000, "everything acknowledged");
      cast.devices.push(half);
      const breaches = await judge(world, cast);
      proxy.close();
      if (byServerMs > halfOpenMs) breaches.push(`the server took ${byServerMs} ms, more than ${halfOpenMs}`);
      return { breaches, facts: [`found by the device after ${byClientMs} ms, by the server after ${byServerMs} ms`] };
    } finally {
      await world.close();
    }
  },
};

export const slowConsumerFault: Fault = {
  name: "slow-consumer",
  text: "a device stops reading: it is closed within bounded memory, and loses nothing when it comes back",
  short: false,
  async run({ random, short, say }) {
    const bufferBytes = 262_144;
    const world = await openWorld(random, "embedded", { AFTERCARE_SOCKET_BUFFER_BYTES: String(bufferBytes) });
    try {
      const cast = await castOf(world, { heartbeatMs: 60_000 });
      const proxy = await openProxy(Number(new URL(world.server.url).port));
      const slow = through(world, proxy.port, cast.devices[0] as Device, [...cast.members.keys()], 60_000);
      await online([...cast.devices, cast.outsider, slow]);
      const before = (statOf(world.server.pid)?.residentPages ?? 0) * pageBytes;
      proxy.stall();
      const [stream = ""] = [...cast.members].find(([, some]) => some.has(slow.account)) ?? [];
      const writer = cast.devices.find(
        (one) => one.account !== slow.account && cast.members.get(stream)?.has(one.account),
      );
      const filler = "很長的訊息".repeat(limits.textChars / 5);
      // Each is 24 KB on the wire: far more in all than the bound and the kernel's own buffers.
      const total = short ? 400 : 900;
      let sent = 0;
      const fill = () => {
        while (writer && sent < total && writer.unanswered < 8)
          writer.send(stream, `${++sent} ${filler}`.slice(0, limits.textChars));
      };
      if (writer) writer.onAnswer = fill;
      fill();
      let peak = before;
      await until(
        () => {
          peak = Math.max(peak, (statOf(world.server.pid)?.residentPages ?? 0) * pageBytes);
          return sent >= total && writer?.unanswered === 0;
        },
        60_000,
        "everything acknowledged to the writer",
      );
      const metrics = await (await fetch(`${world.server.url}/metrics`)).text();
      const closed = Number(/^\w*slow_closed\w*\s+(\d+)/m.exec(metrics)?.[1] ?? Number.NaN);
      say(`closed as slow: ${closed}; resident grew by ${Math.round((peak - before) / mebibyte)} MiB`);
      proxy.heal();
      await until(() => slow.closes.length > 0, 30_000, "the slow device hears that it was closed");
      cast.devices.push(slow);
      const breaches = await judge(world, cast);
      proxy.close();
      if (!(closed >= 1)) breaches.push("the server closed nobody as slow");
      const codes = [...new Set(slow.closes.map(({ code }) => code))].join(", ");
      const grown = Math.round((peak - before) / mebibyte);
      return { breaches, facts: [`closed with ${codes}`, `${total} messages of 24 KB`, `server grew by ${grown} MiB`] };
    } finally {
      await world.close();
    }
  },
};

export const drainFault: Fault = {
  name: "drain",
  text: "SIGTERM while everybody sends: it ends within its deadline, and nothing is lost",
  short: true,
  async run({ random, short, say }) {
    const drainMs = 4_000;
    const world = await openWorld(random, "external", { AFTERCARE_DRAIN_MS: String(drainMs) });
    const rounds = short ? 1 : 5;
    const total = 600 * rounds;
    try {
      const cast = await castOf(world);
      await online([...cast.devices, cast.outsider]);
      const progress = sendAll(cast, random, total, 4);
      const tookMs: number[] = [];
      const codes: (number | string)[] = [];
      for (let round = 0; round < rounds; round++) {
        const mark = (total * (round + 0.6 * random.unit())) / rounds;
        await until(() => progress.acked() >= mark, 60_000, `${Math.floor(mark)} acknowledged`);
        await until(() => cast.devices.every((one) => one.state === "online"), 30_000, "every device online");
        const askedAt = Date.now();
        codes.push(await world.server.signal("SIGTERM"));
        tookMs.push(Date.now() - askedAt);
        say(`drained in ${tookMs.at(-1)} ms`);
        await world.server.start();
      }
      await until(() => progress.acked() >= total, 60_000, `all ${total} acknowledged`);
      const breaches = await judge(world, cast);
      const slowest = Math.max(...tookMs);
      // The deadline is for work; ending the process takes a moment more.
      if (slowest > drainMs + 3_000) breaches.push(`a stop took ${slowest} ms, with a deadline of ${drainMs} ms`);
      if (codes.some((code) => code !== 0)) breaches.push(`the server ended with ${codes.join(", ")}`);
      return { breaches, facts: [`${total} sent`, `${rounds} stops, the slowest ${slowest} ms`] };
    } finally {
      await world.close();
    }
  },
};

export const doubleIdFault: Fault = {
  name: "double-id",
  text: "the same command at once on two connections and over HTTP: one effect, one answer",
  short: true,
  async run({ random, short }) {
    const world = await openWorld(random, "embedded");
    try {
      const cast = await castOf(world);
      await online([...cast.devices, cast.outsider]);
      const [one, other] = cast.devices as [Device, Device];
      const [stream = ""] = [...cast.members].find(([, some]) => some.has(one.account)) ?? [];
      const total = short ? 100 : 500;
      const breaches: string[] = [];
      for (let i = 0; i < total; i++) {
        const text = `said twice ${i}`;
        const command = { id: newCommandId(), type: "message.send", stream, body: { parts: [{ type: "text", text }] } };
        one.submit(command);
        if (random.chance(0.5)) await sleep(random.unit() * 3);
        other.submit(command);
        const posted = await world.api.command(one.token, command);
        await until(() => one.unanswered === 0 && other.unanswered === 0, 10_000, "both answers");
        const acks = [one, other].map((device) => device.sendings.get(command.id)?.acks[0]);
        const answers = new Set([...acks, "ack" in posted ? posted.ack : posted].map((ack) => JSON.stringify(ack)));
        if (answers.size !== 1) breaches.push(`one command was answered ${[...answers].join(" and ")}`);
      }
      // The oracle counts each command of a device; these two gave the same ones.
      other.sendings.clear();
      breaches.push(...(await judge(world, cast)));
      return { breaches, facts: [`${total} commands, each given three times`] };
    } finally {
      await world.close();
    }
  },
};
