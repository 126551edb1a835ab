import { afterAll, beforeAll, expect, test } from "bun:test";
import type { Credential, StreamId } from "@aftercare/protocol";
import { createLogStore } from "../../server/src/db/log-store.ts";
import { migrate } from "../../server/src/db/migrate.ts";
import { createGate } from "../../server/src/db/replicas.ts";
import { openSql } from "../../server/src/db/sql.ts";
import { StaleEpoch } from "../../server/src/log/store.ts";
import { seedDemo } from "../../server/src/seed.ts";
import { ask, conversation, message } from "../api/server.ts";
import { caughtUp, dropTemplate, eventually, type Pair, startPair } from "./pair.ts";
import { type RunningNode, say, shownBy, startDevice, startNode } from "./shop.ts";

const limitMs = 120_000;
const flags = {
  lanes: 2,
  "batch-window-ms": 50,
  "db-connections": 6,
  "db-lock-timeout-ms": 300,
  "db-statement-timeout-ms": 3_000,
};
let pair: Pair;
let node: RunningNode;

beforeAll(async () => {
  pair = await startPair();
  await migrate(pair.primary.url);
  await seedDemo(pair.primary.url);
  node = await startNode(pair.primary.url, { ...flags, "database-replica-urls": pair.replica.url });
}, limitMs);

afterAll(async () => {
  await node.stop();
  await pair.close();
  await dropTemplate();
}, limitMs);

async function metric(name: string): Promise<number> {
  const { body } = await ask(node.url, "/metrics");
  return Number(new RegExp(`^${name} (\\d+)`, "m").exec(body)?.[1]);
}

test(
  "L1 L2 the primary restarts: nodes find it again, what was answered busy is sent again, nothing is lost or doubled",
  async () => {
    const { who, stream } = await conversation(node.url);
    const device = await startDevice(node.url, who as unknown as Credential);
    await eventually(() => device.stream(stream).view.value.state !== undefined);
    const texts = Array.from({ length: 40 }, (_, index) => `m${index}`);
    const sent = texts.map((text, index) => {
      if (index !== 10) return say(device, stream, text);
      void pair.primary.stop().then(() => pair.primary.start());
      return say(device, stream, text);
    });
    const answers = await Promise.all(sent.map(({ done }) => done));
    expect(answers.filter((answer) => "ack" in answer)).toHaveLength(texts.length);
    await eventually(() => JSON.stringify(shownBy(device, stream)) === JSON.stringify(texts));
    const rows = await pair.primary.sql(
      (sql) => sql<{ id: string }[]>`
        select command_id as id from event where stream = ${stream} and command_id is not null`,
    );
    expect(new Set(rows.map(({ id }) => id)).size).toBe(rows.length);
    await device.stop();
  },
  limitMs,
);

test(
  "a row that somebody holds has its own conversation answered busy, and the others of its batch get in",
  async () => {
    const open = async () => {
      const { who, stream } = await conversation(node.url);
      return { token: who.token, stream };
    };
    const [held, free] = [await open(), await open()];
    const { promise: release, resolve: letGo } = Promise.withResolvers<void>();
    const { promise: holding, resolve: isHeld } = Promise.withResolvers<void>();
    const holder = pair.primary.sql((sql) =>
      sql.begin(async (tx) => {
        await tx`select 1 from stream where id = ${held.stream} for update`;
        isHeld();
        await release;
      }),
    );
    await holding;
    const post = (to: { token: string; stream: StreamId }, body: object) =>
      ask(node.url, "/v1/commands", { token: to.token, body });
    const stuck = [message(held.stream, "one"), message(held.stream, "two")];
    const answers = await Promise.all([
      post(held, stuck[0] as object),
      post(held, stuck[1] as object),
      post(free, message(free.stream, "three")),
    ]);
    expect(answers.map(({ body }) => body.refusal?.code ?? "ack")).toEqual(["busy", "busy", "ack"]);
    letGo();
    await holder;
    const later = await Promise.all(stuck.map((body) => post(held, body)));
    expect(later.map(({ body }) => body.refusal?.code ?? "ack")).toEqual(["ack", "ack"]);
  },
  limitMs,
);

