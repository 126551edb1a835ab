import { makeCommandId, makeId } from "@aftercare/protocol";
import { createLogStore } from "../../server/src/db/log-store.ts";
import { migrate } from "../../server/src/db/migrate.ts";
import { openSql } from "../../server/src/db/sql.ts";
import { type Changes, noChanges } from "../../server/src/log/store.ts";
import { createDatabase } from "../setup/database.ts";
import { Random } from "../sim/random.ts";

/**
 * Bytes on disk and of write-ahead log for each message, through the statements of the write path:
 * `bun rig/capacity/measure.ts [messages]`. About 20 messages a conversation, 2,000 conversations open at a time.
 */
const total = Number(process.argv[2] ?? 1_000_000);
const streams = total / 20;
const openAtOnce = Math.min(2_000, streams / 2);
const batch = 250;
const text =
  "您好，我上個月在你們的店裡買了一副藍牙耳機，最近左邊突然沒有聲音了，充電盒的燈也不亮，請問應該怎麼處理比較好呢？發票和保固卡我都還留著，麻煩您了！";

const random = new Random(1);
const database = await createDatabase();
await migrate(database.url);
const sql = openSql(database.url, 4);
const store = createLogStore(sql);
let now = 1_770_000_000_000;
const newId = (prefix: "c_" | "a_") => {
  now += 7;
  return makeId(prefix, now, random.bytes(10));
};
const ids = Array.from({ length: streams }, () => newId("c_"));
const people = Array.from({ length: streams }, () => newId("a_"));

async function sizes() {
  await sql`vacuum analyze event`;
  const [row] = await sql<{ heap: number; indexes: number; stream: number; member: number; wal: number }[]>`
    select pg_relation_size('event')::float8 as heap, pg_indexes_size('event')::float8 as indexes,
      pg_total_relation_size('stream')::float8 as stream, pg_total_relation_size('member')::float8 as member,
      pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::float8 as wal`;
  if (!row) throw new Error("no sizes");
  return row;
}

async function conversations(): Promise<void> {
  for (let from = 0; from < streams; from += batch) {
    const changes = noChanges();
    for (const [index, id] of ids.slice(from, from + batch).entries()) {
      changes.newStreams.push({ id, lastSeq: 0, memberCount: 3, version: 0, title: "耳機左邊沒有聲音" });
      for (const place of [0, 17, 34]) {
        const account = people[(from + index + place) % streams] as string;
        const member = { account, name: "陳小明", role: "agent" as const, fromSeq: 1 };
        changes.members.push({ stream: id, status: "joined", member, receipt: { deliveredSeq: 1, readSeq: 1 } });
      }
    }
    await store.transaction((tx) => tx.write(changes));
  }
}

async function messages(): Promise<void> {
  const seqs = new Map<string, number>();
  for (let done = 0; done < total; done += batch) {
    const changes: Changes = noChanges();
    const heads = new Map<string, number>();
    const first = Math.floor((done / total) * (streams - openAtOnce));
    for (let n = 0; n < batch; n++) {
      const place = first + random.int(0, openAtOnce - 1);
      const [stream, by] = [ids[place] as string, people[place] as string];
      const seq = (seqs.get(stream) ?? 0) + 1;
      seqs.set(stream, seq);
      heads.set(stream, seq);
      now += 13;
      const commandId = makeCommandId(now, random.bytes(10));
      const body = { parts: [{ type: "text" as const, text }] };
      const fingerprint = random.int(0, 2 ** 48);
      changes.events.push({ stream, seq, type: "message.sent", by, at: now, commandId, fingerprint, body });
    }
    for (const [id, lastSeq] of heads) changes.heads.push({ id, lastSeq });
    await store.transaction(async (tx) => {
      await tx.lock([...heads.keys()]);
      await tx.write(changes);
    });
  }
}

await conversations();
const before = await sizes();
await messages();
const after = await sizes();
console.log({
  textBytes: Buffer.byteLength(text),
  heapPerMessage: (after.heap - before.heap) / total,
  indexesPerMessage: (after.indexes - before.indexes) / total,
  walPerMessage: (after.wal - before.wal) / total,
  perStream: after.stream / streams,
  perMember: after.member / streams / 3,
});
await sql.end({ timeout: 5 });
await database.drop();
process.exit(0);
