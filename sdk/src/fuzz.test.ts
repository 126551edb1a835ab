import { expect, test } from "bun:test";
import { ChatServer } from "../../rig/fakes/chat-server.ts";
import { seededRandom, VirtualClock } from "../../rig/fakes/clock.ts";
import { Device, type Person, textsOf } from "../../rig/fakes/device.ts";
import { FakeBrowser, type FakeTab } from "../../rig/fakes/tabs.ts";
import { MemoryStore } from "./platform/memory-store.ts";
import type { Client, StoreWrite } from "./types.ts";

const people: Person[] = [1, 2].map((n) => ({ account: `a_000000000000000000000${n}`, name: `P${n}`, kind: "staff" }));
const groups = ["c_0000000000000000000001", "c_0000000000000000000002"];
/** Seeds that failed once stay here for ever. */
const failedOnce: number[] = [];
const seeds = [...failedOnce, ...Array.from({ length: 30 }, (_, i) => i + 1)];

/** A store that takes its time, so that a client can be killed before and after every write. */
class SlowStore extends MemoryStore {
  readonly #clock: VirtualClock;
  readonly #delay: () => number;
  killed = false;
  #last: Promise<void> = Promise.resolve();

  constructor(data: Map<string, unknown>, clock: VirtualClock, delay: () => number) {
    super(data);
    this.#clock = clock;
    this.#delay = delay;
  }

  override write(change: StoreWrite): Promise<void> {
    const kept = structuredClone(change);
    this.#last = this.#last
      .then(() => new Promise<void>((resolve) => this.#clock.setTimer(resolve, this.#delay())))
      .then(() => (this.killed ? new Promise<void>(() => {}) : super.write(kept)));
    return this.#last;
  }
}

type Page = { client: Client; tab: FakeTab; store: SlowStore; dead: boolean; sent: Map<string, string[]> };

class World {
  readonly clock = new VirtualClock();
  readonly server = new ChatServer(this.clock);
  readonly dice: (sides: number) => number;
  readonly devices: { device: Device; browser: FakeBrowser; pages: Page[] }[];
  readonly errors: string[] = [];
  /** Messages that a page has shown: they were persisted, so they must arrive whatever happens. */
  readonly shown = new Set<string>();
  /** Per page and stream, its messages in the order it sent them. */
  readonly orders: Map<string, string[]>[] = [];
  said = 0;

  constructor(seed: number) {
    const random = seededRandom(seed);
    this.dice = (sides) => ((random(1)[0] ?? 0) * 256 + (random(1)[0] ?? 0)) % sides;
    for (const one of people) this.server.account(one);
    for (const stream of groups) this.server.group(stream, people);
    this.server.latencyMs = () => this.dice(60);
    this.devices = [0, 0, 1].map((who, i) => {
      const device = new Device(this.server, people[who] as Person, seed * 100 + i * 30);
      return { device, browser: new FakeBrowser(), pages: [] };
    });
  }

  async open(index: number): Promise<void> {
    const room = this.devices[index];
    if (!room || room.pages.length >= 2) return;
    const tab = room.browser.tab();
    const store = new SlowStore(room.device.data, this.clock, () => this.dice(20));
    // Everything a killed page would still do is stopped at its ports.
    const page = { tab, store, dead: false, sent: new Map() } as unknown as Page;
    const clock = {
      now: () => this.clock.now(),
      elapsed: () => this.clock.elapsed(),
      setTimer: (call: () => void, ms: number) => this.clock.setTimer(() => !page.dead && call(), ms),
      clearTimer: (timer: unknown) => this.clock.clearTimer(timer),
    };
    const transport = this.server.transport(room.device.who);
    const guarded = {
      name: transport.name,
      open: (events: Parameters<typeof transport.open>[0]) => {
        const link = transport.open({
          opened: (ticket) => !page.dead && events.opened(ticket),
          frame: (text) => !page.dead && events.frame(text),
          closed: (why) => !page.dead && events.closed(why),
        });
        return { send: (text: string) => !page.dead && link.send(text), close: () => link.close() };
      },
    };
    page.client = room.device.client({ tabs: tab, store, clock, transports: [guarded] });
    room.pages.push(page);
    for (const stream of groups) this.#watch(page, stream);
    page.client.pending.subscribe((pending) => {
      if (page.dead) return;
      for (const { id, type } of pending) if (type === "message.send") this.shown.add(id);
    });
    this.orders.push(page.sent);
    void page.client.start();
  }

  /** Order and no double, at every single change that a page shows. */
  #watch(page: Page, stream: string): void {
    const { view } = page.client.stream(stream);
    view.subscribe(({ state, confirmed }) => {
      if (!state || !confirmed) return;
      const seqs = state.items.map(({ seq }) => seq);
      if (seqs.some((seq, i) => i > 0 && seq <= (seqs[i - 1] ?? 0))) this.errors.push(`order ${seqs}`);
      const ids = state.items.flatMap(({ commandId }) => commandId ?? []);
      if (new Set(ids).size !== ids.length) this.errors.push("a message is shown twice");
      const log = this.server.streams.get(stream)?.events ?? [];
      for (const item of confirmed.items)
        if (JSON.stringify(log[item.seq - 1]?.commandId) !== JSON.stringify(item.commandId))
          this.errors.push("not the log");
    });
  }

  kill(index: number): void {
    const room = this.devices[index];
    const page = room?.pages.splice(this.dice(room.pages.length || 1), 1)[0];
    if (!page) return;
    page.dead = true;
    page.store.killed = true;
    page.tab.close();
  }

  #say(page: Page, stream: string): void {
    for (let more = this.dice(3); more >= 0; more--) {
      const { id } = page.client.send("message.send", stream, { parts: [{ type: "text", text: `t${++this.said}` }] });
      page.sent.set(stream, [...(page.sent.get(stream) ?? []), id]);
    }
  }

