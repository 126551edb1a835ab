import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { apply, type ConversationState, type StreamState, trim } from "@aftercare/core";
import {
  type Command,
  type CommandType,
  commandTypes,
  inboxOf,
  limits,
  notesOf,
  parseCommand,
  type StreamId,
} from "@aftercare/protocol";
import type { Principal } from "../../server/src/context.ts";
import { type Rng, seeded, validCommand } from "./generate.ts";
import { beginning, epoch, World } from "./world.ts";

/** Seeds of walks. One that failed once stays here for ever. */
const seeds = [1, 2, 3, 4, 5, 6];
const steps = 100;
const atOnce = 4;

let world: World;
beforeAll(async () => {
  world = await World.open(7);
}, 60_000);
afterAll(() => world.close());

const pick = <T>(rng: Rng, values: readonly T[]): T => values[Math.floor(rng() * values.length)] as T;

/** People, and the conversations they have so far. */
type Scene = {
  people: Principal[];
  streams: StreamId[];
  heads: Map<StreamId, number>;
  sent: { by: Principal; stream: StreamId; seq: number }[];
};

async function openScene(): Promise<Scene> {
  const people = [
    ...(await Promise.all([1, 2].map(() => world.person("staff", true)))),
    ...(await Promise.all([1, 2].map(() => world.person("staff")))),
    await world.person("customer"),
  ];
  const [agent, other, third, , customer] = people as [Principal, Principal, Principal, Principal, Principal];
  const asked = await world.conversation(customer, "conversation.ask", {});
  const members = [other.account, third.account];
  const group = await world.conversation(agent, "conversation.create-group", { title: "All", members });
  return { people, streams: [asked, notesOf(asked), group], heads: new Map(), sent: [] };
}

const likely: CommandType[] = [
  "message.send",
  "message.send",
  "message.edit",
  "message.edit",
  "message.edit",
  "message.react",
  "message.recall",
  "message.pin",
];

/** A command that may well be accepted: real people, real streams, messages near the end. */
function someCommand(scene: Scene, rng: Rng): { by: Principal; command: Command } {
  // Mostly about one's own message: that is what edits and recalls are for.
  const own = rng() < 0.8 ? pick(rng, scene.sent.slice(-12)) : undefined;
  const by = own?.by ?? pick(rng, scene.people);
  const type = rng() < 0.75 ? pick(rng, likely) : pick(rng, commandTypes);
  const raw = validCommand(type, rng);
  const body = raw.body as Record<string, unknown>;
  const stream = own?.stream ?? pick(rng, scene.streams);
  const seq = own?.seq ?? 1 + Math.floor(rng() * (scene.heads.get(stream) ?? 4));
  if ("stream" in raw) raw.stream = stream;
  if ("stream" in body) body.stream = stream;
  if ("account" in body) body.account = pick(rng, scene.people).account;
  if ("members" in body) body.members = [pick(rng, scene.people).account];
  if ("desk" in body) body.desk = world.desk;
  if ("seq" in body) body.seq = seq;
  if ("replyTo" in body) body.replyTo = seq;
  if ("from" in body) body.from = { stream: pick(rng, scene.streams), seq };
  if ("untilAt" in body) body.untilAt = rng() < 0.5 ? null : world.now + Math.floor(rng() * 20_000);
  if ("emoji" in body) body.emoji = pick(rng, ["👍", "🎉", "1️⃣"]);
  const parsed = parseCommand(raw);
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.refusal));
  return { by, command: parsed.command };
}

/** Devices that follow a stream in bits and pieces, reading rows that later events have folded. */
class Follower {
  private readonly states = new Map<StreamId, StreamState>();

  async catchUp(stream: StreamId, head: number, pageEvents: number): Promise<void> {
    let state = this.states.get(stream);
    const after = state?.seq ?? 0;
    const events = await world.events(stream, after, Math.min(head, after + pageEvents));
    state ??= beginning(stream, events[0]);
    for (const event of events) state = apply(state, event);
    this.states.set(stream, state);
  }

  async finish(stream: StreamId, head: number): Promise<StreamState> {
    while ((this.states.get(stream)?.seq ?? 0) < head) await this.catchUp(stream, head, 7);
    return this.states.get(stream) as StreamState;
  }
}

/** The last page, as snapshots have it. */
const lastPage = (state: StreamState): StreamState =>
  state.kind === "conversation" ? trim(state as ConversationState, limits.snapshotItems) : state;

async function walk(seed: number): Promise<{ accepted: number; refused: number }> {
  const rng = seeded(seed);
  const scene = await openScene();
  const follower = new Follower();
  const counts = { accepted: 0, refused: 0 };
  const mine = () => [...scene.streams, ...scene.people.map((one) => inboxOf(one.account))];
  for (let step = 0; step < steps; step++) {
    scene.heads = await world.heads();
    const commands = Array.from({ length: 1 + Math.floor(rng() * atOnce) }, () => someCommand(scene, rng));
    const answers = await Promise.all(commands.map(({ by, command }) => world.execute(by, command)));
    for (const [index, answer] of answers.entries()) {
      const { by, command } = commands[index] as (typeof commands)[number];
      if ("refusal" in answer) {
        expect(answer.refusal.code).not.toBe("busy");
        counts.refused++;
        continue;
      }
      counts.accepted++;
      const { conversation, stream, seq } = answer.ack;
      if (command.type === "message.send") scene.sent.push({ by, stream, seq });
      if (conversation && !scene.streams.includes(conversation)) scene.streams.push(conversation);
    }
    const heads = await world.heads();
    for (const stream of mine())
      if (rng() < 0.3) await follower.catchUp(stream, heads.get(stream) ?? 0, 1 + Math.floor(rng() * 6));
  }
  const heads = await world.heads();
  for (const stream of mine()) await compare(scene, follower, stream, heads.get(stream) ?? 0);
  return counts;
}

async function compare(scene: Scene, follower: Follower, stream: StreamId, head: number): Promise<void> {
  const followed = lastPage(await follower.finish(stream, head));
  for (const who of scene.people) {
    const stored = await world.stored(who, stream);
    if (!stored) continue;
    expect(stored.epoch).toBe(epoch);
    // Members that came later see less; what they see is cut from the same state.
    if (stored.kind === "conversation" && stored.members[who.account]?.fromSeq !== 1) continue;
    expect(followed).toEqual(stored);
    expect(await world.kept(who, stream)).toEqual(stored);
    return;
  }
}

describe("L18 walks", () => {
  test.each(seeds)(
    "L3 L18 seed %d: whoever follows in bits ends where the log does",
    async (seed) => {
      const { accepted, refused } = await walk(seed);
      expect(accepted).toBeGreaterThan(20);
      expect(refused).toBeGreaterThan(10);
    },
    60_000,
  );
});
