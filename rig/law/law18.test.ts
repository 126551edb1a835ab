import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { apply, type StreamState } from "@aftercare/core";
import {
  type CommandType,
  commandTypes,
  type Event,
  inboxOf,
  notesOf,
  type Seq,
  type StreamId,
} from "@aftercare/protocol";
import type { Principal } from "../../server/src/context.ts";
import { type Case, cases } from "./cases.ts";
import { beginning, World } from "./world.ts";

let world: World;
beforeAll(async () => {
  world = await World.open(18);
}, 60_000);
afterAll(() => world.close());

const prepare = (type: CommandType) => cases[type](world) as Promise<Case>;

/** Every stream that the viewers can have, and whose it is. */
function views(one: Case): { who: Principal; stream: StreamId }[] {
  const shared = [one.stream, "stream" in one.body ? one.body.stream : undefined].filter((id) => id !== undefined);
  const streams = shared.flatMap((id) => [id, notesOf(id)]);
  return one.viewers.flatMap((who) =>
    [inboxOf(who.account), world.desk, ...streams].map((stream) => ({ who, stream })),
  );
}

const replay = (state: StreamState, events: readonly Event[]): StreamState => events.reduce(apply, state);

describe("L18 apply(snapshot at n, events n+1..m) is the snapshot at m", () => {
  test("L18 every command has its case", () => {
    expect(Object.keys(cases).sort()).toEqual([...commandTypes].sort());
  });

  test.each(commandTypes)(
    "L18 %s",
    async (type) => {
      const one = await prepare(type);
      const before = await world.heads();
      const looked = await Promise.all(
        views(one).map(async (view) => ({
          ...view,
          state: await world.stored(view.who, view.stream),
          kept: await world.kept(view.who, view.stream),
        })),
      );
      const answer = await world.execute(one.by, world.command(type, one.body, one.stream));
      expect(answer).toMatchObject({ ack: { at: world.now } });
      const after = await world.heads();
      const touched = [...after].filter(([stream, head]) => (before.get(stream) ?? 0) !== head);
      expect(touched.length).toBeGreaterThan(0);
      for (const [stream, head] of touched) await checkWhole(one, stream, before.get(stream) ?? 0, head);
      for (const { who, stream, state } of looked) {
        if (!state || (after.get(stream) ?? 0) === state.seq) continue;
        const now = await world.stored(who, stream);
        const events = await world.events(stream, state.seq, after.get(stream) ?? 0);
        // Whoever was taken out learns it and sees no more.
        if (!now) expect(["member.left", "member.removed"]).toContain(events[0]?.type as string);
        else expect({ who: who.name, state: replay(state, events) }).toEqual({ who: who.name, state: now });
        expect(await world.kept(who, stream)).toEqual(now);
      }
    },
    30_000,
  );
});

/** The events are dense, and rows read now, folded by all that came later, lead from the beginning to the present. */
async function checkWhole(one: Case, stream: StreamId, from: Seq, head: Seq): Promise<void> {
  const events = await world.events(stream, 0, head);
  expect(events.map((event) => event.seq)).toEqual(Array.from({ length: head }, (_, index) => index + 1));
  expect(events.slice(from).filter((event) => event.commandId !== undefined).length).toBeLessThanOrEqual(1);
  if (stream === world.desk) return;
  for (const who of one.viewers) {
    const stored = await world.stored(who, stream);
    if (!stored || (stored.kind === "conversation" && stored.members[who.account]?.fromSeq !== 1)) continue;
    const state = replay(beginning(stream, events[0]), events);
    expect(state).toEqual(stored);
    // Told again, nothing happens twice.
    expect(replay(state, events)).toEqual(stored);
  }
}

describe("L2 a command has one effect", () => {
  test.each(commandTypes)(
    "L2 %s: sent again it gets the first answer, with another body it is refused",
    async (type) => {
      const one = await prepare(type);
      const command = world.command(type, one.body, one.stream);
      const first = await world.execute(one.by, command);
      expect(first).toMatchObject({ ack: { id: command.id } });
      const written = await world.everything();
      expect(await world.execute(one.by, command)).toEqual(first);
      const reordered = Object.fromEntries(Object.entries(command.body).reverse());
      expect(await world.execute(one.by, { ...command, body: reordered })).toEqual(first);
      if (JSON.stringify(one.other) !== JSON.stringify(one.body))
        expect(await world.execute(one.by, { ...command, body: one.other })).toEqual({
          refusal: { code: "id-reused" },
        });
      expect(await world.everything()).toEqual(written);
    },
    30_000,
  );

  test.each(commandTypes)(
    "L2 %s: two at once under one id are one",
    async (type) => {
      const one = await prepare(type);
      const command = world.command(type, one.body, one.stream);
      const answers = await Promise.all([1, 2, 3].map(() => world.execute(one.by, command)));
      expect(answers[1]).toEqual(answers[0] as never);
      expect(answers[2]).toEqual(answers[0] as never);
      const rows = await world.sql`select 1 from event where command_id = ${command.id}`;
      expect(rows.length).toBe(1);
    },
    30_000,
  );
});

describe("L5 who is no member is refused", () => {
  test.each(commandTypes)(
    "L5 %s: a stranger is refused, nothing changes, and the id stays free",
    async (type) => {
      const one = await prepare(type);
      const written = await world.everything();
      const command = world.command(type, one.body, one.stream);
      expect(await world.execute(one.stranger, command)).toMatchObject({ refusal: { code: one.refused } });
      expect(await world.everything()).toEqual(written);
      // Refusals are not remembered, and ids belong to the account that made them.
      expect(await world.execute(one.by, command)).toMatchObject({ ack: { id: command.id } });
    },
    30_000,
  );

  test.each(commandTypes)("L5 %s: a stream that does not exist is told as one that is not ours", async (type) => {
    const one = await prepare(type);
    if (one.stream === undefined) return;
    const nowhere = world.ctx.ids.conversation();
    const answer = await world.execute(one.by, world.command(type, one.body, nowhere));
    expect(answer).toMatchObject({ refusal: { code: "not-a-member" } });
  });

  test("L5 a desk is no place to write, though its staff are members of it", async () => {
    const agent = await world.person("staff", true);
    const { stream, said, mei } = await (async () => {
      const one = await prepare("message.recall");
      return { stream: one.stream, said: (one.body as { seq: Seq }).seq, mei: one.by };
    })();
    const written = await world.everything();
    const refused = { refusal: { code: "not-a-member" } };
    const body = { parts: [{ type: "text" as const, text: "Hi" }] };
    expect(await world.execute(agent, world.command("message.send", body, world.desk))).toEqual(refused as never);
    const from = { from: { stream: stream as StreamId, seq: said } };
    expect(await world.execute(mei, world.command("message.forward", from, world.desk))).toEqual(refused as never);
    expect(await world.execute(mei, world.command("draft.set", { stream: world.desk, text: "a" }))).toEqual(
      refused as never,
    );
    expect(await world.execute(mei, world.command("inbox.set", { stream: world.desk, muted: true }))).toEqual(
      refused as never,
    );
    expect(await world.everything()).toEqual(written);
  });
});
