import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { inboxOf, type LinkAlarm, notesOf, type StreamId, type Trace } from "@aftercare/protocol";
import { type Bell, type Bus, createLocalBus } from "../../server/src/bus.ts";
import type { Ctx, Principal } from "../../server/src/context.ts";
import { flushEveryMs } from "../../server/src/gateway/trace.ts";
import { createNode } from "../../server/src/node.ts";
import { epoch, type Link, World } from "./world.ts";

setDefaultTimeout(30_000);

let world: World;
beforeAll(async () => {
  world = await World.open(15);
}, 60_000);
afterAll(() => world.close());

type Node = World["node"];
type Scene = { customer: Principal; agent: Principal; chief: Principal; stream: StreamId };

async function scene(): Promise<Scene> {
  const agent = await world.person("staff", true);
  const chief = world.supervisor(await world.person("staff", true));
  const customer = await world.person("customer");
  const stream = await world.conversation(customer, "conversation.ask", {});
  return { customer, agent, chief, stream };
}

const device = (who: Principal, credential: string): Principal => ({ ...who, credential });

async function live(who: Principal, stream: StreamId, node: Node = world.node): Promise<Link> {
  const link = world.connect(who, [{ stream }], node);
  await link.until("live", stream);
  return link;
}

const asked = (who: Principal, read: object, node: Node = world.node) =>
  node.read(who, read) as Promise<{ answer: unknown } | { refusal: { code: string } }>;

async function traced(who: Principal, stream: StreamId, seq: number, node: Node = world.node): Promise<Trace> {
  const answer = await asked(who, { type: "trace", stream, seq }, node);
  if ("refusal" in answer) throw new Error(answer.refusal.code);
  return answer.answer as Trace;
}

async function codeOf(who: Principal, stream: StreamId, seq: number): Promise<string> {
  const answer = await asked(who, { type: "trace", stream, seq });
  return "refusal" in answer ? answer.refusal.code : "answered";
}

const timesOf = (trace: Trace, who: Principal) =>
  trace.people
    .find(({ account }) => account === who.account)
    ?.devices.map(({ sentAt, deliveredAt, readAt }) => [sentAt, deliveredAt, readAt]);

/** A store of marks that tells how often it is written to, and can fail. */
function watchedStore(): NonNullable<Ctx["traces"]> & { saves: number; away: boolean } {
  const store = world.ctx.traces as NonNullable<Ctx["traces"]>;
  return Object.assign({ saves: 0, away: false }, store, {
    async save(this: { saves: number; away: boolean }, ...given: Parameters<typeof store.save>) {
      this.saves++;
      if (this.away) throw new Error("away");
      await store.save(...given);
    },
  });
}

