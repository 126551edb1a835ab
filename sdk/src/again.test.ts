import { describe, expect, test } from "bun:test";
import type { MessageEvent } from "@aftercare/core";
import type { CommandId, Seq } from "@aftercare/protocol";
import { ChatServer } from "../../rig/fakes/chat-server.ts";
import { VirtualClock } from "../../rig/fakes/clock.ts";
import { Device, type Person } from "../../rig/fakes/device.ts";
import { FakeBrowser } from "../../rig/fakes/tabs.ts";
import type { Client } from "./types.ts";

const ann: Person = { account: "a_0000000000000000000001", name: "Ann", kind: "staff" };
const bob: Person = { account: "a_0000000000000000000002", name: "Bob", kind: "staff" };
const group = "c_0000000000000000000001";
const other = "c_0000000000000000000002";

const part = (text: string) => [{ type: "text", text }] as const;

async function world() {
  const clock = new VirtualClock();
  const server = new ChatServer(clock);
  server.account(ann);
  server.account(bob);
  server.group(group, [ann, bob]);
  const device = new Device(server, ann);
  const client = device.client();
  await client.start();
  client.stream(group);
  await clock.advance(10);
  return { clock, server, device, client };
}
type World = Awaited<ReturnType<typeof world>>;

const say = (client: Client, text: string, replyTo?: Seq): CommandId =>
  client.send("message.send", group, { parts: [...part(text)], ...(replyTo !== undefined && { replyTo }) }).id;
const edit = (client: Client, seq: Seq, text: string): CommandId =>
  client.send("message.edit", group, { seq, parts: [...part(text)] }).id;
const react = (client: Client, seq: Seq, on = true): CommandId =>
  client.send("message.react", group, { seq, emoji: "👍", on }).id;
const recall = (client: Client, seq: Seq): CommandId => client.send("message.recall", group, { seq }).id;

const textOf = ({ body, fold }: MessageEvent): string =>
  `${fold?.recalled ? "recalled" : ""}${body.parts.map((one) => ("text" in one ? one.text : "")).join()}${fold?.editedAt ? "*" : ""}${Object.keys(fold?.reactions ?? {}).join("")}`;
function shown({ server }: Pick<World, "server">, stream = group): string[] {
  const state = server.streams.get(stream)?.state;
  if (state?.kind !== "conversation") return [];
  return state.items.flatMap((item) => (item.type === "message.sent" ? [textOf(item)] : []));
}
const kept = ({ device }: World, room: string): unknown[] =>
  [...device.data].flatMap(([key, row]) => (key.startsWith(`${room}/`) ? [row] : []));
const idsOf = ({ server }: World) => server.streams.get(group)?.events.map(({ commandId }) => commandId) ?? [];

