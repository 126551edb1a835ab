import { describe, expect, test } from "bun:test";
import { inboxOf } from "@aftercare/protocol";
import { ChatServer } from "../../rig/fakes/chat-server.ts";
import { VirtualClock } from "../../rig/fakes/clock.ts";
import { Device, type Person, textsOf } from "../../rig/fakes/device.ts";

const ann: Person = { account: "a_0000000000000000000001", name: "Ann", kind: "staff" };
const bob: Person = { account: "a_0000000000000000000002", name: "Bob", kind: "staff" };
const group = "c_0000000000000000000001";

function world() {
  const clock = new VirtualClock();
  const server = new ChatServer(clock);
  server.account(ann);
  server.account(bob);
  server.group(group, [ann, bob]);
  return { clock, server, device: new Device(server, ann) };
}

/** Every message once and in the order of the log. */
const log = (server: ChatServer): string[] =>
  (server.streams.get(group)?.events ?? []).flatMap((event) =>
    event.type === "message.sent" && event.body.parts[0]
      ? [String((event.body.parts[0] as { text: string }).text)]
      : [],
  );

describe("streams", () => {
  test("L7 a new device reads the inbox and then every stream in it", async () => {
    const { clock, server, device } = world();
    server.say(group, bob.account, "one");
    const client = device.client();
    await client.start();
    expect(client.inbox.value.status).toBe("loading");
    await clock.advance(10);
    expect(client.connection.value.state).toBe("online");
    expect(client.me.value).toEqual({ ...ann, may: [] });
    const [line] = client.inbox.value.lines;
    expect(line?.title).toBe("Team");
    expect(line?.unread).toEqual({ count: 1, more: false });
    const handle = client.stream(group);
    expect(handle.view.value.status).toBe("live");
    expect(textsOf(handle)).toEqual(["one"]);
  });

  test("L5 what one may do follows what the server says, in the middle of a session and after a restart", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    const seen: (readonly string[] | undefined)[] = [];
    client.me.subscribe((me) => seen.push(me?.may));
    for (const session of server.sessions)
      session.tell({ t: "rights", name: "Ann Lee", may: ["group.create"], role: "expert" });
    await clock.advance(10);
    const now = { ...ann, name: "Ann Lee", may: ["group.create"], role: "expert" };
    expect(client.me.value).toEqual(now);
    expect(seen.at(-1)).toEqual(["group.create"]);
    await client.stop();
    server.accepts = () => false;
    const again = device.client();
    await again.start();
    expect(again.me.value).toEqual(now);
  });

  test("L4 an event that leaves a gap is not applied: the gap is read first", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    const handle = client.stream(group);
    const shown: string[][] = [];
    handle.view.subscribe(() => shown.push(textsOf(handle)));
    server.loseNextEvents = 2;
    for (const text of ["one", "two", "three", "four"]) server.say(group, bob.account, text);
    await clock.advance(10);
    expect(textsOf(handle)).toEqual(["one", "two", "three", "four"]);
    for (const texts of shown) expect(["one", "two", "three", "four"].slice(0, texts.length)).toEqual(texts);
    expect(handle.view.value.status).toBe("live");
  });

  test("L4 an event that comes twice is shown once", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    const handle = client.stream(group);
    server.repeatEvents = true;
    for (const text of ["one", "two", "three"]) server.say(group, bob.account, text);
    await clock.advance(10);
    expect(textsOf(handle)).toEqual(["one", "two", "three"]);
  });

  test("L9 a lost event is found by the heads of the next heartbeat", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    const handle = client.stream(group);
    server.loseNextEvents = 1;
    server.say(group, bob.account, "one");
    await clock.advance(10);
    expect(textsOf(handle)).toEqual([]);
    server.beat();
    await clock.advance(10);
    expect(textsOf(handle)).toEqual(["one"]);
  });

  test("L7 after a reconnect only the gap is read, and the cursor is named", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    server.say(group, bob.account, "one");
    await clock.advance(10);
    server.cut();
    server.say(group, bob.account, "two");
    await clock.advance(20_000);
    const [session] = server.sessions;
    const [hello] = session?.received ?? [];
    expect(hello?.t === "hello" && hello.cursors.find(({ stream }) => stream === group)).toEqual({
      stream: group,
      epoch: 1,
      seq: 2,
    });
    expect(textsOf(client.stream(group))).toEqual(["one", "two"]);
  });

  test("L7 another epoch replaces what was shown, and nothing of the old log stays", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    for (const text of ["one", "two"]) server.say(group, bob.account, text);
    await clock.advance(10);
    const handle = client.stream(group);
    server.restore(group, 2);
    await clock.advance(20_000);
    expect(textsOf(handle)).toEqual(["one"]);
    server.say(group, bob.account, "three");
    await clock.advance(10);
    expect(textsOf(handle)).toEqual(["one", "three"]);
  });

  test("L3 a device that was killed shows the same from its store, before the network answers", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    for (let i = 0; i < 150; i++) server.say(group, bob.account, `m${i}`);
    await clock.advance(1_000);
    const kept = [...device.data.keys()].filter((key) => key.includes("/event/"));
    expect(kept.length).toBeLessThan(130);
    server.cut();
    server.accepts = () => false;
    // The first client is not stopped: it was killed.
    const again = device.client();
    await again.start();
    const handle = again.stream(group);
    expect(handle.view.value.status).toBe("filling");
    expect(textsOf(handle)).toEqual(log(server));
  });

  test("L3 a damaged or older cache is read again, never shown and never a crash", async () => {
    const { clock, server, device } = world();
    server.say(group, bob.account, "one");
    const first = device.client();
    await first.start();
    await clock.advance(10);
    await first.stop();
    for (const key of device.data.keys()) if (key.endsWith("/cursor")) device.data.set(key, { epoch: 1, seq: 99 });
    device.data.set(`stream/${inboxOf(ann.account)}/state`, { kind: "inbox", stream: 7 });
    device.data.set("what/is-this", 1);
    const again = device.client();
    await again.start();
    expect(again.stream(group).view.value.status).toBe("loading");
    await clock.advance(10);
    expect(textsOf(again.stream(group))).toEqual(["one"]);
    expect(device.data.has("what/is-this")).toBe(false);
    await again.stop();
    device.data.set("format", 0);
    const third = device.client();
    await third.start();
    await clock.advance(10);
    expect(textsOf(third.stream(group))).toEqual(["one"]);
  });

  test("L5 a stream that is gone leaves the view and the store", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    server.say(group, bob.account, "one");
    await clock.advance(10);
    const handle = client.stream(group);
    server.append(inboxOf(ann.account), "inbox.left", ann.account, { stream: group });
    for (const session of server.sessions) session.tell({ t: "gone", stream: group });
    await clock.advance(10);
    expect(handle.view.value.status).toBe("gone");
    expect(handle.view.value.state).toBeUndefined();
    expect([...device.data.keys()].filter((key) => key.includes(group))).toEqual([]);
    expect(client.inbox.value.lines).toEqual([]);
  });

  test("what cannot be a stream is gone at once, and is never asked for: the session would end", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    const early = client.stream("c_cut");
    await client.start();
    await clock.advance(10);
    const handle = client.stream("c_abc");
    handle.viewing(true);
    handle.typing(true);
    const said = client.send("message.send", handle.stream, { parts: [{ type: "text", text: "hello" }] });
    await clock.advance(10);
    expect([early, handle].map(({ view }) => view.value.status)).toEqual(["gone", "gone"]);
    expect(await said.done).toHaveProperty("refusal");
    expect(client.connection.value.state).toBe("online");
    server.cut();
    await clock.advance(20_000);
    expect(client.connection.value.state).toBe("online");
    await client.reset();
    await clock.advance(10);
    expect(handle.view.value.status).toBe("gone");
  });

  test("L5 another account on the same device sees nothing of the one before", async () => {
    const { clock, server, device } = world();
    server.say(group, bob.account, "one");
    const first = device.client();
    await first.start();
    first.stream(group).setDraft("secret");
    await clock.advance(500);
    await first.stop();
    server.account({ account: "a_0000000000000000000003", name: "Cy", kind: "staff" });
    device.who = { account: "a_0000000000000000000003", name: "Cy", kind: "staff" };
    const second = device.client();
    await second.start();
    expect(second.stream(group).view.value.status).toBe("loading");
    expect(second.stream(group).draft.value).toBeUndefined();
    await clock.advance(10);
    expect(second.me.value?.name).toBe("Cy");
    expect(second.inbox.value.lines).toEqual([]);
    expect(JSON.stringify([...device.data])).not.toContain("secret");
  });

  test("L14 the text before an edit, and a recalled one, leaves the rows of the store at once", async () => {
    const { clock, server, device } = world();
    const client = device.client();
    await client.start();
    await clock.advance(10);
    const said = server.say(group, bob.account, "a password");
    await clock.advance(10);
    expect(JSON.stringify([...device.data])).toContain("a password");
    const parts = [{ type: "text" as const, text: "a hint" }];
    server.append(group, "message.edited", bob.account, { seq: said.seq, parts });
    await clock.advance(10);
    expect(JSON.stringify([...device.data])).not.toContain("a password");
    expect(JSON.stringify([...device.data])).toContain("a hint");
    server.append(group, "message.recalled", bob.account, { seq: said.seq });
    await clock.advance(10);
    expect(JSON.stringify([...device.data])).not.toContain("a hint");
  });

  test("L18 an older page goes before the window, with the folds that came while it was read", async () => {
    const { clock, server, device } = world();
    for (let i = 0; i < 120; i++) server.say(group, bob.account, `m${i}`);
    const client = device.client();
    await client.start();
    await clock.advance(10);
    const handle = client.stream(group);
    expect(handle.view.value.older).toBe("more");
    const page = handle.older();
    expect(handle.view.value.older).toBe("reading");
    server.append(group, "message.edited", bob.account, { seq: 60, parts: [{ type: "text", text: "edited" }] });
    await clock.advance(10);
    await page;
    expect(textsOf(handle)).toHaveLength(100);
    expect(textsOf(handle)).toContain("edited");
    expect(await handle.reveal(2)).toBe(true);
    expect(handle.view.value.older).toBe("none");
    expect(textsOf(handle)[0]).toBe("m0");
  });

  test("storage that fails is told, and the client goes on in memory and catches up when it works again", async () => {
    const { clock, server, device } = world();
    const store = new FailingStore(device.data);
    const client = device.client({ store });
    await client.start();
    await clock.advance(10);
    store.fails = true;
    server.say(group, bob.account, "one");
    await clock.advance(10);
    expect(client.storage.value).toBe("failing");
    expect(textsOf(client.stream(group))).toEqual(["one"]);
    store.fails = false;
    await clock.advance(6_000);
    expect(client.storage.value).toBe("ok");
    server.accepts = () => false;
    const again = device.client();
    await again.start();
    expect(textsOf(again.stream(group))).toEqual(["one"]);
  });
});

import { MemoryStore } from "./platform/memory-store.ts";
import type { StoreWrite } from "./types.ts";

class FailingStore extends MemoryStore {
  fails = false;
  override async write(change: StoreWrite): Promise<void> {
    if (this.fails) throw new Error("quota");
    return super.write(change);
  }
}