describe("a trace says when a message reached which device", () => {
  test("accepted, stored, sent, delivered and read, for each device by itself", async () => {
    const { customer, agent, chief, stream } = await scene();
    const phone = await live(device(agent, "phone"), stream);
    await live(device(agent, "desk"), stream);
    const seq = await world.send(customer, stream, "one");
    const sentAt = world.now;
    world.now += 40;
    phone.tell({ t: "receipt", stream, deliveredSeq: seq });
    world.now += 60;
    phone.tell({ t: "receipt", stream, readSeq: seq });
    const trace = await traced(chief, stream, seq);
    expect(trace).toMatchObject({ stream, seq, by: customer.account, acceptedAt: sentAt, storedAt: sentAt });
    expect(trace.times).toBe("kept");
    expect(timesOf(trace, agent)).toEqual([
      [sentAt, sentAt + 40, sentAt + 100],
      [sentAt, undefined, undefined],
    ]);
    const people = trace.people.map(({ account, role, devices }) => [account, role, devices.length]);
    expect(people).toContainEqual([customer.account, "customer", 0]);
    expect(new Set(trace.people.flatMap(({ devices }) => devices.map((one) => one.device))).size).toBe(2);
    expect(JSON.stringify(trace)).not.toContain("phone");
  });

  test("a device that comes later is sent the message then, by a gap or a snapshot", async () => {
    const { customer, agent, chief, stream } = await scene();
    const seq = await world.send(customer, stream, "while away");
    world.now += 5_000;
    const cursor = { stream, epoch, seq: seq - 1 };
    const gap = world.connect(device(agent, "gap"), [cursor]);
    await gap.until("live", stream);
    world.now += 5_000;
    await live(device(agent, "new"), stream);
    const now = world.now;
    expect(timesOf(await traced(chief, stream, seq), agent)).toEqual([
      [now - 5_000, undefined, undefined],
      [now, undefined, undefined],
    ]);
  });

  test("windows are put together: what is read an hour later is found, and a closed link keeps its marks", async () => {
    const { customer, agent, chief, stream } = await scene();
    const link = await live(device(agent, "phone"), stream);
    const first = await world.send(customer, stream, "one");
    const firstAt = world.now;
    await world.node.receipt(device(agent, "phone"), { t: "receipt", stream, deliveredSeq: first });
    for (const _ of ["one half", "the other"]) {
      await world.pass(flushEveryMs / 2);
      link.tell({ t: "beat" });
    }
    await world.settle();
    expect(await world.sql`select 1 from trace where stream = ${stream}`).toHaveLength(1);
    const second = await world.send(customer, stream, "two");
    const secondAt = world.now;
    link.session.closed();
    world.now += 3_600_000;
    await world.node.receipt(device(agent, "phone"), { t: "receipt", stream, readSeq: second });
    const readAt = world.now;
    expect(timesOf(await traced(chief, stream, first), agent)).toEqual([[firstAt, firstAt, readAt]]);
    expect(timesOf(await traced(chief, stream, second), agent)).toEqual([[secondAt, readAt, readAt]]);
  });

  test("a command that comes again does not move the time it was accepted", async () => {
    const { customer, chief, stream } = await scene();
    const command = world.command("message.send", { parts: [{ type: "text", text: "again" }] }, stream);
    const { traces: _, ...untraced } = world.ctx;
    const crashed = createNode({ ...untraced, bus: createLocalBus() }, epoch);
    const answer = await crashed.execute(customer, JSON.parse(JSON.stringify(command)));
    await world.execute(customer, command);
    const trace = await traced(chief, stream, "ack" in answer ? answer.ack.seq : 0);
    expect([trace.acceptedAt, trace.storedAt, trace.times]).toEqual([undefined, undefined, "kept"]);
    await crashed.stop(0);
  });

  test("nothing is written while messages are sent, and one row serves a window", async () => {
    const { customer, agent, chief, stream } = await scene();
    const traces = watchedStore();
    const node = createNode({ ...world.ctx, traces, bus: createLocalBus() }, epoch);
    for (const name of ["a", "b", "c"]) await live(device(agent, name), stream, node);
    let seq = 0;
    for (let n = 0; n < 20; n++) {
      world.now += 3;
      const sent = world.command("message.send", { parts: [{ type: "text", text: "x" }] }, stream);
      const answer = await node.execute(customer, JSON.parse(JSON.stringify(sent)));
      if ("ack" in answer) seq = answer.ack.seq;
      await node.receipt(device(agent, "a"), { t: "receipt", stream, deliveredSeq: seq });
    }
    expect(traces.saves).toBe(0);
    traces.away = true;
    const before = await traced(chief, stream, seq, node);
    expect(before.people.flatMap(({ devices }) => devices)).toEqual([]);
    traces.away = false;
    expect(timesOf(await traced(chief, stream, seq, node), agent)).toHaveLength(3);
    const rows = await world.sql`select marks from trace where stream = ${stream}`;
    expect(rows).toHaveLength(1);
    for (let at = seq - 19; at <= seq; at++)
      expect(timesOf(await traced(chief, stream, at, node), agent)?.[0]?.[1]).toBe(world.now - 3 * (seq - at));
    await node.stop(0);
  });

  test("another node writes down what it has when somebody asks here", async () => {
    const { customer, agent, chief, stream } = await scene();
    const local = createLocalBus();
    const bus: Bus = { ...local, health: { ...local.health, shared: true } };
    const [here, there] = [world.otherNode(bus), world.otherNode(bus)];
    await live(device(agent, "there"), stream, there);
    const seq = await world.send(customer, stream, "one");
    // The world's own node has another bus: this one hears by the log.
    await world.pass(world.ctx.settings.heartbeatMs);
    const asking = traced(chief, stream, seq, here);
    await world.settle();
    await world.pass(300);
    expect(timesOf(await asking, agent)).toHaveLength(1);
    await Promise.all([here.stop(0), there.stop(0)]);
  });

  test("what is older than the days that are kept is told as expired, and deleted", async () => {
    const { customer, agent, chief, stream } = await scene();
    const link = await live(agent, stream);
    const seq = await world.send(customer, stream, "one");
    await traced(chief, stream, seq);
    link.session.closed();
    world.now += 8 * 86_400_000;
    expect(await traced(chief, stream, seq)).toMatchObject({ times: "expired" });
    const rows = () => world.sql`select 1 from trace where stream = ${stream}`;
    expect((await rows()).length).toBeGreaterThan(0);
    await world.pass(100);
    await world.settle();
    expect(await rows()).toHaveLength(0);
    const none = createNode({ ...world.ctx, traces: { ...watchedStore(), keepMs: 0 } }, epoch);
    expect(await traced(chief, stream, seq, none)).toMatchObject({ times: "off" });
    await none.stop(0);
  });
});

