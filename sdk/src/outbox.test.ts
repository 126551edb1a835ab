import { describe, expect, test } from "bun:test";
import { inboxOf } from "@aftercare/protocol";
import { ChatServer } from "../../rig/fakes/chat-server.ts";
import { VirtualClock } from "../../rig/fakes/clock.ts";
import { Device, type Person, textsOf } from "../../rig/fakes/device.ts";
import { Lists } from "./lists.ts";
import { MemoryStore } from "./platform/memory-store.ts";
import type { Client, StoreWrite } from "./types.ts";

const ann: Person = { account: "a_0000000000000000000001", name: "Ann", kind: "staff" };
const bob: Person = { account: "a_0000000000000000000002", name: "Bob", kind: "staff" };
const group = "c_0000000000000000000001";
const other = "c_0000000000000000000002";

function world() {
  const clock = new VirtualClock();
  const server = new ChatServer(clock);
  server.account(ann);
  server.account(bob);
  server.group(group, [ann, bob]);
  server.group(other, [ann, bob]);
  return { clock, server, device: new Device(server, ann) };
}

const say = (client: Client, text: string, stream = group) =>
  client.send("message.send", stream, { parts: [{ type: "text", text }] });

const texts = (server: ChatServer, stream = group): string[] =>
  (server.streams.get(stream)?.events ?? []).flatMap((event) => {
    const [part] = event.type === "message.sent" ? event.body.parts : [];
    return part && "text" in part ? [String(part.text)] : [];
  });

