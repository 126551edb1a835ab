import { expect, test } from "bun:test";
import { ChatServer } from "../../rig/fakes/chat-server.ts";
import { settle, VirtualClock } from "../../rig/fakes/clock.ts";
import { Device, textsOf } from "../../rig/fakes/device.ts";
import { WINDOW_ITEMS } from "./slot.ts";

const kit = { account: "a_kit0000000000000000000", name: "Kit", kind: "staff" as const };
const mei = { account: "a_mei0000000000000000000", name: "Mei", kind: "staff" as const };
const stream = "c_long000000000000000000";
const many = 1_200;

async function opened() {
  const clock = new VirtualClock();
  const server = new ChatServer(clock);
  server.account(kit);
  server.account(mei);
  server.group(stream, [kit, mei]);
  for (let n = 1; n <= many; n++) server.say(stream, mei.account, `m${n}`);
  const client = new Device(server, kit).client();
  await client.start();
  await settle();
  const handle = client.stream(stream);
  await settle();
  const seqs = () => (handle.view.value.state?.items ?? []).map(({ seq }) => seq);
  const whole = () => {
    const all = seqs();
    for (const [index, seq] of all.entries()) if (index > 0) expect(seq).toBe((all[index - 1] ?? 0) + 1);
    return all;
  };
  return { server, client, handle, seqs, whole };
}

test("a reader who goes to the start and back holds a bounded window without holes", async () => {
  const { handle, whole } = await opened();
  for (let guard = 0; handle.view.value.older === "more" && guard < 100; guard++) {
    await handle.older();
    expect(whole().length).toBeLessThanOrEqual(2 * WINDOW_ITEMS);
  }
  expect(whole()[0]).toBe(1);
  expect(whole().length).toBeLessThanOrEqual(WINDOW_ITEMS);
  expect(handle.view.value).toMatchObject({ newer: "more", older: "none" });
  for (let guard = 0; handle.view.value.newer === "more" && guard < 100; guard++) {
    await handle.newer();
    expect(whole().length).toBeLessThanOrEqual(2 * WINDOW_ITEMS);
  }
  expect(whole().at(-1)).toBe(many + 1);
  expect(handle.view.value.newer).toBe("none");
});

test("a message far back is revealed with what is around it, and the end comes back at once", async () => {
  const { handle, seqs, whole } = await opened();
  expect(await handle.reveal(40)).toBe(true);
  expect(whole()).toContain(40);
  expect(handle.view.value.newer).toBe("more");
  handle.latest();
  expect(seqs().at(-1)).toBe(many + 1);
  expect(handle.view.value.newer).toBe("none");
  expect(await handle.reveal(many + 50)).toBe(false);
});

test("while an earlier part is shown, what is new waits below it, and edits and recalls reach it", async () => {
  const { server, handle, seqs } = await opened();
  await handle.reveal(40);
  const before = seqs();
  server.say(stream, mei.account, "new");
  server.append(stream, "message.edited", mei.account, { seq: 40, parts: [{ type: "text", text: "edited" }] });
  await settle();
  expect(seqs()).toEqual(before);
  expect(textsOf(handle)).toContain("edited");
  expect(textsOf(handle)).not.toContain("new");
  handle.latest();
  expect(textsOf(handle)).toContain("new");
});

test("a fold that comes while a page is read is not lost, and a page that comes too late changes nothing", async () => {
  const { server, handle, seqs } = await opened();
  await handle.reveal(600);
  const first = seqs()[0] ?? 0;
  const reading = handle.older();
  server.append(stream, "message.recalled", mei.account, { seq: first - 3 });
  await reading;
  const item = handle.view.value.state?.items.find(({ seq }) => seq === first - 3);
  expect(item?.type === "message.sent" && item.fold?.recalled).toBeTruthy();
  const late = handle.older();
  handle.latest();
  await late;
  expect(seqs().at(-1)).toBe(
    server.streams
      .get(stream)
      ?.events.filter(({ type }) => type === "message.sent")
      .at(-1)?.seq,
  );
  expect(handle.view.value.newer).toBe("none");
});

test("a time is jumped to; after the last message there is nothing", async () => {
  const { server, handle, whole } = await opened();
  const at = server.streams.get(stream)?.events[99]?.at ?? 0;
  expect(await handle.revealAt(at)).toBeDefined();
  whole();
  expect(await handle.revealAt(server.clock.now() + 1)).toBeUndefined();
});

test("who writes sees what was written: the end comes back", async () => {
  const { client, handle } = await opened();
  await handle.reveal(40);
  void client.send("message.send", stream, { parts: [{ type: "text", text: "mine" }] });
  await settle();
  expect(textsOf(handle).at(-1)).toEndWith("mine");
});
