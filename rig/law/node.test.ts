import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { inboxOf, limits, notesOf, type StreamId } from "@aftercare/protocol";
import { type Bell, type Bus, createLocalBus } from "../../server/src/bus.ts";
import type { Principal } from "../../server/src/context.ts";
import { createNode } from "../../server/src/node.ts";
import { epoch, Link, World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await World.open(3);
}, 60_000);
afterAll(() => world.close());

type Scene = { customer: Principal; agent: Principal; stream: StreamId };

async function scene(): Promise<Scene> {
  const agent = await world.person("staff", true);
  const customer = await world.person("customer");
  const stream = await world.conversation(customer, "conversation.ask", {});
  return { customer, agent, stream };
}

/** A bus whose bells can be lost. */
function lossyBus(): Bus & { lost: boolean } {
  const bus = createLocalBus();
  return Object.assign({ lost: false }, bus, {
    publish(this: { lost: boolean }, bell: Bell) {
      if (!this.lost) bus.publish(bell);
    },
  });
}

async function live(who: Principal, stream: StreamId, node = world.node): Promise<Link> {
  const link = world.connect(who, [{ stream }], node);
  await link.until("live", stream);
  return link;
}

describe("L1 acknowledged is durable", () => {
  test("L1 the ack leaves after the commit, and nobody hears of the event before", async () => {
    const { customer, agent, stream } = await scene();
    const order: string[] = [];
    const bus = createLocalBus();
    bus.subscribe((bell) => bell.kind === "events" && order.push(bell.kind));
    const { store: real } = world.ctx;
    const committed = async <T>(way: string, done: Promise<T>): Promise<T> => {
      const value = await done;
      await world.settle();
      order.push(way);
      return value;
    };
    const store: typeof real = {
      ...real,
      transaction: (work) => committed("transaction", real.transaction(work)),
      append: (messages) => committed("append", real.append(messages)),
    };
    const node = createNode({ ...world.ctx, store, bus }, epoch);
    const watcher = await live(agent, stream, node);
    const replyTo = await world.send(customer, stream, "quoted");
    const parts = [{ type: "text" as const, text: "a" }];
    for (const [way, body] of [
      ["append", { parts }],
      ["transaction", { parts, replyTo }],
    ] as const) {
      order.length = 0;
      const answered = node.execute(customer, world.command("message.send", body, stream));
      await answered.then(() => order.push("acked"));
      await watcher.until("event");
      expect(order.slice(0, 3)).toEqual([way, "events", "acked"]);
    }
    await node.stop(0);
  });
});

describe("L7 L8 resume", () => {
  test("L7 a gap comes whole and in order, then live; what does not fit is a reset", async () => {
    const { customer, agent, stream } = await scene();
    for (let i = 0; i < 5; i++) await world.send(customer, stream, `${i}`);
    const head = (await world.heads()).get(stream) ?? 0;
    const whole = world.connect(agent, [{ stream, epoch, seq: 2 }]);
    expect(await whole.until("live", stream)).toMatchObject({ seq: head });
    expect(whole.seqs(stream)).toEqual(Array.from({ length: head - 2 }, (_, index) => index + 3));
    // The inbox comes from the database, in its own time.
    await whole.until("live", inboxOf(agent.account));
    expect(whole.of("reset").map(({ snapshot }) => snapshot.stream)).toEqual([inboxOf(agent.account)]);
    for (const wrong of [{}, { epoch: epoch + 1, seq: 2 }, { epoch, seq: head + 1 }, { epoch }, { seq: 2 }]) {
      const link = world.connect(agent, [{ stream, ...wrong }]);
      await link.until("live", stream);
      expect(link.seqs(stream)).toEqual([]);
      expect(link.of("reset").find(({ snapshot }) => snapshot.stream === stream)?.snapshot.seq).toBe(head);
    }
  });

  test("L8 on another node, and again from memory alone", async () => {
    const { customer, agent, stream } = await scene();
    const other = world.otherNode(world.ctx.bus);
    const first = await live(agent, stream, other);
    for (let i = 0; i < 10; i++) await world.send(customer, stream, `${i}`);
    await world.settle();
    const head = (await world.heads()).get(stream) ?? 0;
    expect(first.seqs(stream).at(-1)).toBe(head);
    const read = other.stats.resumesFromLog;
    for (let i = 0; i < 20; i++) {
      const link = world.connect(agent, [{ stream, epoch, seq: head - 9 }], other);
      await link.until("live", stream);
      expect(link.seqs(stream).length).toBe(9);
    }
    expect(other.stats.resumesFromLog).toBe(read);
    await other.stop(0);
  });

  test("L9 a lost bell is made good within one heartbeat", async () => {
    const { customer, agent, stream } = await scene();
    const bus = lossyBus();
    const other = world.otherNode(bus);
    const watcher = await live(agent, stream, other);
    const seq = await world.send(customer, stream, "nobody rang");
    await world.settle();
    expect(watcher.seqs(stream)).not.toContain(seq);
    await world.pass(world.ctx.settings.heartbeatMs);
    await watcher.until("event");
    expect(watcher.seqs(stream)).toContain(seq);
    await other.stop(0);
  });
});