describe("sending", () => {
  test("L12 a message is persisted, shown at once, sent, and confirmed in its place", async () => {
    const { clock, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    const handle = client.stream(group);
    const sent = say(client, "hello");
    expect([...device.data.keys()].some((key) => key.includes(sent.id))).toBe(true);
    await Promise.resolve();
    await Promise.resolve();
    await Promise.resolve();
    expect(textsOf(handle)).toEqual(["…hello"]);
    await clock.advance(10);
    expect(textsOf(handle)).toEqual(["hello"]);
    expect(handle.view.value.pending).toEqual([]);
    expect(await sent.done).toMatchObject({ ack: { id: sent.id, stream: group, seq: 2 } });
    expect([...device.data.keys()].filter((key) => key.startsWith("out/"))).toEqual([]);
  });

  test("L12 what is acknowledged before anything of its conversation has come stays in sight until that comes, also over a cut", async () => {
    for (const cuts of [false, true]) {
      const { clock, server, device } = world();
      server.withheld.add(group);
      const client = device.client();
      await client.start();
      await clock.advance(10);
      const handle = client.stream(group);
      const { view } = handle;
      const sent = say(client, "hello");
      await clock.advance(10);
      expect(await sent.done).toMatchObject({ ack: { stream: group, seq: 2 } });
      expect(view.value.state).toBeUndefined();
      expect(view.value.pending.map(({ id }) => id)).toEqual([sent.id]);
      server.withheld.delete(group);
      if (cuts) server.cut();
      else
        for (const session of server.sessions)
          session.send(JSON.stringify({ t: "subscribe", cursors: [{ stream: group }] }));
      await clock.advance(60_000);
      expect(textsOf(handle)).toEqual(["hello"]);
      expect(view.value.pending).toEqual([]);
      expect(texts(server)).toEqual(["hello"]);
    }
  });

  test("L12 a command is said to be kept when the store has it, and where the store fails when the server has", async () => {
    const { clock, device } = world();
    let write = () => {};
    let fails = false;
    class Slow extends MemoryStore {
      override async write(change: StoreWrite): Promise<void> {
        await new Promise<void>((resolve) => {
          write = resolve;
        });
        if (fails) throw new Error("full");
        return super.write(change);
      }
    }
    const client = device.client({ store: new Slow(device.data) });
    const open = client.start();
    for (let i = 0; i < 20; i++) {
      await clock.advance(10);
      write();
    }
    await open;
    const told: string[] = [];
    const one = say(client, "one");
    void one.kept.then(() => told.push("one"));
    await clock.advance(10);
    expect(told).toEqual([]);
    write();
    await clock.advance(10);
    expect(told).toEqual(["one"]);
    fails = true;
    const two = say(client, "two");
    void two.done.then(() => told.push("two answered"));
    void two.kept.then(() => told.push("two"));
    for (let i = 0; i < 20; i++) {
      await clock.advance(10);
      write();
    }
    expect(told).toEqual(["one", "two answered", "two"]);
  });

  test("L2 what is sent with an id of before has one effect: while it waits, and when the log has it", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    const id = client.newId();
    const body = { parts: [{ type: "text" as const, text: "once" }] };
    server.mute = true;
    server.loseNextEvents = 1;
    const sent = client.send("message.send", group, body, id);
    await clock.advance(10);
    const waiting = client.send("message.send", group, body, id);
    expect(client.pending.value.map((one) => one.id)).toEqual([id]);
    server.mute = false;
    server.cut();
    await clock.advance(30_000);
    expect(await sent.done).toMatchObject({ ack: { id, seq: 2 } });
    expect(await waiting.done).toEqual(await sent.done);
    const handle = client.stream(group);
    handle.setDraft("something else");
    const again = client.send("message.send", group, body, id);
    await clock.advance(10);
    expect(await again.done).toEqual(await sent.done);
    expect(texts(server)).toEqual(["once"]);
    expect(handle.draft.value?.text).toBe("something else");
    expect(client.pending.value).toEqual([]);
    expect([...device.data.keys()].filter((key) => key.startsWith("out/"))).toEqual([]);
  });

  test("L12 what was sent offline is kept over a crash and sent in order", async () => {
    const { clock, server, device } = world();
    server.accepts = () => false;
    const first = device.client();
    await first.start();
    await clock.advance(10);
    const all = Array.from({ length: 40 }, (_, i) => `m${i}`);
    for (const text of all) say(first, text);
    await clock.advance(10);
    expect(first.pending.value.map(({ status }) => status.state)).toEqual(all.map(() => "waiting"));
    const second = device.client();
    await second.start();
    expect(second.pending.value).toHaveLength(40);
    server.accepts = (name) => name === "websocket";
    await clock.advance(60_000);
    expect(texts(server)).toEqual(all);
    expect(second.pending.value).toEqual([]);
  });

  test("L2 unanswered commands are sent again after a reconnect, with the same ids and in the same order", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    server.mute = true;
    server.loseNextEvents = 99;
    const ids = ["a", "b", "c"].map((text) => say(client, text).id);
    await clock.advance(10);
    expect(server.arrived).toEqual(ids);
    expect(client.pending.value.map(({ status }) => status.state)).toEqual(["sending", "sending", "sending"]);
    server.cut();
    await clock.advance(1);
    expect(client.pending.value.map(({ status }) => status.state)).toEqual(["waiting", "waiting", "waiting"]);
    server.mute = false;
    server.loseNextEvents = 0;
    await clock.advance(30_000);
    expect(server.arrived).toEqual([...ids, ...ids]);
    expect(texts(server)).toEqual(["a", "b", "c"]);
    expect(textsOf(client.stream(group))).toEqual(["a", "b", "c"]);
    expect(client.pending.value).toEqual([]);
  });

  test("L12 at most 32 commands are under way", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    server.mute = true;
    server.loseNextEvents = 999;
    for (let i = 0; i < 50; i++) say(client, `m${i}`);
    await clock.advance(10);
    expect(server.arrived).toHaveLength(32);
  });

  test("L12 a refused message stays, failed with its reason, and can be tried again under a new id or discarded", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    const handle = client.stream(group);
    server.refusals.push(
      { when: () => true, refusal: { code: "muted" } },
      { when: () => true, refusal: { code: "muted" } },
    );
    const sent = say(client, "hello");
    await clock.advance(10);
    expect(await sent.done).toEqual({ refusal: { code: "muted" } });
    expect(handle.view.value.pending[0]?.status).toEqual({ state: "failed", refusal: { code: "muted" } });
    expect(client.inbox.value.lines.find(({ entry }) => entry.stream === group)?.failed).toBe(true);
    expect(textsOf(handle)).toEqual(["…hello"]);
    client.retry(sent.id);
    await clock.advance(10);
    const [again] = handle.view.value.pending;
    expect(again?.id).not.toBe(sent.id);
    expect(again?.status.state).toBe("failed");
    client.retry(again?.id ?? "");
    await clock.advance(10);
    expect(texts(server)).toEqual(["hello"]);
    server.refusals.push({ when: () => true, refusal: { code: "muted" } });
    const last = say(client, "never mind");
    await clock.advance(10);
    client.discard(last.id);
    await clock.advance(10);
    expect(client.pending.value).toEqual([]);
    expect([...device.data.keys()].filter((key) => key.startsWith("out/"))).toEqual([]);
  });

  test("L12 of what is refused after its page is gone, words stay to be seen; marks go, and all that was done to what was recalled", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    say(client, "one");
    await clock.advance(10);
    server.accepts = () => false;
    server.cut();
    await clock.advance(10);
    const parts = [{ type: "text" as const, text: "two" }];
    client.send("message.edit", group, { seq: 2, parts });
    client.send("message.react", group, { seq: 2, emoji: "👍", on: true });
    client.send("message.pin", group, { seq: 2 });
    client.send("message.recall", group, { seq: 2 });
    client.send("message.edit", group, { seq: 2, parts: [{ type: "text", text: "three" }] });
    await clock.advance(10);
    await client.stop();
    for (const code of ["muted", "muted", "forbidden", "too-late", "recalled"] as const)
      server.refusals.push({ when: () => true, refusal: { code } });
    server.accepts = () => true;
    const again = device.client();
    await again.start();
    await clock.advance(60_000);
    expect(again.pending.value.map(({ type, status }) => [type, status.state])).toEqual([
      ["message.edit", "failed"],
      ["message.recall", "failed"],
    ]);
    expect(again.pending.value[0]?.body).toEqual({ seq: 2, parts });
  });

  test("L12 a refused recall or forward is told to the page that ordered it, and stays nowhere", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    say(client, "one");
    await clock.advance(10);
    for (const code of ["too-late", "muted"] as const) server.refusals.push({ when: () => true, refusal: { code } });
    const recall = client.send("message.recall", group, { seq: 2 });
    const forward = client.send("message.forward", other, { from: { stream: group, seq: 2 } });
    await clock.advance(10);
    expect(await recall.done).toEqual({ refusal: { code: "too-late" } });
    expect(await forward.done).toEqual({ refusal: { code: "muted" } });
    expect(client.pending.value).toEqual([]);
  });

  test("L12 a failed message is failed still after a reload", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    server.refusals.push({ when: () => true, refusal: { code: "muted" } });
    say(client, "hello");
    await clock.advance(10);
    await client.stop();
    const again = device.client();
    await again.start();
    await clock.advance(100);
    expect(again.pending.value[0]?.status).toEqual({ state: "failed", refusal: { code: "muted" } });
    expect(server.arrived).toHaveLength(1);
  });

  test("L16 a rate limit holds back the stream, in order and under the same ids, and no other stream", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    server.refusals.push({ when: () => true, refusal: { code: "rate-limited", retryAfterMs: 3_000 } });
    const first = say(client, "one");
    await clock.advance(10);
    say(client, "two");
    say(client, "elsewhere", other);
    await clock.advance(10);
    expect(texts(server)).toEqual([]);
    expect(texts(server, other)).toEqual(["elsewhere"]);
    expect(client.pending.value.map(({ status }) => status.state)).toEqual(["waiting", "waiting"]);
    await clock.advance(3_000);
    expect(texts(server)).toEqual(["one", "two"]);
    expect(server.arrived.filter((id) => id === first.id)).toHaveLength(2);
  });

  test("L2 `no-change` counts as done, and `id-reused` as failed", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    server.refusals.push(
      { when: () => true, refusal: { code: "no-change" } },
      { when: () => true, refusal: { code: "id-reused" } },
    );
    const same = client.send("message.pin", group, { seq: 1 });
    const reused = say(client, "hello");
    await clock.advance(10);
    expect(server.arrived).toEqual([same.id, reused.id]);
    expect(await same.done).toMatchObject({ ack: { seq: 0 } });
    expect(await reused.done).toEqual({ refusal: { code: "id-reused" } });
    expect(client.pending.value.map(({ id }) => id)).toEqual([reused.id]);
  });

  test("L16 a message larger than a frame fails here, and the link lives on", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    const parts = Array.from({ length: 5 }, () => ({ type: "text" as const, text: "字".repeat(8_000) }));
    const sent = client.send("message.send", group, { parts });
    expect(await sent.done).toMatchObject({ refusal: { code: "too-large" } });
    await clock.advance(10);
    expect(server.arrived).toEqual([]);
    expect(client.connection.value.state).toBe("online");
  });

  test("L14 an own edit and reaction are shown at once through the laws of core", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    say(client, "helo");
    await clock.advance(10);
    server.mute = true;
    server.loseNextEvents = 99;
    client.send("message.edit", group, { seq: 2, parts: [{ type: "text", text: "hello" }] });
    client.send("message.react", group, { seq: 2, emoji: "👍", on: true });
    await clock.advance(10);
    const handle = client.stream(group);
    const shown = handle.view.value.state?.items.at(-1);
    expect(shown).toMatchObject({
      seq: 2,
      body: { parts: [{ text: "hello" }] },
      fold: { reactions: { "👍": [ann.account] } },
    });
    expect(handle.view.value.confirmed?.items.at(-1)).toMatchObject({ body: { parts: [{ text: "helo" }] } });
  });
});

