import { afterAll, expect, test } from "bun:test";
import type { Credential, StreamId } from "@aftercare/protocol";
import type { Client } from "@aftercare/sdk";
import { findPrimary } from "../../server/src/cli/ready.ts";
import { migrate } from "../../server/src/db/migrate.ts";
import { seedDemo } from "../../server/src/seed.ts";
import { ask, command, conversation, staff } from "../api/server.ts";
import { caughtUp, dropTemplate, eventually, type Pair, type PostgresServer, startPair } from "./pair.ts";
import { type RunningNode, say, shownBy, startDevice, startNode } from "./shop.ts";

const limitMs = 120_000;

afterAll(dropTemplate);

/** Two nodes that know both servers, a customer on one and staff on the other. */
type Scene = {
  pair: Pair;
  nodes: RunningNode[];
  stream: StreamId;
  customer: Client;
  agent: Client;
  epoch(server: PostgresServer): Promise<number>;
  close(): Promise<void>;
};

async function openScene(flags: Readonly<Record<string, string>> = {}): Promise<Scene> {
  const pair = await startPair();
  const { primary, replica } = pair;
  await migrate(primary.url);
  const { signIns } = await seedDemo(primary.url);
  const both = primary.url.replace(/127\.0\.0\.1:\d+/, `127.0.0.1:${replica.port},127.0.0.1:${primary.port}`);
  // The replica is named first: where the primary is, is to be found.
  const url = await findPrimary(both);
  expect(url).toContain(`127.0.0.1:${primary.port},127.0.0.1:${replica.port}`);
  const nodes = [await startNode(url, flags), await startNode(url, flags)];
  const [one, two] = nodes as [RunningNode, RunningNode];
  const { who, stream } = await conversation(one.url);
  const mei = await staff({ url: one.url, signIns });
  await ask(two.url, "/v1/commands", { token: mei.token, body: command("member.join", {}, stream) });
  const agent = await startDevice(two.url, mei as unknown as Credential);
  const customer = await startDevice(one.url, who as unknown as Credential);
  const epoch = (server: PostgresServer) =>
    server.sql(async (sql) => (await sql<{ epoch: number }[]>`select epoch from deployment`)[0]?.epoch ?? 0);
  const close = async () => {
    await Promise.all([customer.stop(), agent.stop()]);
    await Promise.all(nodes.map((node) => node.stop()));
    await pair.close();
  };
  return { pair, nodes, stream, customer, agent, epoch, close };
}

/** Both devices show these texts, in this order, and nothing waits. */
async function bothShow({ customer, agent, stream }: Scene, texts: readonly string[]): Promise<void> {
  const wanted = JSON.stringify(texts);
  const shows = (client: Client) => JSON.stringify(shownBy(client, stream)) === wanted;
  await eventually(
    () => shows(customer) && shows(agent) && customer.pending.value.length + agent.pending.value.length === 0,
    () => `${wanted} instead of ${JSON.stringify([shownBy(customer, stream), shownBy(agent, stream)])}`,
  );
}

/** The order in which the customer's device shows so many, none of them waiting. */
async function settledOrder({ customer, stream }: Scene, count: number): Promise<string[]> {
  const shown = () => shownBy(customer, stream);
  await eventually(() => shown().length === count && shown().every((text) => !text.startsWith("…")));
  return shown();
}

/** What the new primary holds, each command once and every seq. */
async function stored({
  pair,
  stream,
}: Scene): Promise<{ texts: number; reactions: number; heads: number[]; ids: number }> {
  return pair.replica.sql(async (sql) => {
    const rows = await sql<{ seq: number; id: string | null; type: string }[]>`
      select seq::int as seq, command_id as id, type from event where stream = ${stream} order by seq`;
    const ids = rows.flatMap(({ id }) => id ?? []);
    return {
      texts: rows.filter(({ type, id }) => type === "message.sent" && id !== null).length,
      reactions: rows.filter(({ type }) => type === "message.reacted").length,
      heads: rows.map(({ seq }) => seq),
      ids: ids.length - new Set(ids).size,
    };
  });
}

test(
  "L7 a replica that lacked the last commits takes over: a new epoch, and clients send again what was acknowledged and lost",
  async () => {
    const scene = await openScene();
    const { pair, customer, agent, stream } = scene;
    try {
      say(customer, stream, "one");
      await bothShow(scene, ["one"]);
      const before = await scene.epoch(pair.primary);
      await eventually(() => caughtUp(pair.primary, pair.replica));
      await pair.replica.cutOff();
      const lost = [say(customer, stream, "lost by the customer"), say(agent, stream, "lost by the agent")];
      const first = agent.stream(stream).view.value.confirmed?.items.find(({ type }) => type === "message.sent");
      lost.push(agent.send("message.react", stream, { seq: first?.seq ?? 0, emoji: "👍", on: true }));
      for (const { done } of lost) expect(await done).toMatchObject({ ack: { stream } });
      // Acknowledged, shown on both, and gone from both outboxes.
      await bothShow(scene, await settledOrder(scene, 3));
      await pair.primary.kill();
      const sentWhileAway = say(customer, stream, "sent while away");
      await pair.replica.promote();
      expect(await sentWhileAway.done).toMatchObject({ ack: { stream } });
      await eventually(
        async () => (await stored(scene)).texts === 4,
        () => "all four in the log",
      );
      const after = await scene.epoch(pair.replica);
      expect(after).toBeGreaterThan(before);
      const shown = await settledOrder(scene, 4);
      expect([...shown].sort()).toEqual(["lost by the agent", "lost by the customer", "one", "sent while away"]);
      await bothShow(scene, shown);
      await eventually(async () => (await stored(scene)).reactions === 1);
      const { heads, ids } = await stored(scene);
      expect(heads).toEqual(heads.map((_, index) => index + 1));
      expect(ids).toBe(0);
    } finally {
      await scene.close();
    }
  },
  limitMs,
);

test(
  "a synchronous replica takes over: with `keep` the epoch stays, nothing is lost, and clients just resume",
  async () => {
    const scene = await openScene({ "failover-epoch": "keep" });
    const { pair, customer, agent, stream } = scene;
    try {
      await pair.primary.sql(async (sql) => {
        await sql`alter system set synchronous_standby_names = '*'`;
        await sql`select pg_reload_conf()`;
        await eventually(
          async () => (await sql`select 1 from pg_stat_replication where sync_state = 'sync'`).length === 1,
        );
      });
      const before = await scene.epoch(pair.primary);
      const kept = ["a", "b", "c"].map((text) => say(customer, stream, text));
      await Promise.all(kept.map(({ done }) => done));
      await bothShow(scene, ["a", "b", "c"]);
      await pair.primary.kill();
      await pair.replica.promote();
      await say(agent, stream, "d").done;
      await bothShow(scene, ["a", "b", "c", "d"]);
      expect(await scene.epoch(pair.replica)).toBe(before);
      expect((await stored(scene)).texts).toBe(4);
    } finally {
      await scene.close();
    }
  },
  limitMs,
);
