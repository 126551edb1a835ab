import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { type CommandType, commandTypes, inboxOf, notesOf, parseCommand, refusalCodes } from "@aftercare/protocol";
import { ask, type Credential, command, conversation, customer, message, staff } from "../api/server.ts";
import { anId, badBodies, type Rng, seeded, validCommand } from "../law/generate.ts";
import { openSender, type Sender, ways } from "./outcome.ts";
import { headsOf, type ServerProcess, startProcess } from "./server.ts";
import { createWitness, type Witness } from "./witness.ts";

const seed = 20_261_122;

// A runner that gives a test up kills the servers of all the others.
setDefaultTimeout(60_000);

let server: ServerProcess;
let witness: Witness;
beforeAll(async () => {
  server = await startProcess();
  witness = await createWitness(server);
});
afterAll(async () => {
  await witness.close();
  await server.stop();
});

const isRefusal = (outcome: string): boolean => Object.hasOwn(refusalCodes, outcome);

/** The same text by every way; tells the outcomes by way. */
async function byEveryWay(senders: readonly Sender[], text: string): Promise<Record<string, string>> {
  const outcomes = await Promise.all(senders.map(async (sender) => [sender.way, await sender.command(text)] as const));
  return Object.fromEntries(outcomes);
}

const same = (outcome: string | undefined) => Object.fromEntries(ways.map((way) => [way, outcome ?? ""]));

/** Bad commands of a type as the wire carries them; what JSON turns into something good is none. */
function* badTexts(type: CommandType): Generator<{ why: string; text: string }> {
  for (const { why, command } of badBodies(type, seed)) {
    const text = JSON.stringify(command);
    if (!parseCommand(JSON.parse(text)).ok) yield { why: `${type} ${why}`, text };
  }
}

describe("every wrong form of every command is refused alike by every way, with no effect", () => {
  for (const type of commandTypes)
    test(type, async () => {
      const { token } = await staff(server);
      const senders = ways.map((way) => openSender(way, server.url, token));
      const before = await headsOf(server);
      let tried = 0;
      for (const { why, text } of badTexts(type)) {
        const outcomes = await byEveryWay(senders, text);
        expect([why, outcomes]).toEqual([why, same(outcomes.http)]);
        expect([why, outcomes.http, isRefusal(outcomes.http ?? "")]).toEqual([why, outcomes.http, true]);
        tried++;
      }
      expect(tried).toBeGreaterThan(50);
      expect(await headsOf(server)).toEqual(before);
      await Promise.all(senders.map((sender) => sender.close()));
      await witness.talk(type);
    });
});

/** What is in the database: own and foreign streams of every kind, accounts of every kind. */
type World = { mine: Credential; streams: string[]; accounts: string[] };

async function worldOf(mine: Credential, rng: Rng): Promise<World> {
  const { who: stranger, stream: theirs } = await conversation(server.url);
  const { account: mei, token } = await staff(server);
  const { account: kit } = await staff(server, "kit");
  const give = async (body: object) => (await ask(server.url, "/v1/commands", { token, body })).body;
  const group = (await give(command("conversation.create-group", { title: "夜班", members: [kit] }))).conversation;
  const desks = await server.query<{ id: string }>("select id from stream where id like 'd\\_%'");
  const own = mine.account === mei ? [] : [await ownConversation(mine)];
  for (const stream of [theirs, group, ...own]) await give(message(stream, "在"));
  const streams = [theirs, group, ...own, witness.stream].flatMap((stream) => [stream, notesOf(stream)]);
  const accounts = [mine.account, stranger.account, mei, kit, anId("a_", rng)];
  const others = [...desks.map(({ id }) => id), ...accounts.map(inboxOf), anId("c_", rng), anId("d_", rng)];
  return { mine, streams: [...streams, ...others], accounts };
}

async function ownConversation({ token }: Credential): Promise<string> {
  return (await ask(server.url, "/v1/commands", { token, body: command("conversation.ask", {}) })).body.conversation;
}

