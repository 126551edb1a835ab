import { expect, test } from "bun:test";
import type { Event, ListCounts, ListLine, ListPage, ListQuery, Read, StreamId } from "@aftercare/protocol";
import { VirtualClock } from "../../rig/fakes/clock.ts";
import { Random } from "../../rig/sim/random.ts";
import type { Change } from "./change.ts";
import { Lists, listKey } from "./lists.ts";
import type { StoreWrite } from "./types.ts";

const id = (index: number): StreamId => `c_${String(index).padStart(22, "0")}`;
const line = (index: number, lastAt: number): ListLine => ({
  stream: id(index),
  kind: "support",
  lastAt,
  unread: { count: 1, more: false },
  settings: {},
});
const heard = (...streams: StreamId[]): Change[] =>
  streams.map((stream) => ({ t: "events", stream, epoch: 1, events: [] as Event[] }));
const online: Change = { t: "connection", connection: { state: "online", transport: "websocket", since: 0 } };

/** A server with lines, newest first, and the client's lists on it. */
class Stage {
  readonly clock = new VirtualClock();
  lines: ListLine[] = [];
  asked: { read: Read; at: number }[] = [];
  kept = new Map<string, unknown>();
  isDown = false;
  readonly lists = new Lists({
    clock: this.clock,
    cache: {
      write: async ({ put = [] }: StoreWrite) => {
        for (const [key, value] of put) this.kept.set(key, value);
      },
    },
    ask: async (read) => {
      this.asked.push({ read, at: this.clock.now() });
      if (this.isDown) return { refusal: { code: "busy" } };
      return { answer: read.type === "counts" ? ({} as ListCounts) : this.page(read as Read & { type: "list" }) };
    },
  });

  page({ after, limit = 50 }: { after?: string | undefined; limit?: number | undefined }): ListPage {
    const [at, stream = ""] = after?.split("~") ?? [];
    const sorted = this.lines.toSorted((a, b) => b.lastAt - a.lastAt || (a.stream < b.stream ? 1 : -1));
    const beyond = sorted.filter(
      (one) => at === undefined || one.lastAt < Number(at) || (one.lastAt === Number(at) && one.stream < stream),
    );
    const lines = structuredClone(beyond.slice(0, limit));
    const last = lines.at(-1);
    return { lines, ...(beyond.length > limit && last && { next: `${last.lastAt}~${last.stream}` }) };
  }

  get sorted(): StreamId[] {
    return this.page({ limit: 1e6 }).lines.map(({ stream }) => stream);
  }
}

const query: ListQuery = { view: "all" };
const streamsOf = (lines: readonly ListLine[]): StreamId[] => lines.map(({ stream }) => stream);

test("a list begins with what the device kept, and pages from the server", async () => {
  const stage = new Stage();
  stage.lines = Array.from({ length: 120 }, (_, index) => line(index, 1_000 + index));
  stage.lists.fill([[listKey(query), [line(3, 3), line(2, 2)]]]);
  const list = stage.lists.open(query);
  expect(list.view.value).toMatchObject({ status: "filling", more: "none" });
  expect(streamsOf(list.view.value.lines)).toEqual([id(3), id(2)]);
  await stage.clock.advance(0);
  expect(list.view.value).toMatchObject({ status: "live", more: "more" });
  expect(streamsOf(list.view.value.lines)).toEqual(stage.sorted.slice(0, 50));
  await Promise.all([list.more(), list.more()]);
  expect(streamsOf(list.view.value.lines)).toEqual(stage.sorted.slice(0, 100));
  await list.more();
  expect(streamsOf(list.view.value.lines)).toEqual(stage.sorted);
  expect(list.view.value.more).toBe("none");
  expect(stage.kept.get(listKey(query))).toEqual(list.view.value.lines.slice(0, 50));
});

test("what is heard makes it read again, at most once a second, and no line that stayed is another object", async () => {
  const stage = new Stage();
  stage.lines = Array.from({ length: 60 }, (_, index) => line(index, 1_000 + index));
  const list = stage.lists.open(query);
  let told = 0;
  list.view.subscribe(() => told++);
  await stage.clock.advance(10);
  await list.more();
  told = 0;
  const before = new Map(list.view.value.lines.map((one) => [one.stream, one]));
  for (let i = 0; i < 100; i++) {
    stage.lists.took(heard(id(5)));
    await stage.clock.advance(50);
  }
  const times = stage.asked.filter(({ read }) => read.type === "list" && !("after" in read)).map(({ at }) => at);
  for (const [index, at] of times.entries())
    if (index > 0) expect(at - (times[index - 1] ?? 0)).toBeGreaterThanOrEqual(1_000);
  expect(times.length).toBeLessThanOrEqual(7);
  expect(told).toBe(0);
  stage.lines = stage.lines.map((one) => (one.stream === id(5) ? { ...one, lastAt: 9_999 } : one));
  stage.lists.took(heard(id(5)));
  await stage.clock.advance(1_000);
  expect(told).toBe(1);
  expect(streamsOf(list.view.value.lines)).toEqual(stage.sorted);
  for (const one of list.view.value.lines)
    if (one.stream !== id(5)) expect(one).toBe(before.get(one.stream) as ListLine);
});

