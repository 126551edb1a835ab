import type { Actor, Desk } from "@aftercare/core";
import {
  type AccountId,
  type Draft,
  type InboxEntry,
  type Invitation,
  inboxOf,
  type Receipt,
  type StreamId,
} from "@aftercare/protocol";
import type { Sql } from "postgres";
import type { InboxRows, LogLookup } from "../log/store.ts";
import { unseal } from "../seal.ts";
import { createBatcher } from "./batcher.ts";
import { readMessages } from "./log-page.ts";
import { draft, invitation } from "./log-rows.ts";
import { readRights } from "./rights.ts";

type Told = <T>(work: () => Promise<T>) => Promise<T>;

/** Inboxes read in one query; each may be of a thousand lines. */
const inboxesPerQuery = 32;

type InboxRow = {
  stream: string;
  status: "joined" | "invited";
  role: InboxEntry["role"];
  settings: InboxEntry["settings"];
  draft: string | null;
  invitation: string | null;
  meta: string | null;
};

/** `toldRead` takes turns with the other reads of history; the write path waits for nobody. */
export function createLookup(sql: Sql, told: Told, toldRead: Told): LogLookup {
  const inbox = createBatcher((keys) => toldRead(() => readInboxes(sql, keys)), inboxesPerQuery);
  return {
    messages: (stream, seqs) =>
      toldRead(
        () =>
          sql.begin("isolation level repeatable read read only", async (tx) => {
            const [row] = await tx<{ last_seq: number }[]>`select last_seq from stream where id = ${stream}`;
            return { messages: await readMessages(tx, stream, seqs), head: row?.last_seq ?? 0 };
          }) as Promise<Awaited<ReturnType<LogLookup["messages"]>>>,
      ),
    inbox: (account, limit) => inbox(`${account} ${limit}`),
    desk: (at) => told(() => readDesk(sql, at)),
    staff: () =>
      toldRead(async () => {
        const rows = await sql<Actor[]>`select id as account, name, kind from account 
          where kind = 'staff' and workspace = this_workspace() and disabled_at is null order by name limit 1000`;
        return rows.map(({ account, name, kind }) => ({ account, name, kind }));
      }),
    rights: (mark) => told(() => readRights(sql, mark)),
    receipts: (sums) => told(() => readReceipts(sql, sums)),
  };
}

async function readReceipts(sql: Sql, sums: Parameters<LogLookup["receipts"]>[0]): ReturnType<LogLookup["receipts"]> {
  const rows = await sql<{ stream: StreamId; receipts: Record<AccountId, [delivered: number, read: number]> }[]>`
    select given.stream, now.receipts
    from unnest(${[...sums.keys()]}::text[], ${[...sums.values()]}::bigint[]) as given(stream, sum)
    cross join lateral (
      select sum(delivered_seq + read_seq) as sum,
        jsonb_object_agg(account, jsonb_build_array(delivered_seq, read_seq)) as receipts
      from member where member.stream = given.stream and status = 'joined') as now
    where now.sum <> given.sum`;
  const found = new Map<StreamId, Record<AccountId, Receipt>>();
  for (const { stream, receipts } of rows) {
    const marks = Object.entries(receipts).map(([account, [deliveredSeq, readSeq]]) => [
      account,
      { deliveredSeq, readSeq },
    ]);
    found.set(stream, Object.fromEntries(marks));
  }
  return found;
}

/** Inboxes by "account limit". Each as of one moment: one statement sees one snapshot of the database. */
async function readInboxes(sql: Sql, keys: readonly string[]): Promise<Map<string, InboxRows>> {
  const asked = keys.map((key) => {
    const [account = "", limit = ""] = key.split(" ");
    return { account, inbox: inboxOf(account), rows: 2 * Number(limit) };
  });
  const found = await sql<{ n: number; last_seq: number; rows: InboxRow[] | null }[]>`
    select given.n::integer - 1 as n, stream.last_seq, lines.rows
    from unnest(${asked.map((one) => one.account)}::text[], ${asked.map((one) => one.inbox)}::text[],
      ${asked.map((one) => one.rows)}::integer[]) with ordinality as given(account, inbox, most, n)
    join stream on stream.id = given.inbox
    cross join lateral (
      select jsonb_agg(jsonb_build_object('stream', id, 'status', status, 'role', role, 'settings', settings,
        'draft', draft, 'invitation', invitation, 'meta', meta) order by id desc) as rows
      from (
        select member.stream as id, status, role, settings, draft, invitation, talk.meta
        from member join stream as talk on talk.id = member.stream
        where account = given.account and status <> 'left' and member.stream !~ '^d_'
        order by member.stream desc limit given.most) as line) as lines`;
  return new Map(found.map(({ n, last_seq, rows }) => [keys[n] as string, inboxRows(last_seq, rows ?? [])]));
}

function inboxRows(seq: number, rows: readonly InboxRow[]): InboxRows {
  const entries: InboxEntry[] = [];
  const drafts: Record<StreamId, Draft> = {};
  const invitations: Invitation[] = [];
  for (const row of rows) {
    if (row.status === "invited") {
      if (row.invitation !== null) invitations.push(invitation(row.invitation));
      continue;
    }
    if (row.draft !== null) drafts[row.stream] = draft(row.draft);
    if (!row.stream.startsWith("c_") || row.meta === null) continue;
    const { kind } = unseal<{ kind: InboxEntry["kind"] }>(row.meta);
    entries.push({ stream: row.stream, kind, role: row.role, settings: row.settings });
  }
  return { seq, entries, drafts, invitations };
}

async function readDesk(sql: Sql, at: string | undefined): Promise<Desk | undefined> {
  const only = at?.startsWith("d_") ? sql`and id = ${at}` : sql``;
  const [desk] = await sql<{ id: string; shop: string | null }[]>`
    select id, shop from stream where id between 'd_' and 'd_~' and (shop is null or shop in (
      select id from shop where workspace = this_workspace())) ${only}
    order by coalesce(shop = ${at ?? null}::text, false) desc, id limit 1`;
  if (!desk) return undefined;
  const staff = await sql<Actor[]>`
    select member.account, member.name, 'staff' as kind from member join account on account.id = member.account
    where stream = ${desk.id} and status = 'joined' and account.disabled_at is null order by member.account`;
  return {
    id: desk.id,
    shop: desk.shop ?? undefined,
    staff: staff.map(({ account, name, kind }) => ({ account, name, kind })),
  };
}
