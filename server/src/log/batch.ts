import { type Actor, canonical, type Desk, decide } from "@aftercare/core";
import {
  type AccountId,
  type Ack,
  type Command,
  type Event,
  inboxOf,
  type Refusal,
  type StreamId,
} from "@aftercare/protocol";
import { type Needs, needsOf } from "../actions/needs.ts";
import type { Ctx } from "../context.ts";
import type { KnownStreams } from "./known.ts";
import {
  changedStreams,
  type FoundCommand,
  type Loaded,
  type LogTransaction,
  type StreamRow,
  type Wanted,
} from "./store.ts";
import { WorkingSet } from "./working.ts";

export type Answer = { ack: Ack } | { refusal: Refusal };
export type Submission = { actor: Actor; command: Command; answer: (answer: Answer) => void };
type Outcome = { answers: Answer[]; events: Event[] };
/** What the transaction has read, and the conversations that it changed. */
type Learned = { rows: readonly StreamRow[]; loaded: Loaded; changed: ReadonlySet<StreamId> };
type Desks = Map<string | undefined, Desk>;
type BatchCtx = Pick<Ctx, "store" | "clock" | "ids" | "settings">;

/**
 * One group commit: locks, finds used ids, decides each command in turn, writes, commits. Returns what to answer and to
 * ring once, and only once, the transaction is durable (laws 1 and 2).
 */
export async function commitBatch(
  ctx: BatchCtx,
  batch: readonly Submission[],
  epoch = 0,
  known?: KnownStreams,
): Promise<Outcome> {
  const needs = batch.map(({ command, actor }) => needsOf(command, actor, ctx.ids));
  const desks = await readDesks(ctx, needs);
  // At most twice: once the conversation is there, the locks find it.
  for (;;) {
    const outcome = await attempt(ctx, batch, needs, desks);
    if (!outcome) continue;
    known?.learn(epoch, outcome.rows, outcome.loaded, outcome.changed);
    return outcome;
  }
}

/** Undefined, with nothing written, when the locks came too late for what they were to find. */
function attempt(
  ctx: BatchCtx,
  batch: readonly Submission[],
  needs: readonly Needs[],
  desks: Desks,
): Promise<(Outcome & Learned) | undefined> {
  return ctx.store.transaction(async (tx) => {
    const rows = await tx.lock(streamsToLock(needs, desks));
    if (await madeMeanwhile(ctx, needs, rows)) return undefined;
    const wanted = gather(batch, needs, rows);
    const loaded = await tx.load(wanted);
    const set = new WorkingSet(rows, loaded, desks);
    await loadAuthors(tx, batch, loaded, set);
    const outcome = await waitForMove(tx, batch, decideAll(ctx, batch, needs, loaded.commands, set));
    const changes = set.collect();
    if (changes.events.length > 0) await tx.write(changes);
    return {
      answers: outcome,
      events: changes.events.map(({ fingerprint: _, ...event }) => event as Event),
      rows,
      loaded,
      changed: changedStreams(changes),
    };
  });
}

/**
 * Whether the conversation of a pair was made while the locks were waited for: a statement sees only rows that were there
 * when it began, so it is not among those locked.
 */
async function madeMeanwhile(ctx: BatchCtx, needs: readonly Needs[], rows: readonly StreamRow[]): Promise<boolean> {
  const locked = new Set(rows.map(({ id }) => id));
  const missing = needs.flatMap(({ streams, newConversation }) =>
    streams.includes(newConversation) && !locked.has(newConversation) ? [newConversation] : [],
  );
  return missing.length > 0 && (await ctx.store.streams(missing)).length > 0;
}

/** Desks are looked up before the locks: their staff decides which inboxes are locked. */
async function readDesks(ctx: BatchCtx, needs: readonly Needs[]): Promise<Desks> {
  const desks: Desks = new Map();
  for (const { desk } of needs) {
    if (!desk || desks.has(desk.at)) continue;
    const found = await ctx.store.lookup.desk(desk.at);
    if (found) desks.set(desk.at, found);
  }
  return desks;
}

function streamsToLock(needs: readonly Needs[], desks: Desks): StreamId[] {
  const streams = new Set<StreamId>();
  for (const need of needs) {
    streams.add(need.home);
    for (const stream of need.streams) streams.add(stream);
    const desk = need.desk && desks.get(need.desk.at);
    if (!desk) continue;
    streams.add(desk.id);
    for (const one of desk.staff) streams.add(inboxOf(one.account));
  }
  return [...streams].sort();
}

function gather(batch: readonly Submission[], needs: readonly Needs[], rows: readonly StreamRow[]): Wanted {
  const wanted: Wanted = { commands: [], members: [], messages: [], accounts: [] };
  for (const [index, { command, actor }] of batch.entries()) {
    const need = needs[index] as Needs;
    for (const { stream, by } of homesOf(need.home, actor)) wanted.commands.push({ stream, by, commandId: command.id });
    if (needsStanding({ actor, command })) wanted.accounts.push(actor.account);
    wanted.members.push(...need.members);
    wanted.messages.push(...need.messages);
    wanted.accounts.push(...need.accounts);
    // Whoever serves at the desk of a support conversation may join it, also by taking it.
    const joins =
      command.type === "member.join" ||
      (command.type === "conversation.assign" && command.body.account === actor.account);
    const desk = joins && rows.find((row) => row.id === command.stream)?.meta?.desk;
    if (desk) wanted.members.push({ stream: desk, account: actor.account });
  }
  return wanted;
}

