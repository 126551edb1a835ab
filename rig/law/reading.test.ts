import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { rolePermissions } from "@aftercare/core";
import { inboxOf, limits, notesOf, type StreamId } from "@aftercare/protocol";
import type { Principal } from "../../server/src/context.ts";
import { createNode } from "../../server/src/node.ts";
import { epoch, type Link, World } from "./world.ts";

setDefaultTimeout(30_000);

let world: World;
beforeAll(async () => {
  world = await World.open(25);
}, 60_000);
afterAll(() => world.close());

type Scene = { customer: Principal; agent: Principal; priya: Principal; stream: StreamId; notes: StreamId };

/** Priya supervises and is in no conversation. */
async function scene(): Promise<Scene> {
  const agent = await world.person("staff", true);
  const priya = { ...(await world.person("staff")), may: rolePermissions.supervisor };
  const customer = await world.person("customer");
  const stream = await world.conversation(customer, "conversation.ask", {});
  return { customer, agent, priya, stream, notes: notesOf(stream) };
}

async function live(who: Principal, ...streams: StreamId[]): Promise<Link> {
  const link = world.connect(
    who,
    streams.map((stream) => ({ stream })),
  );
  for (const stream of streams) await link.until("live", stream);
  return link;
}

const bodyOf = (answer: { answer: unknown } | { refusal: unknown }) =>
  "answer" in answer ? (answer.answer as { items?: object[]; messages?: object[] }) : answer.refusal;
const notAMember = { refusal: { code: "not-a-member" as const } };
/** Whether anything that came names the account. */
const names = (link: Link, { account }: Principal): boolean => JSON.stringify(link.frames).includes(account);
const signals = (link: Link, type: string) =>
  link.of("signal").flatMap(({ signal }) => (signal.type === type ? [signal] : []));