describe("reading", () => {
  test("questions that nobody waits for any more are not asked when the link is back", async () => {
    const { clock, server, device } = world();
    const client = device.client({ lists: Lists });
    await client.start();
    await clock.advance(10);
    client.list({ view: "all" });
    await clock.advance(1_000);
    server.accepts = () => false;
    server.cut();
    await clock.advance(20 * 60_000);
    server.accepts = () => true;
    await clock.advance(60_000);
    const [session] = server.sessions;
    const first = session?.received.slice(0, 20).filter(({ t }) => t === "read") ?? [];
    expect(first.length).toBeGreaterThan(0);
    expect(first.length).toBeLessThan(10);
  });
});

describe("drafts", () => {
  test("L12 what is typed is kept in a moment and sent once after a pause; only the last one waits", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    const handle = client.stream(group);
    for (const text of ["h", "he", "hel"]) {
      handle.setDraft(text);
      await clock.advance(100);
    }
    expect(handle.draft.value?.text).toBe("hel");
    expect(JSON.stringify([...device.data])).toContain('"hel"');
    expect(server.arrived).toEqual([]);
    await clock.advance(1_500);
    expect(server.arrived).toHaveLength(1);
    expect(client.inbox.value.state?.drafts[group]?.text).toBe("hel");
    expect([...device.data.keys()].filter((key) => key.startsWith("draft/"))).toEqual([]);
    server.accepts = () => false;
    server.cut();
    await clock.advance(10);
    for (const text of ["x", "xy", "xyz"]) {
      handle.setDraft(text);
      await clock.advance(2_000);
    }
    expect(client.pending.value.map(({ body }) => (body as { text: string }).text)).toEqual(["xyz"]);
  });

  test("L12 a draft of a page that was killed before the pause is there after it, wins over the server's, and goes out", async () => {
    const { clock, server, device } = world();
    server.append(inboxOf(ann.account), "draft.changed", ann.account, { stream: group, draft: { text: "old", at: 1 } });
    const first = device.client();
    await first.start();
    await clock.advance(10);
    expect(first.stream(group).draft.value?.text).toBe("old");
    first.stream(group).setDraft("new words");
    await clock.advance(300);
    server.cut();
    // Killed: its timers must not count.
    const at = clock.now();
    const second = device.client();
    await second.start();
    expect(second.stream(group).draft.value?.text).toBe("new words");
    await clock.advance(20_000 + at - clock.now());
    expect(second.inbox.value.state?.drafts[group]?.text).toBe("new words");
  });

  test("L12 what is typed or sent before the store is read leaves what was kept, and goes on behind it", async () => {
    const half = "I am looking for your ord";
    // Kept here alone; the server has it as well; something was sent before.
    for (const { restMs, says } of [{ restMs: 300 }, { restMs: 5_000 }, { restMs: 300, says: "hello" }]) {
      const { clock, server, device } = world();
      const first = device.client();
      await first.start();
      await clock.advance(10);
      first.stream(group).setDraft(half);
      await clock.advance(restMs);
      await first.stop();
      const second = device.client();
      const handle = second.stream(group);
      handle.setDraft("e");
      // As a page that waits for its parts before it starts.
      await clock.advance(2_000);
      if (says !== undefined) {
        say(second, says);
        handle.setDraft("");
      }
      const open = second.start();
      if (says === undefined) handle.setDraft("er");
      await open;
      const joined = says === undefined ? `${half}er` : half;
      expect(handle.draft.value?.text).toBe(joined);
      await clock.advance(10_000);
      expect(second.inbox.value.state?.drafts[group]?.text).toBe(joined);
      expect(texts(server)).toEqual(says === undefined ? [] : [says]);
      expect([...device.data.keys()].filter((key) => /^(draft|out)\//.test(key))).toEqual([]);
    }
  });

  test("L12 what is typed while the store is slow stays: what was sent or kept before does not take its place", async () => {
    const { clock, device } = world();
    let write = () => {};
    class Slow extends MemoryStore {
      override async write(change: StoreWrite): Promise<void> {
        await new Promise<void>((resolve) => {
          write = resolve;
        });
        return super.write(change);
      }
    }
    const client = device.client({ store: new Slow(device.data) });
    const catchUp = async () => {
      for (let i = 0; i < 20; i++) {
        await clock.advance(10);
        write();
      }
    };
    const open = client.start();
    await catchUp();
    await open;
    const handle = client.stream(group);
    handle.setDraft("first");
    say(client, "first");
    handle.setDraft("second");
    await catchUp();
    expect(handle.draft.value?.text).toBe("second");
    await clock.advance(1_500);
    handle.setDraft("second and more");
    await catchUp();
    expect(handle.draft.value?.text).toBe("second and more");
    await clock.advance(1_500);
    await catchUp();
    expect(client.inbox.value.state?.drafts[group]?.text).toBe("second and more");
  });

  test("L12 sending clears the draft here and on the server", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    const handle = client.stream(group);
    handle.setDraft("hello");
    await clock.advance(2_000);
    expect(client.inbox.value.state?.drafts[group]).toBeDefined();
    say(client, "hello");
    await clock.advance(0);
    expect(handle.draft.value).toBeUndefined();
    await clock.advance(100);
    expect(client.inbox.value.state?.drafts[group]).toBeUndefined();
    expect(client.pending.value).toEqual([]);
    expect(server.arrived).toHaveLength(3);
    expect([...device.data.keys()].filter((key) => key.startsWith("draft/"))).toEqual([]);
  });
});

