import type { Actor, Desk } from "@aftercare/core";
import { type AccountId, inboxOf, isTimeline, type Receipt, type Seq, type StreamId } from "@aftercare/protocol";
import { boundPage, planPage, refsOf } from "../../server/src/log/page.ts";
import type {
  InboxRows,
  Loaded,
  Page,
  PageQuery,
  RightsNews,
  StreamSnapshot,
  Wanted,
} from "../../server/src/log/store.ts";
import { type EventRow, type MemberRecord, type Tables, withoutFingerprint } from "./tables.ts";

/** The reads of server/src/db over the model's rows, each as of one moment. */

export function readSnapshot(tables: Tables, stream: StreamId): StreamSnapshot | undefined {
  const row = tables.streams.get(stream);
  if (!row) return undefined;
  const snapshot: StreamSnapshot = { row: { ...row }, members: [], receipts: {} };
  for (const { status, member, receipt } of tables.members(stream)) {
    if (status !== "joined") continue;
    snapshot.members.push(member);
    snapshot.receipts[member.account] = receipt;
  }
  return snapshot;
}

export function readPage(tables: Tables, query: PageQuery): { page: Page; snapshot: StreamSnapshot } | undefined {
  const snapshot = readSnapshot(tables, query.stream);
  if (!snapshot) return undefined;
  const { stream, floor } = query;
  const head = snapshot.row.lastSeq;
  const seen = tables.events(stream).filter((row) => row.seq >= floor && isTimeline(row.type));
  const planned = planPage(query);
  const plan = { ...planned, start: planned.start ?? seqAt(tables, query, seen) };
  const lower = seen.filter((row) => row.seq < plan.start);
  const below = plan.downLimit > 0 ? lower.slice(-plan.downLimit) : [];
  const above = plan.upLimit > 0 ? seen.filter((row) => row.seq >= plan.start).slice(0, plan.upLimit) : [];
  const page = boundPage(query, plan, head, below.map(withoutFingerprint), above.map(withoutFingerprint));
  const refs = refsOf(page, snapshot.row.meta, floor).flatMap((seq) => tables.message(stream, seq) ?? []);
  const older = page.from > floor && seen.some((row) => row.seq < page.from);
  return { page: { ...page, refs, head, older }, snapshot };
}

function seqAt(tables: Tables, { stream, floor, at = 0 }: PageQuery, seen: readonly EventRow[]): Seq {
  const first = seen.find((row) => row.at >= at);
  if (first) return first.seq;
  const last = tables.events(stream).findLast((row) => isTimeline(row.type));
  return Math.max(floor, last?.seq ?? floor);
}

export function readMessages(tables: Tables, stream: StreamId, seqs: readonly Seq[]) {
  const sorted = [...new Set(seqs)].sort((a, b) => a - b);
  const messages = sorted.flatMap((seq) => tables.message(stream, seq) ?? []);
  return { messages, head: tables.streams.get(stream)?.lastSeq ?? 0 };
}

export function readInbox(tables: Tables, account: AccountId, limit: number): InboxRows | undefined {
  const head = tables.streams.get(inboxOf(account));
  if (!head) return undefined;
  const rows = tables
    .memberships(account)
    .filter(listed)
    .slice(0, 2 * limit);
  const inbox: InboxRows = { seq: head.lastSeq, entries: [], drafts: {}, invitations: [] };
  for (const { stream, status, member, settings, draft, invitation } of rows) {
    if (status === "invited") {
      if (invitation) inbox.invitations.push(invitation);
      continue;
    }
    if (draft) inbox.drafts[stream] = draft;
    const meta = tables.streams.get(stream)?.meta;
    if (stream.startsWith("c_") && meta) inbox.entries.push({ stream, kind: meta.kind, role: member.role, settings });
  }
  return inbox;
}

const listed = ({ stream, status }: MemberRecord): boolean => status !== "left" && !stream.startsWith("d_");

export function readDesk(tables: Tables, at: string | undefined): Desk | undefined {
  const desks = [...tables.streams.keys()].filter((stream) => stream.startsWith("d_")).sort();
  const own = desks.find((desk) => at !== undefined && tables.shops.get(desk) === at);
  const desk = at?.startsWith("d_") ? desks.find((stream) => stream === at) : (own ?? desks[0]);
  if (desk === undefined) return undefined;
  const staff = tables.members(desk).filter(({ status }) => status === "joined");
  const actors = staff.map(({ member: { account, name } }): Actor => ({ account, name, kind: "staff" }));
  return { id: desk, shop: tables.shops.get(desk), staff: actors };
}

export function readStaff(tables: Tables): Actor[] {
  const staff = [...tables.accounts.values()].filter(({ kind }) => kind === "staff");
  return staff.sort((a, b) => (a.name < b.name ? -1 : 1)).slice(0, 1_000);
}

/** A commit is seen at one instant here, so its number is as good as the transaction id with its window. */
export function readRights(tables: Tables, mark: string | undefined): RightsNews {
  const after = Number(mark ?? Number.MAX_SAFE_INTEGER);
  const heads = new Map<StreamId, Seq>();
  for (const { commit, stream, head } of tables.rights)
    if (commit >= after) heads.set(stream, Math.max(head, heads.get(stream) ?? 0));
  const next = tables.commits + 1;
  return { mark: String(next), heads, accounts: [], wentBack: mark !== undefined && next < after };
}

export function readReceipts(
  tables: Tables,
  sums: ReadonlyMap<StreamId, number>,
): Map<StreamId, Record<AccountId, Receipt>> {
  const found = new Map<StreamId, Record<AccountId, Receipt>>();
  for (const [stream, given] of sums) {
    const joined = tables.members(stream).filter(({ status }) => status === "joined");
    const sum = joined.reduce((all, { receipt }) => all + receipt.deliveredSeq + receipt.readSeq, 0);
    if (sum !== given)
      found.set(stream, Object.fromEntries(joined.map(({ member, receipt }) => [member.account, receipt])));
  }
  return found;
}

/** One statement each, as they may be answered from different moments. */
export const loads: { [K in keyof Wanted]: (tables: Tables, wanted: Wanted[K]) => Loaded[K] } = {
  commands: (tables, wanted) =>
    wanted.flatMap(({ stream, by, commandId }) => tables.command(stream, by, commandId) ?? []),
  members: (tables, wanted) =>
    wanted.flatMap(({ stream, account }) => {
      const row = tables.member(stream, account);
      return row ? [{ stream, status: row.status, member: row.member }] : [];
    }),
  messages: (tables, wanted) => wanted.flatMap(({ stream, seq }) => tables.message(stream, seq) ?? []),
  accounts: (tables, wanted) => [...new Set(wanted)].flatMap((account) => tables.accounts.get(account) ?? []),
};