describe("L5 reading by right", () => {
  test("L5 L7 a conversation and its notes are read live, resumed and read back without being a member", async () => {
    const { customer, agent, priya, stream, notes } = await scene();
    await world.send(customer, stream, "before");
    await world.send(agent, notes, "a note");
    const link = await live(priya, stream, notes);
    const [of] = link.of("reset").filter(({ snapshot }) => snapshot.stream === stream);
    expect(of?.snapshot).toMatchObject({ kind: "conversation", from: 1 });
    const seq = await world.send(customer, stream, "now");
    const note = await world.send(agent, notes, "another");
    await world.settle();
    expect([link.seqs(stream), link.seqs(notes)]).toEqual([[seq], [note]]);
    const again = world.connect(priya, [{ stream, epoch, seq: 1 }]);
    await again.until("live", stream);
    expect(again.seqs(stream)).toEqual(Array.from({ length: seq - 1 }, (_, index) => index + 2));
    for (const one of [stream, notes]) {
      const [page, single, whole] = await Promise.all([
        world.node.read(priya, { type: "history", stream: one, after: 0 }),
        world.node.read(priya, { type: "messages", stream: one, seqs: [seq, note] }),
        world.stored(priya, one),
      ]);
      expect(bodyOf(page)).toMatchObject({ stream: one, from: 1 });
      expect(bodyOf(single)).toMatchObject({ stream: one });
      expect(whole).toEqual(await world.stored(agent, one));
    }
    for (const one of [link, again]) one.session.closed();
  });

  test("L5 it writes nothing, and is in no row", async () => {
    const { agent, priya, stream, notes } = await scene();
    const said = await world.send(agent, stream, "there");
    const link = await live(priya, stream, notes);
    const before = await world.everything();
    const parts = [{ type: "text" as const, text: "no" }];
    const seq = said;
    for (const one of [stream, notes])
      for (const [type, body] of [
        ["message.send", { parts }],
        ["message.edit", { seq, parts }],
        ["message.recall", { seq }],
        ["message.react", { seq, emoji: "👍", on: true }],
        ["message.pin", { seq }],
        ["conversation.rename", { title: "x" }],
        ["conversation.close", {}],
        ["member.add", { account: priya.account }],
        ["member.leave", {}],
      ] as const)
        expect([type, await world.execute(priya, world.command(type, body as never, one))]).toEqual([type, notAMember]);
    const draft = world.command("draft.set", { stream, text: "no" });
    expect(await world.execute(priya, draft)).toEqual(notAMember);
    expect(await world.node.receipt(priya, { t: "receipt", stream, readSeq: seq })).toEqual(notAMember);
    expect(await world.node.signal(priya, { t: "signal", stream, type: "typing", on: true })).toEqual(notAMember);
    link.tell({ t: "receipt", stream, deliveredSeq: seq, readSeq: seq });
    await world.pass(world.ctx.settings.receiptFlushMs * 2);
    expect(await world.everything()).toEqual(before);
    link.session.closed();
  });

  test("L5 no other than colleagues hears of it: not by presence, typing, receipts, members or what is looked at", async () => {
    const { customer, agent, priya, stream, notes } = await scene();
    const theirs = await live(customer, stream);
    const link = await live(priya, stream, notes);
    for (const on of [true, false, true])
      for (const type of ["typing", "viewing"])
        for (const one of [stream, notes]) link.tell({ t: "signal", stream: one, type, on });
    link.tell({ t: "receipt", stream, deliveredSeq: 1, readSeq: 1 });
    await world.send(agent, stream, "hello");
    await world.pass(world.ctx.settings.heartbeatMs);
    link.session.closed();
    await world.pass(10_000);
    await world.settle();
    expect(theirs.seqs(stream).length).toBeGreaterThan(0);
    const late = await live(customer, stream);
    for (const one of [theirs, late]) {
      expect(names(one, priya)).toBe(false);
      expect(JSON.stringify(one.frames)).not.toContain('"n_');
      one.session.closed();
    }
  });

  test("L5 groups, direct conversations, desks, inboxes and what does not exist are alike: not there", async () => {
    const { agent, priya } = await scene();
    const friend = await world.person("staff");
    const group = await world.conversation(agent, "conversation.create-group", { title: "x", members: [] });
    const direct = await world.conversation(agent, "conversation.start-direct", { account: friend.account });
    const owner = { ...priya, may: rolePermissions.owner };
    const streams = [group, notesOf(group), direct, world.desk, inboxOf(agent.account), `c_${"-".repeat(22)}`];
    const link = world.connect(
      owner,
      streams.map((stream) => ({ stream })),
    );
    for (const stream of streams) {
      await link.until("gone", stream);
      for (const read of [
        { type: "snapshot", stream },
        { type: "history", stream },
        { type: "messages", stream, seqs: [1] },
      ])
        expect([stream, await world.node.read(owner, read)]).toEqual([stream, notAMember]);
    }
    // The right is of the staff alone, and not another one.
    const { stream, customer } = await scene();
    const stranger = { ...(await world.person("customer")), may: rolePermissions.owner };
    const agentOnly = { ...(await world.person("staff")), may: rolePermissions.agent };
    for (const who of [stranger, agentOnly])
      expect(await world.node.read(who, { type: "snapshot", stream })).toEqual(notAMember);
    expect(await world.node.read(customer, { type: "snapshot", stream: notesOf(stream) })).toEqual(notAMember);
    link.session.closed();
  });

  test("L5 who joins goes on reading, and is there from then on; who leaves is cut off, and may ask anew", async () => {
    const { customer, priya, stream, notes } = await scene();
    const theirs = await live(customer, stream);
    const link = await live(priya, stream, notes);
    await world.must(priya, "member.join", {}, stream);
    await world.settle();
    expect(signals(theirs, "presence").map(({ by, on }) => [by, on])).toEqual([[priya.account, true]]);
    const seq = await world.send(priya, stream, "now I may");
    await world.settle();
    expect(link.seqs(stream)).toEqual([seq - 1, seq]);
    expect(link.of("gone")).toEqual([]);
    await world.must(priya, "member.leave", {}, stream);
    await world.settle();
    expect(link.seqs(stream)).toEqual([seq - 1, seq, seq + 1]);
    expect(
      link
        .of("gone")
        .map((frame) => frame.stream)
        .sort(),
    ).toEqual([stream, notes].sort());
    // Reading by right at once is no being there.
    link.frames.length = 0;
    link.tell({ t: "subscribe", cursors: [{ stream, epoch, seq: seq + 1 }] });
    await link.until("live", stream);
    const more = await world.send(customer, stream, "still here?");
    await world.settle();
    expect(link.seqs(stream)).toEqual([more]);
    await world.pass(6_000);
    expect(signals(theirs, "presence").map(({ by, on }) => [by, on])).toEqual([
      [priya.account, true],
      [priya.account, false],
    ]);
    for (const one of [theirs, link]) one.session.closed();
  });

  test("L5 a right that is taken away ends what it gave, also in the middle of a catch-up; membership stays", async () => {
    const { customer, agent, priya, stream, notes } = await scene();
    const own = await world.conversation(customer, "conversation.ask", {});
    await world.must(priya, "member.join", {}, own);
    for (let n = 0; n < 30; n++) await world.send(agent, stream, `${n}`);
    const link = await live(priya, stream, notes, own);
    const rights = { ...priya, may: [] };
    // A link that takes nothing more now has the rest of its gap still to come.
    const late = world.connect(priya);
    await late.until("welcome");
    late.unsentBytes = 500_000;
    late.tell({ t: "subscribe", cursors: [{ stream, epoch, seq: 1 }] });
    for (const { session } of [link, late]) (session as unknown as { renew(who: Principal): void }).renew(rights);
    expect(
      link
        .of("gone")
        .map((frame) => frame.stream)
        .sort(),
    ).toEqual([stream, notes].sort());
    expect(link.of("rights").at(-1)?.may).toEqual([]);
    const seq = await world.send(agent, stream, "not for you");
    const kept = await world.send(customer, own, "for you");
    await world.settle();
    expect(link.seqs(stream)).not.toContain(seq);
    late.unsentBytes = 0;
    late.session.drained();
    await world.settle();
    expect(late.seqs(stream)).toEqual([]);
    expect(late.of("gone").map((frame) => frame.stream)).toEqual([stream]);
    expect(link.seqs(own)).toContain(kept);
    link.frames.length = 0;
    link.tell({ t: "subscribe", cursors: [{ stream }, { stream: notes }] });
    for (const one of [stream, notes]) await link.until("gone", one);
    link.tell({ t: "read", n: 1, read: { type: "snapshot", stream } });
    expect(await link.until("answer")).toMatchObject(notAMember);
    for (const one of [link, late]) one.session.closed();
  });
});

