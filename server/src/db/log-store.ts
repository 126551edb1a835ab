import type { MessageEvent } from "@aftercare/core";
import type { AccountId, StreamId } from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import {
  type Loaded,
  type LogStore,
  type LogTransaction,
  StaleEpoch,
  StoreUnavailable,
  type StreamSnapshot,
  type Wanted,
} from "../log/store.ts";
import { epochOf, type FailoverEpoch, fenceSql } from "./epoch.ts";
import { createLookup } from "./log-lookup.ts";
import { readPage } from "./log-page.ts";
import {
  type DbCommand,
  type DbEvent,
  type DbMember,
  type DbStream,
  event,
  foundCommand,
  member,
  memberRow,
  streamRow,
} from "./log-rows.ts";
import { appendMessages, writeChanges } from "./log-write.ts";
import type { Gate, Replicas } from "./replicas.ts";
import { leave } from "./sql.ts";

export type LogStoreOptions = {
  readonly failoverEpoch?: FailoverEpoch;
  /** Bounds the time of one operation. */
  readonly within?: <T>(work: () => Promise<T>) => Promise<T>;
  /** Operations that are reads of history share this many connections. */
  readonly reads?: Gate;
  readonly replicas?: Replicas;
};

const atOnce = <T>(work: () => Promise<T>): Promise<T> => work();

/** The event log in PostgreSQL. */
export function createLogStore(sql: Sql, options: LogStoreOptions = {}): LogStore {
  const { failoverEpoch = "new", within = atOnce, replicas } = options;
  const told = createTeller(sql, within);
  const fence = fenceSql(failoverEpoch);
  const toldRead = createTold(sql, options);
  return {
    transaction: (work, epoch) =>
      told(() => sql.begin((tx) => work(transaction(tx, fence, epoch))) as ReturnType<typeof work>),
    append: (messages) => told(() => appendMessages(sql, messages)),
    streams: (ids) => told(() => readStreams(sql, ids, fence)),
    events: (stream, after, to, limit, epoch) =>
      toldRead(async () => {
        const rows = await sql<DbEvent[]>`
          select stream, seq, type, by, at, command_id, body, fold from event
          where stream = ${stream} and seq > ${after} and seq <= ${to} and (${epoch ?? null}::integer is null
            or ${epoch ?? null} = (select epoch from deployment) and ${sql.unsafe(fence)})
          order by seq limit ${limit}`;
        return rows.map(event);
      }),
    page: async (query) => (await replicas?.page(query)) ?? toldRead(() => readPage(sql, query)),
    lookup: createLookup(sql, told, toldRead),
    saveReceipts: (rows, epoch) =>
      told(async () => {
        // In one order of keys everywhere, so that two nodes never wait for each other in a ring.
        const sorted = [...rows].sort((a, b) => (`${a.stream} ${a.account}` < `${b.stream} ${b.account}` ? -1 : 1));
        const { count } = await sql`
          with held as (
            select member.stream, member.account, given.delivered_seq, given.read_seq
            from unnest(
              ${sorted.map((r) => r.stream)}::text[], ${sorted.map((r) => r.account)}::text[],
              ${sorted.map((r) => r.receipt.deliveredSeq)}::bigint[], ${sorted.map((r) => r.receipt.readSeq)}::bigint[]
            ) as given(stream, account, delivered_seq, read_seq) join member using (stream, account)
            where status = 'joined' and (${epoch ?? null}::integer is null
              or ${epoch ?? null} = (select epoch from deployment) and ${sql.unsafe(fence)})
            order by member.stream, member.account for update of member)
          update member set delivered_seq = greatest(member.delivered_seq, held.delivered_seq),
            read_seq = greatest(member.read_seq, held.read_seq)
          from held where member.stream = held.stream and member.account = held.account`;
        return count;
      }),
    heads: (streams) =>
      told(async () => {
        const [epoch, heads] = await Promise.all([
          epochOf(sql, failoverEpoch),
          sql<
            { id: string; last_seq: number }[]
          >`select id, last_seq from stream where id = any(${[...streams]}::text[])`,
        ]);
        return { epoch, heads: new Map(heads.map((row) => [row.id, row.last_seq])) };
      }),
  };
}

/** Runs a read: in turn with others where they share connections, within its time, and telling what trouble it met. */
export function createTold(sql: Sql, { within = atOnce, reads }: LogStoreOptions = {}) {
  const told = createTeller(sql, within);
  return <T>(work: () => Promise<T>): Promise<T> => (reads ? reads(() => told(work)) : told(work));
}

/** 57014: a statement that took too long. 25006, 55000: the server is a standby, or was made one. */
const unreachable =
  /^(CONNECT|ECONN|EPIPE|ENOENT|CONNECTION_|ENOTFOUND|EHOST|ENET|EAI_|ETIMEDOUT|57P0[1-5]|57014|08|53[123]00|58|25006|55000|25P0[34])/;
const demoted = /^(25006|55000)/;