describe("receipts and typing", () => {
  test("delivery is reported after it was persisted, coalesced; reading is kept over a reload until the server knows", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    for (const text of ["one", "two", "three"]) server.say(group, bob.account, text);
    await clock.advance(1_000);
    const [session] = server.sessions;
    const receipts = session?.received.filter((frame) => frame.t === "receipt" && frame.stream === group);
    expect(receipts).toEqual([{ t: "receipt", stream: group, deliveredSeq: 4 }]);
    server.cut();
    server.accepts = () => false;
    client.stream(group).markRead(4);
    await clock.advance(10);
    expect(client.inbox.value.lines.find(({ entry }) => entry.stream === group)?.unread.count).toBe(0);
    const again = device.client();
    await again.start();
    server.accepts = () => true;
    await clock.advance(60_000);
    const state = server.streams.get(group)?.state;
    expect(state?.kind === "conversation" && state.receipts[ann.account]).toEqual({ deliveredSeq: 4, readSeq: 4 });
    expect([...device.data.keys()].filter((key) => key.startsWith("read/"))).toEqual([]);
  });

  test("typing is told at most every 3 s, ends by itself, and others' typing ends with their message", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    const handle = client.stream(group);
    for (let i = 0; i < 20; i++) {
      handle.typing(true);
      await clock.advance(200);
    }
    await clock.advance(6_000);
    const [session] = server.sessions;
    const signals = session?.received.flatMap((frame) => (frame.t === "signal" ? [frame.on] : []));
    expect(signals).toEqual([true, true, false]);
    const typing = { t: "signal", signal: { type: "typing", stream: group, by: bob.account, on: true } } as const;
    session?.tell(typing);
    await clock.advance(10);
    expect(handle.view.value.typing).toEqual([bob.account]);
    server.say(group, bob.account, "here");
    await clock.advance(10);
    expect(handle.view.value.typing).toEqual([]);
    session?.tell(typing);
    await clock.advance(6_500);
    expect(handle.view.value.typing).toEqual([]);
  });
});