test(
  "reads of history have their own share of the connections: with all of it taken, the write path finds one",
  async () => {
    const sql = openSql(pair.primary.url, 3);
    const store = createLogStore(sql, { reads: createGate(1) });
    const { stream } = await conversation(node.url);
    const { promise: release, resolve: letGo } = Promise.withResolvers<void>();
    const { promise: holding, resolve: isHeld } = Promise.withResolvers<void>();
    // Pages wait for it; locks and heads do not touch it.
    const holder = pair.primary.sql((one) =>
      one.begin(async (tx) => {
        await tx`lock table event in access exclusive mode`;
        isHeld();
        await release;
      }),
    );
    await holding;
    const flood = Array.from({ length: 50 }, () => store.page({ stream, floor: 1, limit: 10 }));
    expect((await store.heads([stream])).heads.has(stream)).toBe(true);
    expect(await store.transaction((tx) => tx.lock([stream]))).toHaveLength(1);
    letGo();
    await holder;
    expect((await Promise.all(flood)).every((found) => found?.page.items.length)).toBe(true);
    await sql.end({ timeout: 1 });
  },
  limitMs,
);

test(
  "L7 nothing is appended on another server's log until its epoch is settled, and all nodes settle on one",
  async () => {
    const { stream } = await conversation(node.url);
    const pools = [openSql(pair.primary.url, 2), openSql(pair.primary.url, 2)];
    const stores = pools.map((sql) => createLogStore(sql));
    const [store] = stores as [(typeof stores)[0]];
    const { epoch } = await store.heads([]);
    const rows = await store.transaction((tx) => tx.lock([stream]), epoch);
    const append = (of: number) => {
      const command = message(stream, "fenced");
      const body = command.body as { parts: { type: "text"; text: string }[] };
      const one = { stream, by: "a_0000000000000000000000", commandId: command.id, fingerprint: 1, body };
      return store.append({ epoch: of, versions: new Map([[stream, rows[0]?.version ?? 0]]), messages: [one], at: 1 });
    };
    await pair.primary.sql((sql) => sql`update deployment set server = 'another/00000009'`);
    expect(await store.transaction((tx) => tx.lock([stream]), epoch).catch((error) => error)).toBeInstanceOf(
      StaleEpoch,
    );
    expect(await append(epoch)).toBeUndefined();
    const settled = await Promise.all([...stores, ...stores].map((one) => one.heads([])));
    expect(new Set(settled.map((one) => one.epoch)).size).toBe(1);
    const next = settled[0]?.epoch ?? 0;
    expect(next).toBeGreaterThan(epoch);
    expect(await append(epoch)).toBeUndefined();
    expect(await store.transaction((tx) => tx.lock([stream]), epoch).catch((error) => error)).toBeInstanceOf(
      StaleEpoch,
    );
    expect((await append(next))?.size).toBe(1);
    await Promise.all(pools.map((sql) => sql.end({ timeout: 1 })));
    // The running node was told `another epoch`, answers busy for a moment, and goes on by itself.
    await eventually(async () => (await conversation(node.url)).stream !== undefined);
  },
  limitMs,
);

test(
  "L5 pages come from the replica when it has all that is known here, else from the primary, and survive its end",
  async () => {
    const { who, stream } = await conversation(node.url);
    const { token } = who;
    const page = async () => {
      // From the start: the newest page may come from memory.
      const { status, body } = await ask(node.url, `/v1/streams/${stream}/history?after=0`, { token });
      expect(status).toBe(200);
      return body.items.length as number;
    };
    const before = await page();
    await eventually(() => caughtUp(pair.primary, pair.replica));
    const reads = await metric("aftercare_replica_reads_total");
    expect(await page()).toBe(before);
    expect(await metric("aftercare_replica_reads_total")).toBe(reads + 1);

    await pair.replica.sql((sql) => sql`select pg_wal_replay_pause()`);
    await ask(node.url, "/v1/commands", { token, body: message(stream, "not there yet") });
    const behind = await metric("aftercare_replica_behind_total");
    expect(await page()).toBe(before + 1);
    expect(await metric("aftercare_replica_behind_total")).toBe(behind + 1);
    expect(await metric("aftercare_replica_reads_total")).toBe(reads + 1);
    await pair.replica.sql((sql) => sql`select pg_wal_replay_resume()`);

    await eventually(() => caughtUp(pair.primary, pair.replica));
    const stranger = await conversation(node.url);
    expect((await ask(node.url, `/v1/streams/${stream}/history`, { token: stranger.who.token })).status).not.toBe(200);

    await pair.replica.kill();
    expect(await page()).toBe(before + 1);
    expect(await metric("aftercare_replica_failures_total")).toBeGreaterThan(0);
  },
  limitMs,
);
