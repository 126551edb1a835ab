import { randomBytes } from "node:crypto";
import { makeCommandId } from "@aftercare/protocol";
import postgres from "postgres";
import { connectionOf } from "../../server/src/embedded/url.ts";
import { seal } from "../../server/src/seal.ts";
import { makePeople } from "./people.ts";
import { textOf } from "./side.ts";

/**
 * The bare floor: rows like those of the log, with its indexes, in `unnest` batches of 256 on four connections, and
 * nothing else: no lock, no dedup, no membership, no socket. Prints rows a second.
 */
const [url = "", seconds = "3"] = process.argv.slice(2);
const batchRows = 256;
const lanes = 4;
const conversations = 2_000;

const connection = connectionOf(url);
const sql = postgres(connection.url, { ...connection, max: lanes, onnotice: () => undefined });
await sql`create table bare (like event including all)`;

const { seats } = makePeople(conversations, 2);
const lastSeq = new Array<number>(conversations).fill(0);
let message = 0;

function makeRows() {
  return Array.from({ length: batchRows }, () => {
    const n = message++;
    const index = Math.floor(Math.random() * conversations);
    const seat = seats[2 * index];
    lastSeq[index] = (lastSeq[index] ?? 0) + 1;
    const body = { parts: [{ type: "text", text: textOf(n) }] };
    const commandId = makeCommandId(Date.now(), randomBytes(10));
    return {
      stream: seat?.conversation ?? "",
      by: seat?.account ?? "",
      seq: lastSeq[index] ?? 0,
      commandId,
      body: seal(body),
    };
  });
}

async function insertBatch(): Promise<void> {
  const rows = makeRows();
  await sql`
    insert into bare (stream, seq, type, by, at, timeline, command_id, fingerprint, body)
    select stream, seq, 'message.sent', by, ${Date.now()}::bigint, true, command_id, 1, body from unnest(
      ${rows.map((r) => r.stream)}::text[], ${rows.map((r) => r.seq)}::bigint[], ${rows.map((r) => r.by)}::text[],
      ${rows.map((r) => r.commandId)}::uuid[], ${rows.map((r) => r.body)}::text[]) as given(stream, seq, by, command_id, body)`;
}

await Promise.all(Array.from({ length: lanes }, insertBatch));
const startAt = performance.now();
const endAt = startAt + Number(seconds) * 1000;
let rows = 0;
const lane = async () => {
  while (performance.now() < endAt) {
    await insertBatch();
    rows += batchRows;
  }
};
await Promise.all(Array.from({ length: lanes }, lane));
console.log(Math.round((rows * 1000) / (performance.now() - startAt)));
await sql.end();