/** Tells a database that cannot be reached (retry) from one that says no (a bug). */
function createTeller(sql: Sql, within: NonNullable<LogStoreOptions["within"]>) {
  return async <T>(work: () => Promise<T>): Promise<T> => {
    try {
      return await within(work);
    } catch (error) {
      const code = String((error as { code?: unknown }).code ?? "");
      if (demoted.test(code)) leave(sql);
      if (unreachable.test(code)) throw new StoreUnavailable(code, { cause: error });
      throw error;
    }
  };
}

/** The steps of the log within a transaction that changes other rows too. */
export const logTransaction = (tx: TransactionSql, failoverEpoch: FailoverEpoch, epoch: number): LogTransaction =>
  transaction(tx, fenceSql(failoverEpoch), epoch);

const transaction = (tx: TransactionSql, fence: string, epoch: number | undefined): LogTransaction => ({
  async lock(streams) {
    const rows = await tx<(DbStream & { epoch: number; ours: boolean })[]>`
      select id, last_seq, member_count, version, meta, title, (select epoch from deployment) as epoch, ${tx.unsafe(fence)} as ours
      from stream where id = any(${[...streams]}::text[]) order by id for update`;
    // A missing home stream has nothing written, so a lock that finds no row needs no fence.
    const [first] = rows;
    if (first && epoch !== undefined && (!first.ours || first.epoch !== epoch))
      throw new StaleEpoch(first.ours ? `epoch ${first.epoch}, not ${epoch}` : "another server has taken over");
    return rows.map(streamRow);
  },
  load: (wanted) => load(tx, wanted),
  write: (changes) => writeChanges(tx, changes),
});

async function load(tx: TransactionSql, { commands, members, messages, accounts }: Wanted): Promise<Loaded> {
  const [usedIds, memberRows, messageRows, accountRows] = await Promise.all([
    commands.length > 0
      ? tx<(DbCommand & { type: string; body: string })[]>`
          select event.stream, event.by, event.command_id, seq, at, fingerprint, type,
            case when type = 'inbox.joined' then body else '' end as body
          from unnest(${commands.map((c) => c.stream)}::text[], ${commands.map((c) => c.by)}::text[],
            ${commands.map((c) => c.commandId)}::uuid[]) as given(stream, by, command_id)
          cross join lateral (
            -- The fence (offset 0) keeps the planner from looking through all of a stream instead, by its primary key.
            select * from event where event.command_id = given.command_id offset 0) as event
          where event.stream = given.stream and event.by = given.by`
      : [],
    members.length > 0
      ? tx<DbMember[]>`
          select stream, account, status, name, role, from_seq, muted_until, formerly, delivered_seq, read_seq
          from member join unnest(${members.map((m) => m.stream)}::text[], ${members.map((m) => m.account)}::text[])
            as given(stream, account) using (stream, account)`
      : [],
    messages.length > 0
      ? tx<DbEvent[]>`
          select event.stream, event.seq, type, by, at, command_id, body, fold
          from event join unnest(${messages.map((m) => m.stream)}::text[], ${messages.map((m) => m.seq)}::bigint[])
            as given(stream, seq) using (stream, seq) where type = 'message.sent'`
      : [],
    accounts.length > 0
      ? tx<Loaded["accounts"]>`
          select id as account, name, kind, merged_into is not null as retired from account
          where id = any(${accounts}::text[]) and workspace = this_workspace()`
      : [],
  ]);
  return {
    commands: usedIds.map(foundCommand),
    members: memberRows.map(memberRow),
    messages: messageRows.map((row) => event(row) as MessageEvent),
    accounts: accountRows.map(({ account, name, kind, retired }) => ({
      account,
      name,
      kind,
      ...(retired && { retired }),
    })),
  };
}

/** Rows, members and receipts as of one statement each stream: they come from one. */
async function readStreams(sql: Sql, ids: readonly StreamId[], fence: string): Promise<StreamSnapshot[]> {
  const rows = await sql<(DbStream & { member: DbMember | null; epoch: number | null })[]>`
    select id, last_seq, member_count, version, meta, title,
      case when ${sql.unsafe(fence)} then (select epoch from deployment) end as epoch,
      case when m.account is null then null else jsonb_build_object('stream', m.stream, 'account', m.account,
        'status', m.status, 'name', m.name, 'role', m.role, 'from_seq', m.from_seq, 'muted_until', m.muted_until, 'formerly', m.formerly,
        'delivered_seq', m.delivered_seq, 'read_seq', m.read_seq) end as member
    from stream left join member m on m.stream = stream.id and m.status = 'joined'
    where id = any(${[...ids]}::text[]) order by id, m.account`;
  const found = new Map<StreamId, StreamSnapshot>();
  for (const row of rows) {
    let snapshot = found.get(row.id);
    if (!snapshot) {
      snapshot = { row: streamRow(row), epoch: row.epoch ?? undefined, members: [], receipts: {} };
      found.set(row.id, snapshot);
    }
    if (row.member) addMember(snapshot, row.member);
  }
  return [...found.values()];
}

export function addMember(snapshot: StreamSnapshot, row: DbMember): void {
  snapshot.members.push(member(row));
  snapshot.receipts[row.account as AccountId] = { deliveredSeq: row.delivered_seq, readSeq: row.read_seq };
}