  async step(): Promise<void> {
    const index = this.dice(this.devices.length);
    const room = this.devices[index];
    const page = room?.pages[this.dice(room.pages.length || 1)];
    const stream = groups[this.dice(groups.length)] as string;
    const kind = this.dice(100);
    if (kind < 45 && page) this.#say(page, stream);
    else if (kind < 54) await this.open(index);
    else if (kind < 58) this.kill(index);
    else if (kind < 64) this.server.cut();
    else if (kind < 70) this.server.loseNextEvents += this.dice(4);
    else if (kind < 74) this.server.beat();
    else if (kind < 78) page?.client.stream(stream).setDraft(`d${this.dice(9)}`);
    else if (kind < 82) this.server.repeatEvents = !this.server.repeatEvents;
    else if (kind < 85)
      this.server.refusals.push({ when: () => true, refusal: { code: "busy", retryAfterMs: this.dice(900) } });
    else if (kind < 88) this.server.gapEvents = this.dice(2) ? 1_000 : 3;
    else if (kind < 91) this.server.mute = !this.server.mute;
    else if (kind < 94) page?.client.stream(stream).markRead(this.dice(40));
    else if (kind < 96 && page && room) {
      room.pages.splice(room.pages.indexOf(page), 1);
      void page.client.stop();
    } else room?.device.wake.set(this.dice(3) > 0);
    await this.clock.advance(this.dice(400));
  }

  async calm(): Promise<void> {
    Object.assign(this.server, { loseNextEvents: 0, repeatEvents: false, mute: false, refusals: [], gapEvents: 1_000 });
    this.server.refusals.length = 0;
    for (const [i, { device, pages }] of this.devices.entries()) {
      device.wake.set(true);
      if (pages.length === 0) await this.open(i);
    }
    this.server.cut();
    for (let i = 0; i < 12; i++) {
      await this.clock.advance(10_000);
      this.server.beat();
    }
    await this.clock.advance(1_000);
  }
}

/** Messages of one page that stand in the log before one it sent earlier. */
function outOfOrder(world: World): string[] {
  const wrong: string[] = [];
  for (const sent of world.orders)
    for (const [stream, ids] of sent) {
      const at = new Map(world.server.streams.get(stream)?.events.map(({ commandId, seq }) => [commandId, seq]));
      const seqs = ids.flatMap((id) => at.get(id) ?? []);
      wrong.push(...seqs.filter((seq, i) => i > 0 && seq < (seqs[i - 1] ?? 0)).map(String));
    }
  return wrong;
}

for (const seed of seeds) {
  test(`L3 L4 L12 L13 every page converges to the log, and nothing sent is lost or doubled (seed ${seed})`, async () => {
    const world = new World(seed);
    for (let i = 0; i < 3; i++) await world.open(i);
    for (let i = 0; i < 120; i++) await world.step();
    await world.calm();
    expect(world.errors).toEqual([]);
    const arrived = new Set(
      groups.flatMap((stream) => world.server.streams.get(stream)?.events.map((event) => event.commandId)),
    );
    expect([...world.shown].filter((id) => !arrived.has(id))).toEqual([]);
    expect(world.shown.size).toBeGreaterThan(5);
    for (const stream of groups) {
      const events = world.server.streams.get(stream)?.events ?? [];
      const log = events.flatMap((event) => (event.type === "message.sent" ? [event.body.parts[0]] : []));
      const texts = log.map((part) => (part && "text" in part ? String(part.text) : ""));
      expect(new Set(texts).size).toBe(texts.length);
      for (const { pages } of world.devices)
        for (const { client } of pages) {
          expect(client.connection.value.state).toBe("online");
          expect(client.pending.value).toEqual([]);
          const handle = client.stream(stream);
          expect(handle.view.value.status).toBe("live");
          const shown = textsOf(handle);
          expect(shown).toEqual(texts.slice(-shown.length));
          expect(shown.length).toBeGreaterThanOrEqual(Math.min(texts.length, 3));
        }
    }
    expect(outOfOrder(world)).toEqual([]);
    for (const { device } of world.devices)
      expect([...device.data.keys()].filter((key) => key.startsWith("out/"))).toEqual([]);
  });
}