describe("L10 L11 the end of links", () => {
  test("L10 a silent link is ended within 45 s, whenever it fell silent; one that answers lives", async () => {
    const { customer, stream } = await scene();
    for (const silentAfterMs of [0, 1_000, 7_000, 14_900]) {
      const [mute, alive] = [await live(customer, stream), await live(customer, stream)];
      await world.pass(silentAfterMs);
      mute.tell({ t: "beat" });
      for (let second = 0; second < 45; second++) {
        await world.pass(1_000);
        if (second % 15 === 0) alive.tell({ t: "beat" });
      }
      expect(mute.closed).toBe("silent");
      expect(alive.closed).toBeUndefined();
      alive.session.closed();
    }
  }, 30_000);

  test.each([-3_600_000, 3_600_000])(
    "L10 a wall clock set by %i ms hides no silent link, and ends no other",
    async (jumpMs) => {
      const { customer, stream } = await scene();
      const [mute, alive] = [await live(customer, stream), await live(customer, stream)];
      for (let second = 1; second <= 45; second++) {
        if (second === 5) world.jump(jumpMs);
        await world.pass(1_000);
        if (second % 15 === 0) alive.tell({ t: "beat" });
        if (second === 20) expect([mute.closed, alive.closed]).toEqual([undefined, undefined]);
      }
      expect(mute.closed).toBe("silent");
      expect(alive.closed).toBeUndefined();
      alive.session.closed();
      world.jump(-jumpMs);
    },
  );

  test("L10 a link that never says hello is ended", async () => {
    const link = world.connect(undefined);
    await world.settle();
    expect(link.closed).toBe("unauthorised");
    const mute = new Link();
    mute.session = world.node.session(mute, async () => undefined);
    await world.pass(limits.helloTimeoutMs);
    expect(mute.closed).toBe("hello-missing");
  });

  test("L11 revoking a credential ends its links at once, and no others", async () => {
    const { customer, agent, stream } = await scene();
    const [gone, stays] = [await live(agent, stream), await live(customer, stream)];
    world.node.revoke([agent.credential]);
    expect(gone.closed).toBe("unauthorised");
    expect(stays.closed).toBeUndefined();
    await world.send(customer, stream, "alone");
    await stays.until("event");
    expect(gone.of("event")).toEqual([]);
  });
});

