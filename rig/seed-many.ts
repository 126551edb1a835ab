import { parseArgs } from "node:util";
import type { Actor } from "@aftercare/core";
import { type Command, inboxOf, limits, makeCommandId, makeId, type StreamId } from "@aftercare/protocol";
import type { Sql } from "postgres";
import { createLogStore } from "../server/src/db/log-store.ts";
import { openSql } from "../server/src/db/sql.ts";
import { type Answer, commitBatch } from "../server/src/log/batch.ts";
import { systemIds } from "../server/src/platform.ts";
import { Random } from "./sim/random.ts";

/**
 * `bun rig/seed-many.ts --url postgres://… [--conversations 20000] [--messages 100000]`: fills a seeded database with many
 * conversations and one long one, for measuring. Said through the same laws as everything, in large batches.
 */
export type Many = { conversations: number; messages: number; now: number; seed?: number };

const batchRows = 500;
const longRows = 2_000;
const copyMs = 6 * 3_600_000;
const minuteMs = 60_000;
const titles = [
  "Left earbud is silent",
  "退款進度",
  "充電器過熱",
  "Screen flickers",
  "保養期查詢",
  "Wrong colour delivered",
];
const names = ["Ada", "Ben", "陳大文", "Chloe", "李小龍", "Dora", "王芳", "Emil"];
const words = [
  "Hello",
  "My order has not come.",
  "請問幾時有貨？",
  "Thanks!",
  "I have sent you a photo.",
  "可以退換嗎？",
];

export async function seedMany(url: string, many: Many): Promise<{ long: StreamId }> {
  const sql = openSql(url, 4);
  try {
    return await new Seeder(sql, many).run();
  } finally {
    await sql.end({ timeout: 5 });
  }
}

class Seeder {
  readonly #sql: Sql;
  readonly #many: Many;
  readonly #random: Random;
  readonly #store: ReturnType<typeof createLogStore>;
  #now: number;
  #staff: Actor[] = [];

  constructor(sql: Sql, many: Many) {
    this.#sql = sql;
    this.#many = many;
    this.#random = new Random(many.seed ?? 1);
    this.#store = createLogStore(sql);
    const batches = (6 * many.conversations) / batchRows + many.messages / longRows + 10;
    this.#now = many.now - batches * 2 * minuteMs;
  }

  async run(): Promise<{ long: StreamId }> {
    const desk = await this.#store.lookup.desk(undefined);
    if (!desk || desk.staff.length === 0) throw new Error("seed the demo shop first: this needs a desk with staff");
    this.#staff = [...desk.staff];
    const { conversations, messages } = this.#many;
    const streams = await this.#conversations(Math.min(batchRows, conversations));
    await this.#copy(streams, conversations - streams.length);
    return { long: await this.#long(messages) };
  }

  async #customers(count: number): Promise<Actor[]> {
    const customers = Array.from({ length: count }, (): Actor => {
      const name = `${this.#random.pick(names)} ${this.#random.int(1, 9_999)}`;
      return { account: makeId("a_", this.#now, this.#random.bytes(10)), name, kind: "customer" };
    });
    const accounts = customers.map(({ account }) => account);
    await this.#sql`
      insert into account (id, kind, name)
      select id, 'customer', name from unnest(${accounts}::text[], ${customers.map(({ name }) => name)}::text[]) as c(id, name)`;
    await this.#sql`insert into stream (id) select * from unnest(${accounts.map(inboxOf)}::text[])`;
    return customers;
  }

  /** Each batch has a minute of the past to itself. */
  async #give(
    commands: { actor: Actor; type: string; stream?: StreamId | undefined; body: object }[],
  ): Promise<Answer[]> {
    this.#now += minuteMs;
    const clock = { now: () => this.#now, elapsed: () => this.#now, setTimer: () => 0, clearTimer: () => undefined };
    const settings = { recallWindowMs: limits.recallWindowMs } as Parameters<typeof commitBatch>[0]["settings"];
    const batch = commands.map(({ actor, ...rest }) => {
      const id = makeCommandId(this.#now, this.#random.bytes(10));
      return { actor, command: { id, ...rest } as unknown as Command, answer: () => undefined };
    });
    const { answers } = await commitBatch({ store: this.#store, clock, ids: systemIds, settings }, batch);
    const refused = answers.find((answer) => "refusal" in answer);
    if (refused && "refusal" in refused) throw new Error(`refused: ${JSON.stringify(refused.refusal)}`);
    return answers;
  }

  #text(more = ""): object {
    return { parts: [{ type: "text", text: `${this.#random.pick(words)}${more}` }] };
  }

  async #conversations(count: number): Promise<StreamId[]> {
    const random = this.#random;
    const customers = await this.#customers(count);
    const asked = await this.#give(
      customers.map((actor) => ({ actor, type: "conversation.ask", body: { title: random.pick(titles) } })),
    );
    const streams = asked.map((answer) => ("ack" in answer ? (answer.ack.conversation as StreamId) : ""));
    const each = (
      chance: number,
      make: (stream: StreamId, customer: Actor) => object & { actor: Actor; type: string },
    ) =>
      streams.flatMap((stream, index) =>
        random.chance(chance) ? [{ body: {}, stream, ...make(stream, customers[index] as Actor) }] : [],
      );
    await this.#give(each(1, (_, actor) => ({ actor, type: "message.send", body: this.#text() })));
    const staff = () => random.pick(this.#staff);
    await this.#give(
      each(0.6, () => {
        const actor = staff();
        return { actor, type: "conversation.assign", body: { account: actor.account } };
      }),
    );
    await this.#give(each(0.7, () => ({ actor: staff(), type: "message.send", body: this.#text() })));
    await this.#give(each(0.3, (_, actor) => ({ actor, type: "message.send", body: this.#text() })));
    await this.#give(each(0.3, () => ({ actor: staff(), type: "conversation.close", body: {} })));
    const { heads } = await this.#store.heads(streams.filter(() => random.chance(0.8)));
    await this.#store.saveReceipts(
      [...heads].flatMap(([stream, seq]) =>
        this.#staff.map(({ account }) => ({ stream, account, receipt: { deliveredSeq: seq, readSeq: seq } })),
      ),
    );
    return streams;
  }