describe("L5 who may inspect deliveries", () => {
  test("L5 supervisors where they are members; never customers, agents or strangers", async () => {
    const { customer, agent, chief, stream } = await scene();
    const seq = await world.send(customer, stream, "one");
    const stranger = world.supervisor(await world.person("staff"));
    expect(await codeOf(chief, stream, seq)).toBe("answered");
    expect(await codeOf(agent, stream, seq)).toBe("forbidden");
    expect(await codeOf(customer, stream, seq)).toBe("forbidden");
    expect(await codeOf(world.supervisor(customer), stream, seq)).toBe("forbidden");
    expect(await codeOf(stranger, stream, seq)).toBe("not-a-member");
    const notes = notesOf(stream);
    const note = await world.send(agent, notes, "aside");
    expect(await codeOf(chief, notes, note)).toBe("answered");
    expect(await codeOf(world.supervisor(customer), notes, note)).toBe("not-a-member");
    expect(await codeOf(chief, stream, seq + 100)).toBe("not-found");
    expect(await codeOf(chief, inboxOf(chief.account), 1)).toBe("not-a-member");
  });

  test("L5 the keepers of a group; over a link as over HTTP; nothing below one's first seq", async () => {
    const [owner, admin, member] = [
      await world.person("staff"),
      await world.person("staff"),
      await world.person("staff"),
    ];
    const members = [admin.account, member.account];
    const stream = await world.conversation(owner, "conversation.create-group", {
      title: "Group",
      members,
      history: "since-join",
    });
    await world.must(owner, "member.set-role", { account: admin.account, role: "admin" }, stream);
    const seq = await world.send(owner, stream, "one");
    for (const [who, code] of [
      [owner, "answered"],
      [admin, "answered"],
      [member, "forbidden"],
    ] as const) {
      expect(await codeOf(who, stream, seq)).toBe(code);
      const link = world.connect(who);
      await link.until("welcome");
      link.tell({ t: "read", n: 1, read: { type: "trace", stream, seq } });
      const { answer, refusal } = await link.until("answer");
      expect(refusal?.code ?? (answer ? "answered" : "")).toBe(code);
    }
    const late = world.supervisor(await world.person("staff"));
    await world.must(owner, "member.add", { account: late.account }, stream);
    expect(await codeOf(late, stream, seq)).toBe("not-found");
    // Nor is the new one told to have what was said before.
    const link = await live(late, stream);
    link.tell({ t: "receipt", stream, readSeq: await world.send(owner, stream, "two") });
    await world.settle();
    expect((await traced(owner, stream, seq)).people.map(({ account }) => account)).not.toContain(late.account);
    expect(timesOf(await traced(owner, stream, seq + 2), late)).toEqual([[world.now, world.now, world.now]]);
  });
});

