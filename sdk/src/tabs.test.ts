import { describe, expect, test } from "bun:test";
import { ChatServer } from "../../rig/fakes/chat-server.ts";
import { VirtualClock } from "../../rig/fakes/clock.ts";
import { Device, type Person, textsOf } from "../../rig/fakes/device.ts";
import { FakeBrowser } from "../../rig/fakes/tabs.ts";
import type { Client } from "./types.ts";

const ann: Person = { account: "a_0000000000000000000001", name: "Ann", kind: "staff" };
const bob: Person = { account: "a_0000000000000000000002", name: "Bob", kind: "staff" };
const group = "c_0000000000000000000001";

async function world() {
  const clock = new VirtualClock();
  const server = new ChatServer(clock);
  server.account(ann);
  server.account(bob);
  server.group(group, [ann, bob]);
  const device = new Device(server, ann);
  const browser = new FakeBrowser();
  const open = async () => {
    const tab = browser.tab();
    const client = device.client({ tabs: tab });
    await client.start();
    await clock.advance(10);
    return { tab, client };
  };
  return { clock, server, device, open };
}

const say = (client: Client, text: string) => client.send("message.send", group, { parts: [{ type: "text", text }] });

describe("tabs", () => {
  test("L13 one tab connects; the other shows the same", async () => {
    const { clock, server, open } = await world();
    const first = await open();
    const second = await open();
    expect([first.client.leader.value, second.client.leader.value]).toEqual([true, false]);
    expect(server.sessions.size).toBe(1);
    const handle = second.client.stream(group);
    server.say(group, bob.account, "one");
    await clock.advance(10);
    expect(textsOf(handle)).toEqual(["one"]);
    expect(handle.view.value.status).toBe("live");
    expect(second.client.connection.value.state).toBe("online");
    expect(second.client.inbox.value.lines[0]?.unread.count).toBe(1);
  });

  test("L13 a follower's message is persisted by it, sent by the leader, and answered in the follower", async () => {
    const { clock, server, open } = await world();
    const first = await open();
    const second = await open();
    const sent = say(second.client, "from two");
    await clock.advance(10);
    expect(await sent.done).toMatchObject({ ack: { id: sent.id, seq: 2 } });
    expect(textsOf(first.client.stream(group))).toEqual(["from two"]);
    expect(textsOf(second.client.stream(group))).toEqual(["from two"]);
    expect(second.client.pending.value).toEqual([]);
    server.refusals.push({ when: () => true, refusal: { code: "muted" } });
    const failed = say(second.client, "no");
    await clock.advance(10);
    expect(await failed.done).toEqual({ refusal: { code: "muted" } });
    expect(first.client.pending.value).toHaveLength(1);
    second.client.retry(failed.id);
    await clock.advance(10);
    expect(first.client.pending.value).toEqual([]);
    expect(textsOf(first.client.stream(group))).toEqual(["from two", "no"]);
  });

  test("L13 what cannot be a stream in one tab ends no session of the others", async () => {
    const { clock, server, open } = await world();
    const first = await open();
    const second = await open();
    const handle = second.client.stream("c_abc");
    handle.viewing(true);
    handle.typing(true);
    await clock.advance(10);
    expect(handle.view.value.status).toBe("gone");
    expect(first.client.connection.value.state).toBe("online");
    expect(server.sessions.size).toBe(1);
  });

  test("L13 when the leader is killed the follower leads, from the cursors of the store, and loses nothing", async () => {
    const { clock, server, open } = await world();
    const first = await open();
    const second = await open();
    server.say(group, bob.account, "one");
    await clock.advance(10);
    server.mute = true;
    server.loseNextEvents = 9;
    const own = say(first.client, "from one");
    const mine = say(second.client, "from two");
    await clock.advance(10);
    // Killed: no stop, its link and its lock just end.
    const [session] = server.sessions;
    server.sessions.delete(session as never);
    session?.close();
    first.tab.close();
    server.mute = false;
    server.loseNextEvents = 0;
    await clock.advance(1_000);
    expect(second.client.leader.value).toBe(true);
    expect(server.arrived).toEqual([own.id, mine.id, own.id, mine.id]);
    expect(textsOf(second.client.stream(group))).toEqual(["one", "from one", "from two"]);
    expect(await mine.done).toMatchObject({ ack: { seq: 4 } });
    const [next] = server.sessions;
    const [hello] = next?.received ?? [];
    expect(hello?.t === "hello" && hello.cursors.some(({ stream, seq }) => stream === group && seq === 2)).toBe(true);
  });

  test("L13 a leader that stops hands over; drafts and reading of a follower reach the server", async () => {
    const { clock, server, open } = await world();
    const first = await open();
    const second = await open();
    server.say(group, bob.account, "one");
    await clock.advance(10);
    const handle = second.client.stream(group);
    handle.setDraft("typed in two");
    handle.markRead(2);
    await clock.advance(10);
    expect(first.client.stream(group).draft.value?.text).toBe("typed in two");
    await clock.advance(3_000);
    expect(second.client.inbox.value.state?.drafts[group]?.text).toBe("typed in two");
    const state = server.streams.get(group)?.state;
    expect(state?.kind === "conversation" && state.receipts[ann.account]?.readSeq).toBe(2);
    await first.client.stop();
    await clock.advance(100);
    expect(second.client.leader.value).toBe(true);
    expect(second.client.connection.value.state).toBe("online");
    expect(server.sessions.size).toBe(1);
    say(second.client, "now alone");
    await clock.advance(10);
    expect(textsOf(handle)).toEqual(["one", "now alone"]);
  });

  test("L13 history is read through the leader, and again when it dies before the answer", async () => {
    const { clock, server, open } = await world();
    for (let i = 0; i < 120; i++) server.say(group, bob.account, `m${i}`);
    const first = await open();
    const second = await open();
    const handle = second.client.stream(group);
    const page = handle.older();
    await clock.advance(10);
    await page;
    expect(textsOf(handle)).toHaveLength(100);
    expect(textsOf(first.client.stream(group))).toHaveLength(50);
    server.mute = true;
    const next = handle.older();
    await clock.advance(10);
    server.mute = false;
    await first.client.stop();
    await clock.advance(1_000);
    await next;
    expect(textsOf(handle)).toHaveLength(120);
  });

  test("L4 a follower that missed something gets it whole from the leader", async () => {
    const { clock, server, open } = await world();
    await open();
    const second = await open();
    const deliver = second.tab.deliver.bind(second.tab);
    second.tab.deliver = () => {};
    server.say(group, bob.account, "one");
    await clock.advance(10);
    second.tab.deliver = deliver;
    server.say(group, bob.account, "two");
    await clock.advance(10);
    expect(textsOf(second.client.stream(group))).toEqual(["one", "two"]);
  });

  test("L13 a tab opened in the middle of a flood shows everything once and in order", async () => {
    const { clock, server, device } = await world();
    const browser = new FakeBrowser();
    const first = device.client({ tabs: browser.tab() });
    await first.start();
    await clock.advance(10);
    const second = device.client({ tabs: browser.tab() });
    const starting = second.start();
    for (let i = 0; i < 300; i++) {
      server.say(group, bob.account, `m${i}`);
      await Promise.resolve();
    }
    await starting;
    await clock.advance(100);
    const shown = textsOf(second.stream(group));
    expect(shown.at(-1)).toBe("m299");
    expect(shown).toEqual(Array.from({ length: 300 }, (_, i) => `m${i}`).slice(-shown.length));
    expect(shown.length).toBeGreaterThanOrEqual(200);
  });

  test("L5 a reset in one tab forgets in all of them", async () => {
    const { clock, server, device, open } = await world();
    const first = await open();
    const second = await open();
    server.accepts = () => false;
    await second.client.reset();
    await clock.advance(10);
    expect(first.client.stream(group).view.value.status).toBe("loading");
    expect(second.client.me.value).toBeUndefined();
    expect([...device.data.keys()]).toEqual(["format"]);
  });
});
