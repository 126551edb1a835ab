import type { Actor } from "@aftercare/core";
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
import { readMessages } from "./log-page.ts";
import { draft, invitation } from "./log-rows.ts";
import { readRights } from "./rights.ts";

type Told = <T>(work: () => Promise<T>) => Promise<T>;

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
  return {
    messages: (stream, seqs) =>
      toldRead(
        () =>
          sql.begin("isolation level repeatable read read only", async (tx) => {
            const [row] = await tx<{ last_seq: number }[]>`select last_seq from stream where id = ${stream}`;
            return { messages: await readMessages(tx, stream, seqs), head: row?.last_seq ?? 0 };
          }) as Promise<Awaited<ReturnType<LogLookup["messages"]>>>,
      ),
    inbox: (account, limit) => toldRead(() => readInbox(sql, account, limit)),
    desk: (id) => told(() => readDesk(sql, id)),
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

async function readInbox(sql: Sql, account: AccountId, limit: number): Promise<InboxRows | undefined> {
  return sql.begin("isolation level repeatable read read only", async (tx) => {
    const [head] = await tx<{ last_seq: number }[]>`select last_seq from stream where id = ${inboxOf(account)}`;
    if (!head) return undefined;
    const rows = await tx<InboxRow[]>`
      select member.stream, status, role, settings, draft, invitation, stream.meta
      from member join stream on stream.id = member.stream
      where account = ${account} and status <> 'left' and member.stream !~ '^d_'
      order by member.stream desc limit ${2 * limit}`;
    return inboxRows(head.last_seq, rows);
  }) as Promise<InboxRows | undefined>;
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

async function readDesk(sql: Sql, id: StreamId | undefined): Promise<{ id: StreamId; staff: Actor[] } | undefined> {
  const [desk] = await sql<{ id: string }[]>`
    select id from stream where id between 'd_' and 'd_~' and (shop is null or shop in (
      select id from shop where workspace = this_workspace())) and (${id ?? null}::text is null or id = ${id ?? null}) order by id limit 1`;
  if (!desk) return undefined;
  const staff = await sql<Actor[]>`
    select member.account, member.name, 'staff' as kind from member join account on account.id = member.account
    where stream = ${desk.id} and status = 'joined' and account.disabled_at is null order by member.account`;
  return { id: desk.id, staff: staff.map(({ account, name, kind }) => ({ account, name, kind })) };
}
