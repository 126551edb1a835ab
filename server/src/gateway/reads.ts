import { type ConversationState, fromSnapshot, mayEverywhere, messageAt, readNeeds } from "@aftercare/core";
import {
  type AccountId,
  type ConversationSnapshot,
  type DeskSnapshot,
  type Event,
  type HistoryPage,
  type InboxSnapshot,
  inboxOf,
  invalid,
  limits,
  type Read,
  type ReadAnswers,
  type Refusal,
  readSchema,
  type Snapshot,
  type StreamId,
  safeParse,
} from "@aftercare/protocol";
import type { Ctx, Principal } from "../context.ts";
import { refsOf } from "../log/page.ts";
import type { Page } from "../log/store.ts";
import { type Channel, floorOf, keptItems, type Reader } from "./channel.ts";
import type { Hub } from "./hub.ts";
import { type InspectCtx, inspect } from "./inspect.ts";
import { answerList } from "./lists.ts";

type ReadsCtx = Pick<Ctx, "store" | "clock" | "lists"> & { hub: Hub; inspector?: InspectCtx | undefined };
type Refused = { refusal: Refusal };

const notAMember: Refused = { refusal: { code: "not-a-member" } };

/** Answers a read for an account, or refuses it. The rights are those of the moment the rows were read. */
export async function answerRead(
  ctx: ReadsCtx,
  who: Principal,
  input: unknown,
): Promise<{ answer: unknown } | Refused> {
  const parsed = safeParse(readSchema, input);
  if (!parsed.success) return { refusal: invalid(parsed.issues).refusal };
  const read = parsed.output;
  const needs = readNeeds[read.type];
  if (needs !== undefined && !mayEverywhere(who, needs)) return { refusal: { code: "forbidden" } };
  switch (read.type) {
    case "history":
      return wrap(await history(ctx, who, read));
    case "messages":
      return wrap(await messages(ctx, who, read.stream, read.seqs));
    case "snapshot":
      return wrap(await snapshotOf(ctx, who, read.stream));
    case "people":
      if (who.kind !== "staff") return { refusal: { code: "forbidden" } };
      return { answer: { people: (await ctx.store.lookup.staff()).map(({ account, name }) => ({ account, name })) } };
    case "trace":
      return ctx.inspector ? wrap(await inspect(ctx.inspector, who, read)) : notAMember;
    case "alarms":
      return ctx.inspector ? { answer: { links: ctx.inspector.alarms.all() } } : { refusal: { code: "forbidden" } };
    case "list":
    case "counts":
    case "mentions":
      return answerList(ctx, who, read);
    default:
      return read satisfies never;
  }
}

const wrap = <T>(result: T | Refused): { answer: T } | Refused =>
  typeof result === "object" && result !== null && "refusal" in result ? (result as Refused) : { answer: result as T };

async function history(
  ctx: ReadsCtx,
  who: Reader,
  read: Extract<Read, { type: "history" }>,
): Promise<HistoryPage | Refused> {
  const { stream, type: _, limit = limits.snapshotItems, ...place } = read;
  if (Object.values(place).filter((one) => one !== undefined).length > 1) return { refusal: { code: "invalid" } };
  const channel = /^[cn]_/.test(stream) ? await ctx.hub.openFor(stream, who) : undefined;
  const floor = channel?.floor(who);
  if (!channel || floor === undefined) return notAMember;
  const wantsNewest = Object.values(place).every((one) => one === undefined);
  if (wantsNewest && limit < keptItems) {
    const state = await stateOf(ctx, channel);
    const [then, still] = [state && floorOf(who, state.members[who.account], channel.kind), channel.floor(who)];
    if (!state || then === undefined || then > floor || still === undefined || still > floor) return notAMember;
    const page = newestPage(state, floor, limit);
    if (page) return { stream, epoch: state.epoch, ...page };
  }
  const atLeast = { epoch: channel.epoch, seq: channel.head };
  const found = await ctx.store.page({ stream, floor, limit, ...place, atLeast });
  const member = found?.snapshot.members.find((one) => one.account === who.account);
  const then = floorOf(who, member, channel.kind);
  // A replica may not know yet what this memory was told meanwhile.
  const now = channel.floor(who);
  if (!found || then === undefined || then > floor || now === undefined || now > floor) return notAMember;
  return { stream, epoch: ctx.hub.epoch(), ...found.page };
}