describe("what waits to be sent while the log goes back", () => {
  test("L12 what waits to be sent names the message it meant, never the one that has its place now", async () => {
    const it = await world();
    const { clock, server, client } = it;
    say(client, "one");
    await clock.advance(10);
    server.say(group, bob.account, "bob's");
    await clock.advance(10);
    server.accepts = () => false;
    server.cut();
    await clock.advance(10);
    edit(client, 2, "ONE");
    react(client, 3);
    say(client, "answer", 3);
    await clock.advance(10);
    server.restore(group, 1);
    for (const text of ["another", "one more"]) server.say(group, bob.account, text);
    server.accepts = () => true;
    await clock.advance(60_000);
    expect(shown(it)).toEqual(["another", "one more", "ONE*", "answer"]);
    // Nobody brings Bob's back as far as this device knows: the reaction is shown as refused, the quote goes.
    expect(client.pending.value.map(({ type, status }) => [type, status.state])).toEqual([["message.react", "failed"]]);
    const sent = server.streams.get(group)?.events.at(-2)?.body;
    expect(sent).toEqual({ parts: [...part("answer")] });
  });

  test("L12 a forward takes the message that was meant or is refused, and a reaction waits for its message", async () => {
    const it = await world();
    const { clock, server, client } = it;
    server.group(other, [ann, bob]);
    client.stream(other);
    for (const text of ["one", "two"]) server.say(group, bob.account, text);
    say(client, "mine");
    await clock.advance(10);
    server.accepts = () => false;
    server.cut();
    await clock.advance(10);
    client.send("message.forward", other, { from: { stream: group, seq: 3 } });
    client.send("message.forward", other, { from: { stream: group, seq: 2 } });
    react(client, 2);
    react(client, 4);
    await clock.advance(10);
    server.restore(group, 2);
    server.say(group, bob.account, "between");
    server.accepts = () => true;
    await clock.advance(60_000);
    expect(shown(it)).toEqual(["one👍", "between", "mine👍"]);
    expect(shown(it, other)).toEqual(["one"]);
    const [failed, ...others] = client.pending.value;
    expect([failed?.type, failed?.status.state, others]).toEqual(["message.forward", "failed", []]);
  });

  test("L12 what failed before and is tried again after means the message it meant then", async () => {
    const it = await world();
    const { clock, server, client } = it;
    for (const text of ["one", "two"]) say(client, text);
    await clock.advance(10);
    for (const seq of [2, 3]) {
      server.refusals.push({ when: ({ type }) => type === "message.edit", refusal: { code: "forbidden" } });
      edit(client, seq, `again ${seq}`);
      await clock.advance(10);
    }
    server.restore(group, 1);
    for (const text of ["another", "one more"]) server.say(group, bob.account, text);
    await clock.advance(20_000);
    expect(shown(it)).toEqual(["another", "one more", "one", "two"]);
    expect(client.pending.value.map(({ status }) => status.state)).toEqual(["failed", "failed"]);
    for (const { id } of client.pending.value) client.retry(id);
    await clock.advance(20_000);
    expect(shown(it)).toEqual(["another", "one more", "again 2*", "again 3*"]);
    expect(client.pending.value).toEqual([]);
  });

  test("L12 L13 what another tab orders with the old log before its eyes names the message that it shows", async () => {
    const { clock, server, device, client: alone } = await world();
    await alone.stop();
    const browser = new FakeBrowser();
    const [leader, follower] = [device.client({ tabs: browser.tab() }), device.client({ tabs: browser.tab() })];
    for (const tab of [leader, follower]) {
      await tab.start();
      tab.stream(group);
      await clock.advance(10);
    }
    say(leader, "one");
    await clock.advance(10);
    server.say(group, bob.account, "bob's");
    await clock.advance(10);
    server.restore(group, 1);
    for (const text of ["another", "one more"]) server.say(group, bob.account, text);
    // In the very moment in which the first tab has taken the new log, and the other has not heard of it.
    const stop = leader.stream(group).view.subscribe(({ confirmed }) => {
      if (confirmed?.epoch !== 2) return;
      queueMicrotask(() => stop());
      expect(follower.stream(group).view.value.confirmed?.epoch).toBe(1);
      edit(follower, 2, "ONE");
      say(follower, "answer", 3);
    });
    await clock.advance(60_000);
    expect(shown({ server })).toEqual(["another", "one more", "ONE*", "answer"]);
    expect(follower.pending.value).toEqual([]);
  });

  test("L12 a draft keeps the quote that was meant, or goes on without it", async () => {
    const { clock, server, client } = await world();
    for (const text of ["one", "two"]) server.say(group, bob.account, text);
    await clock.advance(10);
    const handle = client.stream(group);
    handle.setDraft("answer", 2);
    await clock.advance(10);
    server.restore(group, 2);
    await clock.advance(20_000);
    expect(handle.draft.value).toMatchObject({ text: "answer", replyTo: 2 });
    handle.setDraft("another answer", 2);
    await clock.advance(10);
    server.restore(group, 1);
    server.say(group, bob.account, "between");
    await clock.advance(20_000);
    expect(handle.draft.value?.text).toBe("another answer");
    expect(handle.draft.value?.replyTo).toBeUndefined();
  });

  test("L14 a recalled text never comes back: the message is left out with what followed", async () => {
    const it = await world();
    const { clock, server, client } = it;
    say(client, "secret");
    await clock.advance(10);
    edit(client, 2, "secret too");
    await clock.advance(10);
    recall(client, 2);
    await clock.advance(10);
    const all: string[] = [];
    const { append } = server;
    server.append = (stream, type, by, body, commandId) => {
      all.push(JSON.stringify(body));
      return append.call(server, stream, type, by, body, commandId);
    };
    for (const keep of [1, 1]) {
      server.restore(group, keep);
      await clock.advance(20_000);
    }
    expect(shown(it)).toEqual([]);
    expect(all.join()).not.toContain("secret");
    expect(JSON.stringify([...it.device.data])).not.toContain("secret");
  });
});

