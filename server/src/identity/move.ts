import type { NewEvent } from "@aftercare/core";
import {
  type AccountId,
  type By,
  type ConversationKind,
  type Draft,
  type Event,
  inboxOf,
  type Member,
  type StreamId,
  SYSTEM,
} from "@aftercare/protocol";
import type { TransactionSql } from "postgres";
import type { FailoverEpoch } from "../db/epoch.ts";
import { logTransaction } from "../db/log-store.ts";
import type { LogTransaction, StreamRow } from "../log/store.ts";
import { WorkingSet } from "../log/working.ts";
import { unseal } from "../seal.ts";

/** Conversations that one transaction moves; no customer comes near. */
export const mostConversations = 1_000;

export type Person = { account: AccountId; name: string };
/** Who was in a conversation before a move: the one who went, and the one who came if already there. */
export type Before = { stream: StreamId; from: Member; to?: Member | undefined };
export type Moved = { events: Event[]; epoch: number; before: Before[] };
export type LogTx = { tx: TransactionSql; failoverEpoch: FailoverEpoch; at: number };

/** The list of conversations changed while their locks were waited for: begin again. */
export class Meanwhile extends Error {}
export class TooMany extends Error {}

type Scene = {
  log: LogTransaction;
  set: WorkingSet;
  epoch: number;
  streams: StreamId[];
  rows: readonly StreamRow[];
  rowOf: RowOf;
};
type RowOf = (stream: StreamId, account: AccountId) => Member | undefined;

/** Locks the inboxes of these accounts and the conversations that any of them is in, and loads their rows. */
async function enter(
  { tx, failoverEpoch }: LogTx,
  of: AccountId,
  accounts: AccountId[],
  more: StreamId[] = [],
): Promise<Scene> {
  const [deployment] = await tx<{ epoch: number }[]>`select epoch from deployment`;
  const epoch = deployment?.epoch ?? 1;
  const log = logTransaction(tx, failoverEpoch, epoch);
  const streams = [...new Set([...(await conversationsOf(tx, of)), ...more])].sort();
  if (streams.length > mostConversations) throw new TooMany();
  const rows = await log.lock([...streams, ...accounts.map(inboxOf)].sort());
  const now = await conversationsOf(tx, of);
  if (now.some((stream) => !streams.includes(stream))) throw new Meanwhile();
  const members = streams.flatMap((stream) => accounts.map((account) => ({ stream, account })));
  const loaded = await log.load({ commands: [], members, messages: [], accounts: [] });
  const joined = new Map(
    loaded.members
      .filter(({ status }) => status === "joined")
      .map((row) => [`${row.stream} ${row.member.account}`, row.member]),
  );
  const rowOf: RowOf = (stream, account) => joined.get(`${stream} ${account}`);
  return { log, set: new WorkingSet(rows, loaded, new Map()), epoch, streams, rows, rowOf };
}

async function conversationsOf(tx: TransactionSql, account: AccountId): Promise<StreamId[]> {
  const rows = await tx<{ stream: StreamId }[]>`
    select stream from member where account = ${account} and status = 'joined' and stream between 'c_' and 'c_~' order by stream`;
  return rows.map(({ stream }) => stream);
}

async function leave({ log, set, epoch }: Pick<Scene, "log" | "set" | "epoch">, before: Before[]): Promise<Moved> {
  const changes = set.collect();
  if (changes.events.length > 0) await log.write(changes);
  return { events: changes.events as Event[], epoch, before };
}

const kindOf = ({ rows }: Scene, stream: StreamId): ConversationKind =>
  rows.find(({ id }) => id === stream)?.meta?.kind ?? "support";

/** What was typed and not sent goes along: leaving a conversation ends its drafts. */
async function draftsOf(tx: TransactionSql, account: AccountId, streams: StreamId[]): Promise<Map<StreamId, Draft>> {
  const rows = await tx<{ stream: StreamId; draft: string }[]>`
    select stream, draft from member where account = ${account} and stream = any(${streams}::text[]) and draft is not null`;
  return new Map(rows.map(({ stream, draft }) => [stream, unseal<Draft>(draft)]));
}

/** `from` becomes `to` in one conversation, and in both inboxes. */
function become(scene: Scene, stream: StreamId, from: AccountId, member: Member, draft: Draft | undefined): NewEvent[] {
  const { account, role } = member;
  const isThere = scene.rowOf(stream, account) !== undefined;
  const events: NewEvent[] = [
    { stream, type: "member.became", body: { from, member } },
    { stream: inboxOf(from), type: "inbox.left", body: { stream } },
  ];
  if (isThere) return events;
  events.push({ stream: inboxOf(account), type: "inbox.joined", body: { stream, kind: kindOf(scene, stream), role } });
  if (draft) events.push({ stream: inboxOf(account), type: "draft.changed", body: { stream, draft } });
  return events;
}