describe("L5 L16 who looks", () => {
  const looking = (link: Link, notes: StreamId) =>
    link.of("signal").flatMap(({ signal }) => (signal.stream === notes ? [[signal.by, signal.on]] : []));

  test("L16 it is told once, holds while it is said, and ends by itself, by word, and with the link", async () => {
    const { agent, priya, stream, notes } = await scene();
    const mine = await live(agent, stream, notes);
    const link = await live(priya, stream, notes);
    const say = (on: boolean) => link.tell({ t: "signal", stream: notes, type: "viewing", on });
    say(true);
    for (let times = 0; times < 3; times++) {
      await world.pass(limits.viewingTtlMs - 1_000);
      mine.tell({ t: "beat" });
      say(true);
    }
    expect(looking(mine, notes)).toEqual([[priya.account, true]]);
    // Who comes later is told by `live`; following alone is no looking.
    const late = await live(agent, notes);
    expect(late.of("live").find((frame) => frame.stream === notes)?.present).toEqual([priya.account]);
    await world.pass(limits.viewingTtlMs + 1);
    expect(looking(mine, notes).at(-1)).toEqual([priya.account, false]);
    say(true);
    say(false);
    expect(looking(mine, notes).slice(-2)).toEqual([
      [priya.account, true],
      [priya.account, false],
    ]);
    say(true);
    link.session.closed();
    expect(looking(mine, notes).at(-1)).toEqual([priya.account, false]);
    expect(looking(link, notes)).toEqual([]);
    for (const one of [mine, late]) one.session.closed();
  });

  test("L16 two pages of a person are one who looks, until the last one looks away", async () => {
    const { agent, priya, notes } = await scene();
    const mine = await live(agent, notes);
    const links = [await live(priya, notes), await live(priya, notes)];
    const say = (link: Link | undefined, on: boolean) =>
      link?.tell({ t: "signal", stream: notes, type: "viewing", on });
    for (const link of links) say(link, true);
    say(links[0], false);
    expect(looking(mine, notes)).toEqual([[priya.account, true]]);
    say(links[1], false);
    expect(looking(mine, notes).at(-1)).toEqual([priya.account, false]);
    for (const link of [mine, ...links]) link.session.closed();
  });

  test("it touches no row and asks the database nothing; elsewhere than in notes it is nothing", async () => {
    const { agent, stream, notes } = await scene();
    let asked = 0;
    const counting = new Proxy(world.ctx.store, {
      get: (target, name) => {
        asked++;
        return target[name as keyof typeof target];
      },
    });
    const node = createNode({ ...world.ctx, store: counting }, epoch);
    const link = world.connect(agent, [{ stream }, { stream: notes }], node);
    await link.until("live", notes);
    await link.until("live", inboxOf(agent.account));
    const [before, rows] = [asked, await world.everything()];
    for (let times = 0; times < 20; times++)
      for (const one of [stream, notes]) link.tell({ t: "signal", stream: one, type: "viewing", on: times % 2 === 0 });
    await world.settle();
    expect(asked).toBe(before);
    expect(await world.everything()).toEqual(rows);
    const wrong = await node.signal(agent, { t: "signal", stream, type: "viewing", on: true });
    expect(wrong).toEqual({ refusal: { code: "invalid", path: "stream" } });
    link.session.closed();
    await node.stop(0);
  });
});