async function messages(
  ctx: ReadsCtx,
  who: Reader,
  stream: StreamId,
  seqs: readonly number[],
): Promise<ReadAnswers["messages"] | Refused> {
  const channel = /^[cn]_/.test(stream) ? await ctx.hub.openFor(stream, who) : undefined;
  const floor = channel?.floor(who);
  if (!channel || floor === undefined) return notAMember;
  // Above the head of this memory the account may have left already (law 5).
  const { head } = channel;
  const found = await ctx.store.lookup.messages(
    stream,
    seqs.filter((seq) => seq >= floor && seq <= head),
  );
  return { stream, epoch: ctx.hub.epoch(), messages: found.messages, head: found.head };
}

/** The state of a stream for one account. The state of a conversation that is looked at often is kept in memory by `apply` itself. */
export async function snapshotOf(ctx: ReadsCtx, who: Reader, stream: StreamId): Promise<Snapshot | Refused> {
  if (stream.startsWith("i_")) return inboxSnapshot(ctx, who.account, stream);
  const channel = await ctx.hub.openFor(stream, who);
  const floor = channel?.floor(who);
  if (!channel || floor === undefined) return notAMember;
  if (stream.startsWith("d_")) return deskSnapshot(channel);
  const state = await stateOf(ctx, channel);
  const from = state && floorOf(who, state.members[who.account], channel.kind);
  if (!state || from === undefined || channel.floor(who) === undefined) return notAMember;
  return cutTo(from, state);
}

/** The state of a conversation: from memory, or read and kept there. */
async function stateOf(ctx: ReadsCtx, channel: Channel): Promise<ConversationState | undefined> {
  const kept = channel.state(ctx.clock.elapsed());
  if (kept) return kept;
  const { stream } = channel;
  const epoch = ctx.hub.epoch();
  const atLeast = { epoch: channel.epoch, seq: channel.head };
  const found = await ctx.store.page({ stream, floor: 1, limit: keptItems, atLeast });
  if (!found?.snapshot.row.meta) return undefined;
  const { page, snapshot } = found;
  const state = fromSnapshot({
    kind: "conversation",
    stream,
    epoch,
    seq: page.head,
    meta: snapshot.row.meta as NonNullable<typeof snapshot.row.meta>,
    members: snapshot.members,
    receipts: snapshot.receipts,
    items: page.items,
    from: page.from,
    refs: page.refs,
  });
  if (epoch === channel.epoch) channel.keep(state, ctx.clock.elapsed());
  return state;
}

/** The newest page of a state; undefined where it cannot tell all that a page tells. */
function newestPage(state: ConversationState, floor: number, limit: number): Page | undefined {
  const seen = state.items.filter(({ seq }) => seq >= floor);
  const older = seen.length > limit;
  if (!older && state.from > floor) return undefined;
  const items = seen.slice(-limit);
  const from = items.length < limit ? floor : (items[0]?.seq ?? floor);
  const refs = refsOf({ items, from }, state.meta, floor).map((seq) => messageAt(state, seq));
  if (!refs.every((one) => one !== undefined)) return undefined;
  return { items, refs, from, to: state.seq, head: state.seq, older };
}

/** What a member who came later may see of a state. */
function cutTo(floor: number, state: ConversationState): ConversationSnapshot {
  const seen = (event: Event) => event.seq >= floor;
  return {
    kind: "conversation",
    stream: state.stream,
    epoch: state.epoch,
    seq: state.seq,
    meta: state.meta,
    members: Object.values(state.members),
    receipts: state.receipts,
    items: state.items.filter(seen),
    from: Math.max(floor, state.from),
    refs: Object.values(state.refs).filter(seen),
  };
}

async function inboxSnapshot(ctx: ReadsCtx, account: AccountId, stream: StreamId): Promise<InboxSnapshot | Refused> {
  if (stream !== inboxOf(account)) return notAMember;
  const epoch = ctx.hub.epoch();
  const rows = await ctx.store.lookup.inbox(account, limits.inboxEntries);
  if (!rows) return notAMember;
  return { kind: "inbox", stream, epoch, ...rows };
}

const deskSnapshot = (channel: Channel): DeskSnapshot => ({
  kind: "desk",
  stream: channel.stream,
  epoch: channel.epoch,
  seq: channel.head,
  title: channel.title,
  members: [...channel.members.values()].map(({ account, name }) => ({ account, name })),
});