/** Puts `to` in the place of `from` in every conversation; who is in none of them any more is `from`. */
export async function moveAll(at: LogTx, from: AccountId, to: Person): Promise<Moved> {
  const scene = await enter(at, from, [from, to.account]);
  const drafts = await draftsOf(at.tx, from, scene.streams);
  const before: Before[] = [];
  for (const stream of scene.streams) {
    const was = scene.rowOf(stream, from);
    if (!was) continue;
    const there = scene.rowOf(stream, to.account);
    before.push({ stream, from: was, ...(there && { to: there }) });
    scene.set.record(become(scene, stream, from, joint(was, to, there), drafts.get(stream)), SYSTEM, at.at);
  }
  return leave(scene, before);
}

/** The row of one who takes another's place, and may have had one of their own. */
function joint(was: Member, to: Person, there: Member | undefined): Member {
  const formerly = [was.account, ...(was.formerly ?? []), ...(there?.formerly ?? [])];
  const mutedUntil = Math.max(was.mutedUntil ?? 0, there?.mutedUntil ?? 0);
  return {
    ...to,
    role: there?.role ?? was.role,
    fromSeq: Math.min(was.fromSeq, there?.fromSeq ?? was.fromSeq),
    ...(mutedUntil > 0 && { mutedUntil }),
    formerly: [...new Set(formerly)],
  };
}

/** Puts everybody back where they were, wherever the one who came is still there. */
export async function moveBack(at: LogTx, from: Person, to: AccountId, before: readonly Before[]): Promise<Moved> {
  const scene = await enter(
    at,
    to,
    [from.account, to],
    before.map(({ stream }) => stream),
  );
  const drafts = await draftsOf(at.tx, to, scene.streams);
  const back: Before[] = [];
  for (const was of before) {
    const { stream } = was;
    const now = scene.rowOf(stream, to);
    if (!now || scene.rowOf(stream, from.account)) continue;
    back.push(was);
    const member: Member = { ...was.from, name: from.name };
    const events = was.to
      ? comeAgain(scene, stream, now, was.to, member)
      : become(scene, stream, to, member, drafts.get(stream));
    scene.set.record(events, SYSTEM, at.at);
  }
  return leave(scene, back);
}

/** Both were there before: the one stays, without what the other wrote, who comes beside. */
function comeAgain(scene: Scene, stream: StreamId, now: Member, was: Member, member: Member): NewEvent[] {
  const { formerly: _, ...rest } = now;
  const stays: Member = { ...rest, fromSeq: was.fromSeq, ...(was.formerly && { formerly: was.formerly }) };
  return [
    { stream, type: "member.became", body: { from: now.account, member: stays } },
    { stream, type: "member.joined", body: { member } },
    {
      stream: inboxOf(member.account),
      type: "inbox.joined",
      body: { stream, kind: kindOf(scene, stream), role: member.role },
    },
  ];
}

/**
 * Tells the name of an account to some of the conversations, and the notes of them, that know another one. Says whether there
 * are more.
 */
export async function renameSome(
  at: LogTx,
  account: AccountId,
  by: By,
  most: number,
): Promise<Moved & { more: boolean }> {
  const { tx } = at;
  const [deployment] = await tx<{ epoch: number; name: string }[]>`
    select epoch, name from deployment, account where account.id = ${account}`;
  if (!deployment) return { events: [], epoch: 1, before: [], more: false };
  const { epoch, name } = deployment;
  const found = await tx<{ stream: StreamId }[]>`
    select stream from member where account = ${account} and status = 'joined' and name <> ${name}
      and (stream between 'c_' and 'c_~' or stream between 'n_' and 'n_~') order by stream limit ${most}`;
  const streams = found.map(({ stream }) => stream);
  if (streams.length === 0) return { events: [], epoch, before: [], more: false };
  const log = logTransaction(tx, at.failoverEpoch, epoch);
  const rows = await log.lock(streams);
  const members = streams.map((stream) => ({ stream, account }));
  const loaded = await log.load({ commands: [], members, messages: [], accounts: [] });
  const set = new WorkingSet(rows, loaded, new Map());
  for (const { stream, status, member } of loaded.members)
    if (status === "joined") set.record(renamed(stream, member, name), by, at.at);
  return { ...(await leave({ log, set, epoch }, [])), more: streams.length === most };
}

/** What tells a conversation another name of a member; nothing where it knows that one. */
const renamed = (stream: StreamId, member: Member, name: string): NewEvent[] =>
  member.name === name
    ? []
    : [{ stream, type: "member.became", body: { from: member.account, member: { ...member, name } } }];

/** Tells another name of somebody to all their conversations. */
export async function rename(at: LogTx, who: Person): Promise<Moved> {
  const scene = await enter(at, who.account, [who.account]);
  for (const stream of scene.streams) {
    const was = scene.rowOf(stream, who.account);
    if (was) scene.set.record(renamed(stream, was, who.name), SYSTEM, at.at);
  }
  return leave(scene, []);
}
