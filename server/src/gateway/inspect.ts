import { mayInspect } from "@aftercare/core";
import {
  type AccountId,
  limits,
  type Member,
  type Read,
  type Receipt,
  type Refusal,
  type Trace as TraceAnswer,
  type TraceDevice,
  type TracePerson,
} from "@aftercare/protocol";
import type { Ctx, Principal } from "../context.ts";
import type { StreamSnapshot } from "../log/store.ts";
import { type Alarms, createAlarms, deviceMark } from "./alarms.ts";
import { Trace, type TraceStore } from "./trace.ts";
import { type DeviceTimes, timesOf } from "./trace-pack.ts";

type Refused = { refusal: Refusal };
type Question = Extract<Read, { type: "trace" }>;
type Known = Pick<Ctx, "store" | "ids"> & { traces: TraceStore; now: number };
export type InspectCtx = Pick<Ctx, "store" | "clock" | "bus" | "ids"> & { trace: Trace; alarms: Alarms };

/** The inspector's part of a node; none where nothing is to be kept for it. */
export function createInspector(ctx: Ctx, sessions: Parameters<typeof createAlarms>[1], epoch: number) {
  if (!ctx.traces) return undefined;
  const trace = new Trace(ctx, ctx.traces, epoch);
  const alarms = createAlarms(ctx, sessions);
  const stopListening = ctx.bus.subscribe((bell) => {
    if (bell.kind === "trace") void trace.flush((stream) => stream === bell.stream);
  });
  return {
    ...ctx,
    trace,
    alarms,
    async stop(): Promise<void> {
      stopListening();
      alarms.stop();
      await trace.stop();
    },
  };
}

/** How long other nodes get to write down what they have in memory. */
const othersMs = 250;
/** Windows looked through after an event; later receipts of it are not found. */
const windows = 2_000;
/** Clocks of nodes may differ by so much. */
const clocksMs = 5_000;

/** A trace for somebody who may see it; the rights are those of the rows of now (law 5). */
export async function inspect(ctx: InspectCtx, who: Principal, read: Question): Promise<TraceAnswer | Refused> {
  const [found] = await ctx.store.streams([read.stream]);
  const member = found?.members.find(({ account }) => account === who.account);
  if (!found?.row.meta || !member) return { refusal: { code: "not-a-member" } };
  if (!mayInspect(who, found.row.meta.kind, member.role)) return { refusal: { code: "forbidden" } };
  if (read.seq < member.fromSeq) return { refusal: { code: "not-found" } };
  if (ctx.trace.store.keepMs > 0) await gather(ctx, read.stream);
  const answer = await traceOf(
    { store: ctx.store, ids: ctx.ids, traces: ctx.trace.store, now: ctx.clock.now() },
    read,
    found,
  );
  return answer ?? { refusal: { code: "not-found" } };
}

/** Marks still in memory, here and elsewhere, are written. What another node loses of this comes within its window. */
async function gather(ctx: InspectCtx, stream: string): Promise<void> {
  ctx.bus.publish({ kind: "trace", stream });
  const others = ctx.bus.health.shared
    ? new Promise<void>((resolve) => ctx.clock.setTimer(resolve, othersMs))
    : Promise.resolve();
  await Promise.all([ctx.trace.flush((one) => one === stream), others]);
}

/** What the database knows of an event's way; undefined when there is no such event. */
export async function traceOf(
  ctx: Known,
  { stream, seq }: Pick<Question, "stream" | "seq">,
  { members, receipts }: StreamSnapshot,
): Promise<TraceAnswer | undefined> {
  const [event] = await ctx.store.events(stream, seq - 1, seq, 1);
  if (!event) return undefined;
  const { by, at } = event;
  const { keepMs } = ctx.traces;
  const times = keepMs === 0 ? "off" : at < ctx.now - keepMs ? "expired" : "kept";
  const rows = times === "kept" ? await ctx.traces.rows(stream, seq, at - clocksMs, windows) : [];
  const { acceptedAt, storedAt, devices } = timesOf(rows, seq);
  const seen = members.filter(({ fromSeq }) => fromSeq <= seq);
  const people = await peopleOf(ctx, seq, seen, receipts, devices);
  return {
    stream,
    seq,
    by,
    at,
    ...(acceptedAt !== undefined && { acceptedAt }),
    ...(storedAt !== undefined && { storedAt }),
    times,
    people: people.slice(0, limits.tracePeople),
    more: Math.max(0, people.length - limits.tracePeople),
  };
}

async function peopleOf(
  ctx: Known,
  seq: number,
  members: readonly Member[],
  receipts: Record<AccountId, Receipt>,
  devices: readonly DeviceTimes[],
): Promise<TracePerson[]> {
  const byAccount = new Map<AccountId, DeviceTimes[]>();
  for (const one of devices) byAccount.set(one.account, [...(byAccount.get(one.account) ?? []), one]);
  const inside = new Set(members.map(({ account }) => account));
  const former = [...byAccount.keys()].filter((account) => !inside.has(account));
  const [names, firstSeen] = await Promise.all([
    former.length > 0 ? ctx.traces.names(former) : new Map<AccountId, string>(),
    devices.length > 0 ? ctx.traces.firstSeen(devices.map(({ device }) => device)) : new Map<string, number>(),
  ]);
  const person = (account: AccountId, name: string, role?: Member["role"]): TracePerson => {
    const receipt = receipts[account];
    return {
      account,
      name,
      ...(role && { role }),
      delivered: receipt !== undefined && receipt.deliveredSeq >= seq,
      read: receipt !== undefined && receipt.readSeq >= seq,
      devices: (byAccount.get(account) ?? [])
        .sort((a, b) => (a.sentAt ?? Number.MAX_VALUE) - (b.sentAt ?? Number.MAX_VALUE))
        .slice(0, limits.traceDevices)
        .map((one) => deviceOf(ctx, one, firstSeen)),
    };
  };
  const all = [
    ...members.map(({ account, name, role }) => person(account, name, role)),
    ...former.map((account) => person(account, names.get(account) ?? "")),
  ];
  return all.sort((a, b) => Number(b.devices.length > 0) - Number(a.devices.length > 0));
}

function deviceOf(ctx: Known, times: DeviceTimes, firstSeen: ReadonlyMap<string, number>): TraceDevice {
  const { account: _, device, ...rest } = times;
  const firstSeenAt = firstSeen.get(device);
  return { device: deviceMark(ctx.ids, device), ...rest, ...(firstSeenAt !== undefined && { firstSeenAt }) };
}