describe("what was acknowledged and the log has lost", () => {
  test("L2 an edit, a reaction and a recall come again under their ids, once", async () => {
    const it = await world();
    const { clock, server, client } = it;
    for (const text of ["one", "two", "three"]) say(client, text);
    await clock.advance(10);
    const ids = [edit(client, 2, "ONE"), react(client, 3), recall(client, 4)];
    await clock.advance(10);
    const before = shown(it);
    expect(before).toEqual(["ONE*", "two👍", "recalled"]);
    expect(JSON.stringify(kept(it, "done"))).not.toContain("ONE");
    server.restore(group, 4);
    await clock.advance(20_000);
    expect(shown(it)).toEqual(before);
    expect(idsOf(it).slice(4)).toEqual(ids);
    server.restore(group, 5);
    await clock.advance(20_000);
    expect(shown(it)).toEqual(before);
    expect(idsOf(it).slice(4)).toEqual(ids);
    expect(client.pending.value).toEqual([]);
    server.restore(group, 7);
    server.arrived.length = 0;
    await clock.advance(20_000);
    expect(server.arrived).toEqual([]);
  });

  test("L2 a lost message comes back with its last text, and with the reactions; seqs are those of the new log", async () => {
    const it = await world();
    const { clock, server, client } = it;
    server.say(group, bob.account, "zero");
    const id = say(client, "one");
    await clock.advance(10);
    edit(client, 3, "ONE");
    react(client, 3);
    say(client, "answer", 3);
    await clock.advance(10);
    server.restore(group, 2);
    server.say(group, bob.account, "between");
    await clock.advance(20_000);
    expect(shown(it)).toEqual(["zero", "between", "ONE*👍", "answer"]);
    expect(idsOf(it)[3]).toBe(id);
    expect(client.pending.value).toEqual([]);
  });

  test.each([
    ["has its edit back", undefined, "ONE*"],
    ["keeps what another device has said in its place since", "uno", "uno*"],
  ])("L2 a message that another device brings back without its edit %s", async (_, newer, now) => {
    const it = await world();
    const { clock, server, client } = it;
    const id = say(client, "one");
    await clock.advance(10);
    edit(client, 2, "ONE");
    await clock.advance(10);
    // The other device's comes a moment before this one's: its id is used for another text then.
    const comesFirst = ({ type }: { type: string }): boolean => {
      if (type !== "message.send") return false;
      server.append(group, "message.sent", ann.account, { parts: [...part("one")] }, id);
      if (newer) server.append(group, "message.edited", ann.account, { seq: 2, parts: [...part(newer)] });
      return true;
    };
    server.refusals.push({ when: comesFirst, refusal: { code: "id-reused" } });
    server.restore(group, 1);
    await clock.advance(60_000);
    expect(shown(it)).toEqual([now]);
    expect(client.pending.value).toEqual([]);
    expect(kept(it, "out")).toEqual([]);
  });

  test("L2 a recall that was refused keeps no message away", async () => {
    const it = await world();
    const { clock, server, client } = it;
    say(client, "one");
    await clock.advance(10);
    server.refusals.push({ when: ({ type }) => type === "message.recall", refusal: { code: "too-late" } });
    recall(client, 2);
    await clock.advance(10);
    server.restore(group, 1);
    await clock.advance(20_000);
    expect(shown(it)).toEqual(["one"]);
  });

  test("L2 a recall of what another has lost waits until it is there again, over a reload", async () => {
    const it = await world();
    const { clock, server, client, device } = it;
    const other = new Device(server, bob, 7);
    const bobs = other.client();
    await bobs.start();
    bobs.stream(group);
    await clock.advance(10);
    say(bobs, "oops");
    await clock.advance(10);
    react(client, 2);
    await clock.advance(10);
    other.wake.set(false);
    await clock.advance(10);
    server.restore(group, 1);
    await clock.advance(20_000);
    say(client, "mine");
    await clock.advance(10);
    expect(shown(it)).toEqual(["mine"]);
    await client.stop();
    const again = device.client();
    await again.start();
    await clock.advance(10);
    other.wake.set(true);
    await clock.advance(60_000);
    expect(shown(it)).toEqual(["mine", "oops👍"]);
    expect(again.pending.value).toEqual([]);
  });

  test("what something later has replaced does not come again, and nothing older than an hour", async () => {
    const it = await world();
    const { clock, server, client } = it;
    for (const text of ["one", "two"]) say(client, text);
    await clock.advance(10);
    react(client, 2);
    edit(client, 3, "early");
    await clock.advance(10);
    server.append(group, "message.reacted", ann.account, { seq: 2, emoji: "👍", on: false });
    await clock.advance(3_700_000);
    edit(client, 2, "late");
    await clock.advance(10);
    server.restore(group, 3);
    await clock.advance(20_000);
    expect(shown(it)).toEqual(["late*", "two"]);
  });
});