describe("L5 leaving ends delivery", () => {
  test("L5 the event that says so is the last one, live and on resume", async () => {
    const owner = await world.person("staff");
    const member = await world.person("staff");
    const stream = await world.conversation(owner, "conversation.create-group", {
      title: "A",
      members: [member.account],
    });
    const link = await live(member, stream);
    const { seq } = await world.must(owner, "member.remove", { account: member.account }, stream);
    await world.send(owner, stream, "about you");
    await link.until("gone", stream);
    expect(link.seqs(stream)).toEqual([seq]);
    const back = world.connect(member, [{ stream, epoch, seq: 1 }]);
    await back.until("gone", stream);
    expect(back.seqs(stream)).toEqual([]);
    for (const read of [
      { type: "history", stream },
      { type: "messages", stream, seqs: [1] },
      { type: "snapshot", stream },
    ])
      expect(await world.node.read(member, read)).toEqual({ refusal: { code: "not-a-member" } });
    link.tell({ t: "signal", stream, type: "typing", on: true });
    expect(await world.node.signal(member, { t: "signal", stream, type: "typing", on: true })).toEqual({
      refusal: { code: "not-a-member" },
    });
  });

  test("L5 a customer cannot tell a notes stream from one that does not exist", async () => {
    const { customer, agent, stream } = await scene();
    const notes = notesOf(stream);
    await world.send(agent, notes, "difficult");
    const nowhere = notesOf(world.ctx.ids.conversation());
    const link = world.connect(customer, [{ stream: notes }, { stream: nowhere }, { stream }]);
    await link.until("live", stream);
    await world.settle();
    expect(
      link
        .of("gone")
        .map((frame) => frame.stream)
        .sort(),
    ).toEqual([notes, nowhere].sort());
    expect(JSON.stringify(link.frames)).not.toContain("difficult");
    for (const read of ["snapshot", "history"])
      expect(await world.node.read(customer, { type: read, stream: notes })).toEqual(
        await world.node.read(customer, { type: read, stream: nowhere }),
      );
    const body = { parts: [{ type: "text" as const, text: "a" }] };
    const [one, other] = [world.command("message.send", body, notes), world.command("message.send", body, nowhere)];
    expect(await world.execute(customer, one)).toEqual(await world.execute(customer, other));
  });
});

describe("L15 L17 flow", () => {
  test("L7 what is let go while it is being opened stays shut; asked for again meanwhile it opens, once", async () => {
    const { agent, stream } = await scene();
    const node = createNode({ ...world.ctx, bus: createLocalBus() }, epoch);
    const link = world.connect(agent, [], node);
    await link.until("live", inboxOf(agent.account));
    const ask = { t: "subscribe", cursors: [{ stream }] };
    const letGo = { t: "unsubscribe", streams: [stream] };
    link.tell(ask);
    link.tell(letGo);
    await world.settle();
    expect(link.of("live").filter((frame) => frame.stream === stream)).toEqual([]);
    const other = world.connect(agent, [], createNode({ ...world.ctx, bus: createLocalBus() }, epoch));
    await other.until("live", inboxOf(agent.account));
    for (const frame of [ask, letGo, ask]) other.tell(frame);
    await other.until("live", stream);
    await world.settle();
    expect(other.of("live").filter((frame) => frame.stream === stream)).toHaveLength(1);
  });

  test("L15 reads that wait for a slow database are bounded, and the first of them are answered", async () => {
    const { agent, stream } = await scene();
    const { store: real } = world.ctx;
    let go = () => {};
    let database: Promise<void> = Promise.resolve();
    const store: typeof real = { ...real, page: (query) => database.then(() => real.page(query)) };
    const settings = { ...world.ctx.settings, rateAccountPerSecond: 10_000, rateAccountBurst: 10_000 };
    const node = createNode({ ...world.ctx, settings, store, bus: createLocalBus() }, epoch);
    const link = await live(agent, stream, node);
    database = new Promise((resolve) => {
      go = resolve;
    });
    for (let n = 1; n <= 510; n++) link.tell({ t: "read", n, read: { type: "history", stream, before: 1, limit: 1 } });
    const busy = link.of("answer").filter(({ refusal }) => refusal?.code === "busy");
    expect(busy.map(({ n }) => n)).toEqual([501, 502, 503, 504, 505, 506, 507, 508, 509, 510]);
    go();
    await world.settle();
    expect(link.of("answer").filter(({ refusal }) => !refusal).length).toBe(500);
  });

  test("L15 a slow reader is closed at the bound, and comes back to all of it", async () => {
    const { customer, agent, stream } = await scene();
    const link = await live(agent, stream);
    link.unsentBytes = world.ctx.settings.socketBufferBytes + 1;
    const seq = await world.send(customer, stream, "too much");
    await world.settle();
    expect(link.closed).toBe("slow");
    const back = world.connect(agent, [{ stream, epoch, seq: seq - 1 }]);
    await back.until("live", stream);
    expect(back.seqs(stream)).toEqual([seq]);
  });

  test("L17 told to stop, a node spreads its clients, finishes, saves receipts, and takes nobody new", async () => {
    const { customer, agent, stream } = await scene();
    const node = world.otherNode();
    const links = [await live(agent, stream, node), await live(customer, stream, node)];
    const head = (await world.heads()).get(stream) ?? 0;
    links[0]?.tell({ t: "receipt", stream, readSeq: head });
    const sending = node.execute(
      customer,
      world.command("message.send", { parts: [{ type: "text", text: "last" }] }, stream),
    );
    const stopping = node.stop(1_000);
    const late = world.connect(agent, [], node);
    expect(late.closed).toBe("move");
    await world.pass(500);
    await stopping;
    expect(await sending).toMatchObject({ ack: { stream } });
    expect(links.map((link) => link.of("move")[0]?.inMs)).toEqual([0, 250]);
    expect(links.map((link) => link.closed)).toEqual(["move", "move"]);
    expect(node.sessions).toBe(0);
    const snapshot = await world.stored(agent, stream);
    expect(snapshot?.kind === "conversation" && snapshot.receipts[agent.account]?.readSeq).toBe(head);
  });
});

