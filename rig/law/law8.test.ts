import { expect, test } from "bun:test";
import { inboxOf, type ServerFrame } from "@aftercare/protocol";
import type { LogStore } from "../../server/src/log/store.ts";
import { createNode } from "../../server/src/node.ts";
import { epoch, World } from "./world.ts";

const sessions = 100;
const missed = 20;

/** Counts what is asked of the store; `heads` is the heartbeat's and not a resume's. */
function counting(store: LogStore): { store: LogStore; reads: () => number } {
  let reads = 0;
  const counted = new Proxy(store, {
    get(target, name: keyof LogStore) {
      if (name !== "heads") reads++;
      return target[name];
    },
  });
  return { store: counted, reads: () => reads };
}

test("L8 a storm of resumes for gaps in memory reads nothing from the database, and misses nothing", async () => {
  const world = await World.open(8);
  const { store, reads } = counting(world.ctx.store);
  const node = createNode({ ...world.ctx, store }, epoch);
  try {
    const [mei, guest] = [await world.person("staff", true), await world.person("customer")];
    const asked = await node.execute(guest, world.command("conversation.ask", {}));
    const stream = "ack" in asked ? (asked.ack.conversation ?? "") : "";
    const open = async (seq?: number) => {
      const frames: ServerFrame[] = [];
      const outlet = {
        send: (text: string) => frames.push(JSON.parse(text)),
        bufferedBytes: () => 0,
        close: () => undefined,
      };
      const session = node.connect(outlet, async () => mei);
      const known = (one: string, at: number | undefined) => ({
        stream: one,
        ...(at !== undefined && { epoch, seq: at }),
      });
      const cursors = [known(inboxOf(mei.account), seq && 1), known(stream, seq)];
      session.receive(JSON.stringify({ t: "hello", versions: [1], cursors }));
      const live = () => frames.filter((frame) => frame.t === "live").length === cursors.length;
      for (let turn = 0; turn < 1_000 && !live(); turn++) await new Promise((resolve) => setImmediate(resolve));
      return { frames, session };
    };
    // One client is there and keeps the stream and the inbox in memory.
    const first = await open();
    const head = 2;
    for (let i = 0; i < missed; i++)
      await node.execute(guest, world.command("message.send", { parts: [{ type: "text", text: `${i}` }] }, stream));
    const before = reads();
    for (let i = 0; i < sessions; i++) {
      const { frames, session } = await open(head);
      const seqs = frames.flatMap((frame) => (frame.t === "events" ? frame.events.map((event) => event.seq) : []));
      expect(seqs).toEqual(Array.from({ length: missed }, (_, n) => head + 1 + n));
      session.end("restart");
    }
    expect(reads() - before).toBe(0);
    first.session.end("restart");
  } finally {
    await node.stop(0);
    await world.close();
  }
});