  /** The same conversations again and again, each time some hours earlier: rows alone, and no inbox hears of them. */
  async #copy(streams: readonly StreamId[], count: number): Promise<void> {
    const tails = streams.map((stream) => stream.slice(2));
    const of = (names: string) => names.replace(/\w+/g, "source.$&");
    const at = (column: string) => `source.${column} - n * ${copyMs}::bigint`;
    const rows = (table: string, columns: string, values: string) =>
      this.#sql.unsafe(
        `insert into ${table} (${columns}) select ${values} from (
          select tail, n from unnest($1::text[]) with ordinality as base(tail, place), generate_series(1, $2::int) as n
          order by n, place limit $3::int) as given, unnest(array['c_', 'n_']) as letter, lateral (
          select letter || translate(rtrim(encode(decode(md5(tail || n), 'hex'), 'base64'), '='), '+/', '-_') as fresh
          offset 0) as made, lateral (
          select * from ${table} as r where r.${table === "stream" ? "id" : "stream"} = letter || tail offset 0) as source`,
        [tails, Math.ceil(count / tails.length), count],
      );
    const own = "account, status, name, role, from_seq, delivered_seq, read_seq";
    const said = "seq, type, by, timeline, body, fold";
    const listed = "kind, desk, customer, assignee, last_seq, last_by";
    const times = `${at("last_at")}, ${at("waiting_since")}, ${at("closed_at")}`;
    await rows("stream", "id, last_seq, member_count, meta", `fresh, ${of("last_seq, member_count, meta")}`);
    await rows("member", `stream, ${own}`, `fresh, ${of(own)}`);
    await rows("event", `stream, at, ${said}`, `fresh, ${at("at")}, ${of(said)}`);
    await rows(
      "conversation",
      `stream, last_at, waiting_since, closed_at, ${listed}`,
      `fresh, ${times}, ${of(listed)}`,
    );
  }

  async #long(messages: number): Promise<StreamId> {
    const [customer] = await this.#customers(1);
    const actor = customer as Actor;
    const [asked] = await this.#give([{ actor, type: "conversation.ask", body: { title: "A very long story" } }]);
    const stream = asked && "ack" in asked ? (asked.ack.conversation as StreamId) : "";
    for (let done = 0; done < messages; done += longRows)
      await this.#give(
        Array.from({ length: Math.min(longRows, messages - done) }, (_, index) => {
          const by = this.#random.chance(0.5) ? actor : this.#random.pick(this.#staff);
          return { actor: by, type: "message.send", stream, body: this.#text(` (${done + index + 1})`) };
        }),
      );
    return stream;
  }
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: {
      url: { type: "string" },
      conversations: { type: "string", default: "20000" },
      messages: { type: "string", default: "100000" },
    },
  });
  if (!values.url) throw new Error("--url of a database with the demo shop");
  const now = Date.now();
  const counts = { conversations: Number(values.conversations), messages: Number(values.messages) };
  const { long } = await seedMany(values.url, { ...counts, now });
  console.log(`${counts.conversations} conversations; ${counts.messages} messages in ${long}`);
}