/** A value with ids and seqs of the world where it had random ones. */
function placed(value: unknown, world: World, rng: Rng): unknown {
  const pick = <T>(values: readonly T[]): T => values[Math.floor(rng() * values.length)] as T;
  if (Array.isArray(value)) return value.map((one) => placed(one, world, rng));
  if (typeof value === "object" && value !== null)
    return Object.fromEntries(
      Object.entries(value).map(([name, one]) => [
        name,
        name === "seq" || name === "replyTo" ? pick([1, 2, 3, one]) : placed(one, world, rng),
      ]),
    );
  if (typeof value !== "string") return value;
  if (/^[cni]_.{22}$/.test(value)) return pick(world.streams);
  if (/^d_.{22}$/.test(value)) return pick(world.streams.filter((stream) => stream.startsWith("d_")));
  return /^a_.{22}$/.test(value) ? pick(world.accounts) : value;
}

/** Commands that took effect in streams of which their giver is no member. */
const trespasses = (accounts: readonly string[]) =>
  server.query(`
    select event.stream, event.seq, event.type, event.by from event
    where by in (${accounts.map((account) => `'${account}'`).join()})
      and command_id is not null and stream <> 'i' || substr(by, 2)
      and not exists (select 1 from member where member.stream = event.stream and member.account = event.by)`);

describe("commands of good form get one answer by every way, and reach nothing that is not one's own", () => {
  const rounds = 9;
  for (const kind of ["customer", "staff"] as const)
    test(`${kind}, ids of others in every place (seed ${seed})`, async () => {
      const rng = seeded(seed);
      const mine = kind === "staff" ? await staff(server) : await customer(server.url);
      const world = await worldOf(mine, rng);
      const senders = ways.map((way) => openSender(way, server.url, mine.token));
      const seen: Record<string, number> = {};
      for (let round = 0; round < rounds; round++)
        for (const type of commandTypes) {
          const { id, stream, body } = validCommand(type, rng);
          const sent = {
            id,
            type,
            ...(stream !== undefined && { stream: placed(stream, world, rng) }),
            body: round === 0 ? body : placed(body, world, rng),
          };
          // Law 2: one after another under one id, so an accepted one has one effect and one answer.
          const outcomes: Record<string, string> = {};
          for (const sender of senders) outcomes[sender.way] = await sender.command(JSON.stringify(sent));
          expect({ sent, outcomes }).toEqual({ sent, outcomes: same(outcomes.http) });
          const outcome = outcomes.http ?? "";
          expect([sent, outcome]).toEqual([sent, outcome.startsWith("ack ") || isRefusal(outcome) ? outcome : ""]);
          // "busy" would be the word for a statement that the database refused.
          expect([sent, outcome === "busy"]).toEqual([sent, false]);
          const word = outcome.split(" ")[0] as string;
          seen[word] = (seen[word] ?? 0) + 1;
        }
      expect(seen.ack ?? 0).toBeGreaterThan(3);
      expect(seen["not-a-member"] ?? 0).toBeGreaterThan(15);
      expect(await trespasses([mine.account])).toEqual([]);
      await Promise.all(senders.map((sender) => sender.close()));
      await witness.talk(kind);
    });

  test("a customer reaches no notes, no desk and no inbox of others with any command", async () => {
    const rng = seeded(seed + 1);
    const mine = await customer(server.url);
    const world = await worldOf(mine, rng);
    const own = await server.query<{ stream: string }>(
      `select stream from member where account = '${mine.account}' and status = 'joined'`,
    );
    const allowed = new Set([...own.map(({ stream }) => stream), inboxOf(mine.account)]);
    const before = await headsOf(server);
    for (const stream of world.streams.filter((each) => !allowed.has(each)))
      for (const type of commandTypes) {
        const sent = validCommand(type, rng);
        if (sent.stream === undefined) continue;
        const body = { ...sent, stream, body: placed(sent.body, world, rng) };
        const answer = await ask(server.url, "/v1/commands", { token: mine.token, body });
        const code = answer.body.refusal?.code;
        // How much a message holds is looked at first, wherever it is for.
        const known = code === "not-invited" || code === "too-large";
        expect([type, stream, code]).toEqual([type, stream, known ? code : "not-a-member"]);
      }
    expect(await headsOf(server)).toEqual(before);
    await witness.talk("foreign streams");
  });
});