/** A forwarded message names its writer. */
async function loadAuthors(
  tx: LogTransaction,
  batch: readonly Submission[],
  loaded: Loaded,
  set: WorkingSet,
): Promise<void> {
  if (!batch.some(({ command }) => command.type === "message.forward")) return;
  // A message of this very batch has its writer in it.
  set.add({ commands: [], members: [], messages: [], accounts: batch.map(({ actor }) => actor) });
  const accounts = [...new Set(loaded.messages.map((message) => message.by))].filter((by) => by.startsWith("a_"));
  if (accounts.length > 0) set.add(await tx.load({ commands: [], members: [], messages: [], accounts }));
}

function decideAll(
  ctx: BatchCtx,
  batch: readonly Submission[],
  needs: readonly Needs[],
  found: readonly FoundCommand[],
  set: WorkingSet,
): Answer[] {
  const used = new Map(found.map((one) => [`${one.stream} ${one.by} ${one.commandId}`, one]));
  const now = ctx.clock.now();
  return batch.map(({ actor, command }, index): Answer => {
    const need = needs[index] as Needs;
    const place = `${need.home} ${actor.account} ${command.id}`;
    const fingerprint = ctx.ids.fingerprint(canonical([command.type, command.stream, command.body]));
    const earlier = homesOf(need.home, actor).map(({ stream, by }) => used.get(`${stream} ${by} ${command.id}`));
    const same = earlier.find((one) => one !== undefined);
    if (same) return again(same, fingerprint);
    const home = set.row(need.home);
    if (home && needsStanding({ actor, command }) && set.isRetired(actor.account)) return moved;
    if (!home) return { refusal: { code: command.stream === undefined ? "unauthorised" : "not-a-member" } };
    const facts = set.facts(actor, now, ctx.settings.recallWindowMs, need.newConversation);
    const decision = decide(command, facts);
    if ("refusal" in decision) return decision;
    const conversation = decision.conversation && { conversation: decision.conversation };
    const [first] = set.append(command, actor, decision, now, fingerprint);
    if (!first) return { ack: { id: command.id, stream: need.home, seq: 0, at: now, ...conversation } };
    const { seq, at } = first;
    used.set(place, {
      stream: need.home,
      by: actor.account,
      commandId: command.id,
      seq,
      at,
      fingerprint,
      ...conversation,
    });
    return { ack: { id: command.id, stream: need.home, seq, at, ...conversation } };
  });
}

/**
 * Where a command may have been taken before: by this account, or by another one of the same person, as which the device
 * sent it first (law 2).
 */
const homesOf = (home: StreamId, { account, formerly = [] }: Actor): { stream: StreamId; by: AccountId }[] => [
  { stream: home, by: account },
  ...formerly.map((by) => ({ stream: home === inboxOf(account) ? inboxOf(by) : home, by })),
];

/** What a customer makes anew must belong to an account that still stands for itself: looked up under its inbox's lock. */
const needsStanding = ({ actor, command }: Pick<Submission, "actor" | "command">): boolean =>
  actor.kind === "customer" && command.stream === undefined;

const moved: Answer = { refusal: { code: "busy", retryAfterMs: 1_000 } };

/**
 * A customer whose record has just become part of another one is in none of its conversations any more. The device is about
 * to learn who it is now: what it sent meanwhile is told to come again, and is not refused for good.
 */
async function waitForMove(tx: LogTransaction, batch: readonly Submission[], answers: Answer[]): Promise<Answer[]> {
  const isOut = (answer: Answer, index: number) =>
    "refusal" in answer && answer.refusal.code === "not-a-member" && batch[index]?.actor.kind === "customer";
  const out = new Set(answers.flatMap((answer, index) => (isOut(answer, index) ? [batch[index]?.actor.account] : [])));
  const accounts = [...out].filter((account) => account !== undefined);
  if (accounts.length === 0) return answers;
  const found = await tx.load({ commands: [], members: [], messages: [], accounts });
  const retired = new Set(found.accounts.flatMap((one) => (one.retired ? [one.account] : [])));
  return answers.map((answer, index) =>
    isOut(answer, index) && retired.has(batch[index]?.actor.account ?? "") ? moved : answer,
  );
}

/** The first answer, again; or the refusal of an id that was used for something else. */
function again(earlier: FoundCommand, fingerprint: number): Answer {
  if (earlier.fingerprint !== fingerprint) return { refusal: { code: "id-reused" } };
  const { commandId: id, stream, seq, at, conversation } = earlier;
  return { ack: { id, stream, seq, at, ...(conversation && { conversation }) } };
}