describe("L10 a live link that stops acknowledging is told to supervisors within 20 s", () => {
  const alarmsOf = async (who: Principal, node: Node): Promise<LinkAlarm[] | string> => {
    const answer = await asked(who, { type: "alarms" }, node);
    return "refusal" in answer ? answer.refusal.code : (answer.answer as { links: LinkAlarm[] }).links;
  };

  function watched(bus: Bus = createLocalBus()): { node: Node; lines: [object, string][] } {
    const lines: [object, string][] = [];
    const log = { ...world.ctx.log, warn: (fields: object, text: string) => void lines.push([fields, text]) };
    return { node: createNode({ ...world.ctx, bus, log }, epoch), lines };
  }

  const beatOn = (links: readonly Link[]) => {
    for (const link of links) link.tell({ t: "beat" });
  };

  async function say(node: Node, who: Principal, stream: StreamId): Promise<void> {
    const sent = world.command("message.send", { parts: [{ type: "text", text: "x" }] }, stream);
    await node.execute(who, JSON.parse(JSON.stringify(sent)));
    await world.settle();
  }

  test("L10 the alarm comes, says who, and goes when the link answers, or ends", async () => {
    const { customer, agent, chief, stream } = await scene();
    const { node, lines } = watched();
    const link = await live(agent, stream, node);
    const other = await live(chief, stream, node);
    beatOn([link, other]);
    await say(node, customer, stream);
    await say(node, customer, stream);
    other.tell({ t: "receipt", stream, deliveredSeq: 1 });
    const sinceAt = world.now;
    await world.pass(14_000);
    expect([node.notAcknowledging, await alarmsOf(chief, node)]).toEqual([0, []]);
    beatOn([other]);
    await world.pass(6_000);
    expect(node.notAcknowledging).toBe(1);
    expect(await alarmsOf(chief, node)).toMatchObject([
      { account: agent.account, name: agent.name, sinceAt, events: 2 },
    ]);
    expect(await alarmsOf(agent, node)).toBe("forbidden");
    expect(await alarmsOf(customer, node)).toBe("forbidden");
    expect(lines).toEqual([
      [expect.objectContaining({ account: agent.account, events: 2 }), "a live link stopped acknowledging"],
    ]);
    expect(JSON.stringify(lines)).not.toContain(agent.name);
    beatOn([link, other]);
    await world.pass(1_000);
    expect([node.notAcknowledging, await alarmsOf(chief, node)]).toEqual([0, []]);
    await say(node, customer, stream);
    await world.pass(19_000);
    expect(node.notAcknowledging).toBe(2);
    await world.pass(30_000);
    expect([link.closed, node.notAcknowledging]).toEqual(["silent", 0]);
    await node.stop(0);
  });

  test.each([-3_600_000, 3_600_000])("L10 a wall clock set by %i ms makes no alarm early or late", async (jumpMs) => {
    const { customer, agent, chief, stream } = await scene();
    const { node } = watched();
    const link = await live(agent, stream, node);
    beatOn([link]);
    await say(node, customer, stream);
    const sinceAt = world.now;
    world.jump(jumpMs);
    await world.pass(14_000);
    expect(node.notAcknowledging).toBe(0);
    await world.pass(6_000);
    expect(await alarmsOf(chief, node)).toMatchObject([{ account: agent.account, sinceAt }]);
    await node.stop(0);
    world.jump(-jumpMs);
  });

  test("L10 one that only answers beats, or never acknowledged anything, gives no alarm", async () => {
    const { customer, agent, stream } = await scene();
    const { node } = watched();
    const beater = await live(agent, stream, node);
    await live(device(agent, "mute"), stream, node);
    const { heartbeatMs } = world.ctx.settings;
    // The worst case: an event right after an answer, the next answer a slow second after the next beat.
    for (let round = 0; round < 4; round++) {
      beatOn([beater]);
      await say(node, customer, stream);
      await world.pass(heartbeatMs + 1_400);
      expect(node.notAcknowledging).toBe(0);
    }
    await node.stop(0);
  });

  test("L10 nodes tell each other, and forget a node that went without a word", async () => {
    const { customer, agent, chief, stream } = await scene();
    let down = false;
    const local = createLocalBus();
    const bus: Bus = {
      ...local,
      publish: (bell: Bell) => void (down || local.publish(bell)),
      health: { ...local.health, shared: true },
    };
    const [here, there] = [watched(bus).node, watched(bus).node];
    const link = await live(agent, stream, there);
    beatOn([link]);
    await say(there, customer, stream);
    await world.pass(20_000);
    expect(await alarmsOf(chief, here)).toMatchObject([{ account: agent.account, events: 1 }]);
    expect(here.notAcknowledging).toBe(0);
    down = true;
    await world.pass(18_000);
    expect(await alarmsOf(chief, here)).toEqual([]);
    await Promise.all([here.stop(0), there.stop(0)]);
  });
});
