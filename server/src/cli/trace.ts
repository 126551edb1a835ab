import type { Seq, StreamId, Trace, TracePerson } from "@aftercare/protocol";
import { createLogStore } from "../db/log-store.ts";
import { openSql } from "../db/sql.ts";
import { createTraceStore } from "../db/trace-store.ts";
import { traceOf } from "../gateway/inspect.ts";
import { systemClock, systemIds } from "../platform.ts";

export type TraceWords = { stream: StreamId; seq: Seq; json: boolean };

/** STREAM SEQ [--json]; undefined when that is not what was said. */
export function readTraceWords(words: readonly string[]): TraceWords | undefined {
  const json = words.includes("--json");
  const [stream = "", seq = "", ...rest] = words.filter((word) => word !== "--json");
  const fits = /^[cn]_[-0-9A-Z_a-z]{22}$/.test(stream) && /^[1-9]\d{0,14}$/.test(seq) && rest.length === 0;
  return fits ? { stream, seq: Number(seq), json } : undefined;
}

/**
 * Prints one message's way. Whoever runs this has the database: no permission is asked. Marks of the last half minute may still
 * be in the memory of a running server.
 */
export async function trace(url: string, traceDays: number, { stream, seq, json }: TraceWords): Promise<number> {
  const sql = openSql(url, 2);
  try {
    const store = createLogStore(sql);
    const [found] = await store.streams([stream]);
    const traces = createTraceStore(sql, traceDays);
    const ctx = { store, ids: systemIds, traces, now: systemClock.now() };
    const answer = found && (await traceOf(ctx, { stream, seq }, found));
    if (!answer) {
      console.error(`aftercare: there is no event ${seq} in ${stream}.`);
      return 1;
    }
    console.log(json ? JSON.stringify(answer) : tableOf(answer));
    return 0;
  } finally {
    await sql.end({ timeout: 5 });
  }
}

const none = "-";

/** Times of devices as distances from the moment the message got its place. */
export function tableOf(trace: Trace): string {
  const { stream, seq, by, at, acceptedAt, storedAt, times } = trace;
  const after = (time: number | undefined) => (time === undefined ? none : distance(time - at));
  const lines = [
    `${stream} ${seq}, by ${by}`,
    `accepted  ${acceptedAt === undefined ? none : instant(acceptedAt)}`,
    `placed    ${instant(at)}`,
    `stored    ${storedAt === undefined ? none : `${instant(storedAt)}  ${after(storedAt)}`}`,
  ];
  if (times === "expired") lines.push("The times of delivery are older than what is kept.");
  if (times === "off") lines.push("No times of delivery are kept (AFTERCARE_TRACE_DAYS is 0).");
  const head = ["person", "device", "by", "sent", "delivered", "read"];
  const rows = trace.people.flatMap((person) => rowsOf(person, after));
  const widths = head.map((word, column) => Math.max(word.length, ...rows.map((row) => row[column]?.length ?? 0)));
  const print = (row: readonly string[]) =>
    row
      .map((cell, column) => cell.padEnd(widths[column] ?? 0))
      .join("  ")
      .trimEnd();
  lines.push("", print(head), ...rows.map(print));
  if (trace.more > 0) lines.push(`and ${trace.more} more people`);
  return lines.join("\n");
}

function rowsOf(person: TracePerson, after: (time: number | undefined) => string): string[][] {
  const who = clean(person.name) || person.account;
  const said = (known: boolean) => (known ? "yes" : none);
  if (person.devices.length === 0) return [[who, none, none, none, said(person.delivered), said(person.read)]];
  return person.devices.map((one) => [
    who,
    one.device,
    one.transport,
    after(one.sentAt),
    after(one.deliveredAt),
    after(one.readAt),
  ]);
}

/** A name must not move the cursor of a terminal; the protocol has refused such names, but this reads a database. */
const clean = (text: string): string => text.replace(/\p{C}/gu, "");
const instant = (at: number): string => new Date(at).toISOString();

function distance(ms: number): string {
  const sign = ms < 0 ? "-" : "+";
  const size = Math.abs(ms);
  return size < 10_000 ? `${sign}${size} ms` : `${sign}${(size / 1_000).toFixed(1)} s`;
}