for (const seed of [1, 2, 3, 4])
  test(`lines come, go and move, and the list is the server's, without doubles (seed ${seed})`, async () => {
    const stage = new Stage();
    const random = new Random(seed);
    let time = 10_000;
    stage.lines = Array.from({ length: 200 }, (_, index) => line(index, 1_000 + index));
    const list = stage.lists.open(query);
    await stage.clock.advance(0);
    for (let step = 0; step < 150; step++) {
      const { stream } = random.pick(stage.lines);
      const act = random.weighted({ move: 6, gone: 2, come: 1, more: 2, down: 0.3 });
      if (act === "more") void list.more();
      if (act === "down") stage.isDown = !stage.isDown;
      if (act === "move")
        stage.lines = stage.lines.map((one) => (one.stream === stream ? { ...one, lastAt: ++time } : one));
      if (act === "gone") stage.lines = stage.lines.filter((one) => one.stream !== stream);
      const fresh = id(1_000 + step);
      if (act === "come") stage.lines = [...stage.lines, line(1_000 + step, ++time)];
      stage.lists.took(heard(act === "come" ? fresh : stream));
      await stage.clock.advance(random.int(0, 700));
      const shown = streamsOf(list.view.value.lines);
      expect(new Set(shown).size).toBe(shown.length);
    }
    stage.isDown = false;
    stage.lists.took([online]);
    await stage.clock.advance(3_000);
    const shown = streamsOf(list.view.value.lines);
    expect(list.view.value.status).toBe("live");
    expect(shown.length).toBeGreaterThanOrEqual(50);
    expect(shown).toEqual(stage.sorted.slice(0, shown.length));
  });

test("read on this device shows at once; a server that does not answer leaves what was known", async () => {
  const stage = new Stage();
  stage.lines = [line(1, 1), line(2, 2)];
  const list = stage.lists.open(query);
  await stage.clock.advance(0);
  stage.lists.took([{ t: "read", stream: id(2), seq: 4 }]);
  expect(list.view.value.lines[0]?.unread).toEqual({ count: 0, more: false });
  stage.isDown = true;
  stage.lists.took(heard(id(1)));
  await stage.clock.advance(2_000);
  expect(list.view.value).toMatchObject({ status: "failed" });
  expect(list.view.value.lines.length).toBe(2);
  stage.isDown = false;
  stage.lists.took([online]);
  await stage.clock.advance(2_000);
  expect(list.view.value.status).toBe("live");
  list.close();
  stage.lists.stop();
  expect(stage.clock.pending).toBe(0);
});

test("a list found by words is read again for its own lines alone, and now and then", async () => {
  const stage = new Stage();
  stage.lines = [line(1, 1), line(2, 2)];
  const list = stage.lists.open({ view: "all", query: "lamp" });
  await stage.clock.advance(5_000);
  const reads = () => stage.asked.filter(({ read }) => read.type === "list").length;
  const before = reads();
  for (let n = 0; n < 5; n++) {
    stage.lists.took(heard(id(9)));
    await stage.clock.advance(2_000);
  }
  expect(reads()).toBe(before);
  stage.lists.took(heard(id(2)));
  await stage.clock.advance(2_000);
  expect(reads()).toBe(before + 1);
  await stage.clock.advance(61_000);
  expect(reads()).toBe(before + 2);
  list.close();
  stage.lists.stop();
  expect(stage.clock.pending).toBe(0);
});

test("what is not heard is found after a while; a closed list asks nothing more", async () => {
  const stage = new Stage();
  stage.lines = [line(1, 1)];
  const list = stage.lists.open(query);
  await stage.clock.advance(0);
  stage.lines = [line(1, 1), line(2, 2)];
  await stage.clock.advance(16_000);
  expect(streamsOf(list.view.value.lines)).toEqual([id(2), id(1)]);
  list.close();
  const asked = stage.asked.length;
  stage.lists.took(heard(id(1)));
  await stage.clock.advance(60_000);
  expect(stage.asked.length).toBe(asked);
});