describe("L12 order of sending", () => {
  test("L12 what was sent behind a command that must come again waits with it", async () => {
    const { customer, stream } = await scene();
    const settings = { ...world.ctx.settings, rateAccountPerSecond: 1, rateAccountBurst: 1 };
    const node = createNode({ ...world.ctx, settings, bus: createLocalBus() }, epoch);
    const link = await live(customer, stream, node);
    const commands = ["1", "2", "3", "4"].map((text) =>
      world.command("message.send", { parts: [{ type: "text" as const, text }] }, stream),
    );
    const [, second, third, fourth] = commands as object[];
    for (const command of commands.slice(0, 3)) link.tell({ t: "command", command });
    await link.until("ack");
    await world.settle();
    expect(link.of("refused").map(({ id, refusal }) => [id, refusal.code])).toEqual([
      [commands[1]?.id as string, "rate-limited"],
      [commands[2]?.id as string, "busy"],
    ]);
    world.now += 2_000;
    // A newer one does not overtake those that wait, though there would be room for it.
    link.tell({ t: "command", command: fourth as object });
    for (const command of [second, third, fourth]) link.tell({ t: "command", command: command as object });
    await world.settle();
    for (const waiting of [[third, fourth], [fourth]]) {
      world.now += 2_000;
      for (const command of waiting) link.tell({ t: "command", command: command as object });
      await world.settle();
    }
    expect(link.of("ack").map(({ ack }) => ack.id)).toEqual(commands.map(({ id }) => id));
    await node.stop(0);
  });
});

describe("L14 old words are gone", () => {
  test("L14 after an edit and a recall no copy of the old text is stored, kept in memory or read", async () => {
    const { customer, agent, stream } = await scene();
    await live(agent, stream);
    const [edited, recalled] = [
      await world.send(customer, stream, "first-a"),
      await world.send(customer, stream, "first-b"),
    ];
    const from = (await world.heads()).get(stream) ?? 0;
    for (const text of ["second-a", "third-a"])
      await world.must(customer, "message.edit", { seq: edited, parts: [{ type: "text", text }] }, stream);
    await world.must(customer, "message.edit", { seq: recalled, parts: [{ type: "text", text: "second-b" }] }, stream);
    await world.must(customer, "message.recall", { seq: recalled }, stream);
    await world.settle();
    const fromMemory = world.connect(agent, [{ stream, epoch, seq: edited - 1 }]);
    const fromLog = world.connect(agent, [{ stream, epoch, seq: edited - 1 }], world.otherNode());
    const early = world.connect(agent, [{ stream, epoch, seq: from }]);
    for (const link of [fromMemory, fromLog, early]) await link.until("live", stream);
    const history = await world.node.read(agent, { type: "history", stream });
    const kept = await world.kept(agent, stream);
    for (const place of [await world.everything(), fromMemory.frames, fromLog.frames, early.frames, history, kept]) {
      const said = JSON.stringify(place);
      expect(said).toContain("third-a");
      for (const old of ["first-a", "second-a", "first-b", "second-b"]) expect(said).not.toContain(old);
    }
  });
});
