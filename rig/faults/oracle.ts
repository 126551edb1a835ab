import { type Event, inboxOf, isTimeline } from "@aftercare/protocol";
import { persist } from "../client.ts";
import { type Fleet, until } from "./fleet.ts";
import { allOnline, type Cast } from "./load.ts";
import type { Given, Phone } from "./phone.ts";

/** One row of the log as the database holds it. */
type Row = { stream: string; seq: number; type: string; by: string; command_id: string | null };
type Log = ReadonlyMap<string, readonly Row[]>;
/** From which seq to which an account may be told of a stream. */
type Stay = { from: number; until: number };
type Stays = ReadonlyMap<string, ReadonlyMap<string, readonly Stay[]>>;

/** How much the oracle looked at: a verdict over nothing is none. */
export type Checked = {
  readonly rows: number;
  readonly streams: number;
  readonly commands: number;
  readonly acked: number;
  readonly refused: number;
  readonly devices: number;
  readonly delivered: number;
  readonly stays: number;
};

const settleMs = 60_000;
/** A verdict with a thousand lines says no more than one with these. */
const shownBreaches = 12;
/** What the load itself may be told no for: somebody was put out while they still wrote. */
const fairRefusals: Readonly<Record<string, readonly string[]>> = { "message.send": ["not-a-member"] };
const membershipMessage = "bug: the membership of a stream is not known";

export type Judged = { readonly breaches: string[]; readonly checked: Checked };

/**
 * The one oracle of all faults: no acknowledged command lost; no command twice; seq dense and unique; the same order on
 * all devices; nothing to a non-member. It looks from four sides: the rows, what history says, what came over the wire,
 * what devices show. `given`: commands that were given by other ways than the phones of the cast.
 */
export async function judge(
  fleet: Fleet,
  cast: Cast,
  given: readonly Given[] = [],
  patienceMs = settleMs,
): Promise<Judged> {
  const breaches: string[] = [];
  const everyone = [...cast.phones, cast.outsider];
  await allOnline(everyone, settleMs);
  const log = await readLog(fleet, breaches);
  const judged = [...cast.steady.keys()];
  const timelines = new Map<string, Event[]>();
  for (const stream of judged) timelines.set(stream, await history(fleet, cast.witness, stream, breaches));
  const stays: Stays = new Map(judged.map((stream) => [stream, staysOf(timelines.get(stream) ?? [])]));
  await settle(cast, log, stays, patienceMs, breaches);
  checkDense(log, breaches);
  const commands = [...everyone.flatMap((phone) => phone.given), ...given];
  checkCommands(commands, log, judged, breaches);
  for (const [stream, events] of timelines) checkHistory(stream, events, log, breaches);
  let delivered = 0;
  for (const phone of everyone) {
    breaches.push(...phone.breaches);
    delivered += checkDelivered(phone, log, stays, breaches);
    checkShown(phone, log, stays, breaches);
  }
  await checkOutsider(fleet, cast, breaches);
  const checked: Checked = {
    rows: [...log.values()].reduce((sum, rows) => sum + rows.length, 0),
    streams: log.size,
    commands: commands.length,
    acked: commands.filter(({ acks }) => acks.length > 0).length,
    refused: commands.filter(({ refusals }) => refusals.length > 0).length,
    devices: everyone.length,
    delivered,
    stays: [...stays.values()].flatMap((accounts) => [...accounts.values()].flat()).length,
  };
  return { breaches: shortened(breaches), checked };
}

const shortened = (breaches: string[]): string[] =>
  breaches.length > shownBreaches
    ? [...breaches.slice(0, shownBreaches), `… and ${breaches.length - shownBreaches} more`]
    : breaches;

async function readLog(fleet: Fleet, breaches: string[]): Promise<Log> {
  const { rows, heads } = await fleet.sql((sql) =>
    sql.begin("isolation level repeatable read", async (tx) => ({
      rows: await tx<(Omit<Row, "seq"> & { seq: string })[]>`
        select stream, seq, type, by, command_id from event order by stream, seq`,
      heads: await tx<{ id: string; last_seq: string }[]>`select id, last_seq from stream`,
    })),
  );
  const log = new Map<string, Row[]>(heads.map(({ id }) => [id, []]));
  for (const row of rows) {
    const known = log.get(row.stream);
    if (known) known.push({ ...row, seq: Number(row.seq) });
    else breaches.push(`${row.stream}: an event of a stream that does not exist`);
  }
  for (const { id, last_seq } of heads)
    if (log.get(id)?.length !== Number(last_seq))
      breaches.push(`${id}: its head is ${last_seq}, but it has ${log.get(id)?.length} events`);
  return log;
}

/** Who may be told of what, by the log's own events of coming and going. */
function staysOf(timeline: readonly Event[]): Map<string, Stay[]> {
  const stays = new Map<string, Stay[]>();
  const open = (account: string, from: number) =>
    stays.set(account, [...(stays.get(account) ?? []), { from, until: Number.POSITIVE_INFINITY }]);
  const close = (account: string, until: number) => {
    const last = stays.get(account)?.at(-1);
    if (last) last.until = until;
  };
  for (const { type, seq, body } of timeline) {
    if (type === "conversation.opened") for (const { account, fromSeq } of body.members) open(account, fromSeq);
    else if (type === "member.joined") open(body.member.account, body.member.fromSeq);
    else if (type === "member.left" || type === "member.removed") close(body.account, seq);
    else if (type === "member.became" && body.from !== body.member.account) {
      close(body.from, seq);
      open(body.member.account, body.member.fromSeq);
    }
  }
  return stays;
}

const isMember = (stays: Stays, stream: string, account: string): boolean =>
  stays.get(stream)?.get(account)?.at(-1)?.until === Number.POSITIVE_INFINITY;

/** Waits until every device shows everything of where it belongs, and nothing of where it does not. */
async function settle(cast: Cast, log: Log, stays: Stays, patienceMs: number, breaches: string[]): Promise<void> {
  const behind = () =>
    cast.phones.flatMap((phone) => [
      ...[...stays.keys()].flatMap((stream) => {
        const shown = phone.shows(stream)?.seq;
        const wanted = isMember(stays, stream, phone.account) ? log.get(stream)?.length : undefined;
        return shown === wanted ? [] : [`${phone.name} shows ${stream} up to ${shown}, not ${wanted}`];
      }),
      ...(phone.client.inbox.value.state?.seq === log.get(inboxOf(phone.account as never))?.length
        ? []
        : [`${phone.name} lacks lines of its inbox`]),
    ]);
  await until(() => behind().length === 0, patienceMs, "devices that have everything").catch(() =>
    breaches.push(...behind().map((one) => `after ${patienceMs / 1000} s: ${one}`)),
  );
}

function checkDense(log: Log, breaches: string[]): void {
  for (const [stream, rows] of log) {
    const wrong = rows.findIndex((row, index) => row.seq !== index + 1);
    if (wrong >= 0) breaches.push(`${stream}: seq ${rows[wrong]?.seq} stands at place ${wrong + 1}`);
  }
}

/** Laws 1 and 2: an acknowledged command is in the log where its answer says, none is in it twice, a refused one not at all. */
function checkCommands(commands: readonly Given[], log: Log, judged: readonly string[], breaches: string[]): void {
  const places = new Map<string, Row[]>();
  for (const rows of log.values())
    for (const row of rows)
      if (row.command_id !== null) places.set(row.command_id, [...(places.get(row.command_id) ?? []), row]);
  for (const { id, type, by, who, stream, acks, refusals } of commands) {
    const found = places.get(id) ?? [];
    const what = `${who}: ${type} ${id}`;
    const refusal = refusals[0];
    if (found.length > 1) breaches.push(`${what} is in the log ${found.length} times`);
    if (refusal !== undefined && !fairRefusals[type]?.includes(refusal))
      breaches.push(`${what} was refused: ${refusal}`);
    if (refusal !== undefined && found.length > 0) breaches.push(`${what} was refused, and is in the log`);
    if (refusal !== undefined && acks.length > 0) breaches.push(`${what} was refused and acknowledged`);
    if (refusal === undefined && acks.length === 0) breaches.push(`${what} was never answered`);
    for (const ack of acks) {
      if (!found[0]) breaches.push(`${what} was acknowledged and is LOST`);
      else if (ack.seq !== found[0].seq || ack.stream !== found[0].stream)
        breaches.push(`${what} was answered with seq ${ack.seq}, but stands at ${found[0].seq}`);
    }
    if (found[0] && (found[0].by !== by || (stream !== undefined && found[0].stream !== stream)))
      breaches.push(`${what} stands in another stream or under another name`);
    places.delete(id);
  }
  for (const [id, [row]] of places)
    if (row && judged.includes(row.stream) && row.by !== "system")
      breaches.push(`${row.type} ${id} was given by nobody`);
}

/** The public history, page by page. */
async function history(fleet: Fleet, { token }: Phone, stream: string, breaches: string[]): Promise<Event[]> {
  const found: Event[] = [];
  for (let after = 0; ; ) {
    const path = `/v1/streams/${stream}/history?after=${after}&limit=100`;
    const { status, body } = await persist(() => fleet.api.get(token, path));
    const page = body as { items?: Event[]; to?: number; head?: number };
    if (status !== 200 || !page.items || page.to === undefined) {
      breaches.push(`the history of ${stream} was answered ${status} ${JSON.stringify(body)}`);
      return found;
    }
    found.push(...page.items);
    if (page.to >= (page.head ?? 0) || page.to <= after) return found;
    after = page.to;
  }
}

function checkHistory(stream: string, events: readonly Event[], log: Log, breaches: string[]): void {
  const rows = (log.get(stream) ?? []).filter(({ type }) => isTimeline(type));
  const wrong = rows.findIndex(
    (row, index) => events[index]?.seq !== row.seq || (events[index]?.commandId ?? null) !== row.command_id,
  );
  if (wrong >= 0) breaches.push(`the history of ${stream} differs from the log at seq ${rows[wrong]?.seq}`);
  if (rows.length !== events.length)
    breaches.push(`the history of ${stream} has ${events.length} items, the log ${rows.length}`);
}

/** Laws 3 and 5, on the wire: what came is what the log holds, and came to who may have it. Gives how many. */
function checkDelivered(phone: Phone, log: Log, stays: Stays, breaches: string[]): number {
  let count = 0;
  for (const [stream, seen] of phone.delivered) {
    const rows = log.get(stream);
    const mine = stream === inboxOf(phone.account as never);
    const allowed = stays.get(stream)?.get(phone.account) ?? [];
    if (stream.startsWith("i_") && !mine) breaches.push(`${phone.name} was sent the inbox of another: ${stream}`);
    for (const [seq, { type, commandId }] of seen) {
      count++;
      const row = rows?.[seq - 1];
      if (row?.type !== type || (row.command_id ?? undefined) !== commandId)
        breaches.push(`${phone.name} was sent ${type} as ${stream} ${seq}, the log has ${row?.type ?? "nothing"}`);
      if (stays.has(stream) && !allowed.some(({ from, until: to }) => seq >= from && seq <= to))
        breaches.push(`${phone.name} was sent ${stream} ${seq} (${type}) without being a member there`);
    }
  }
  for (const { stream, seq } of phone.snapshots)
    if (
      stays.has(stream) &&
      !(stays.get(stream)?.get(phone.account) ?? []).some(({ from, until: to }) => seq >= from - 1 && seq <= to)
    )
      breaches.push(`${phone.name} was sent a snapshot of ${stream} at ${seq} without being a member there`);
  return count;
}

/** Law 3, as people see it: what a device shows is the log's timeline, whole from its first item on, in that order. */
function checkShown(phone: Phone, log: Log, stays: Stays, breaches: string[]): void {
  for (const stream of stays.keys()) {
    const shown = phone.shows(stream);
    if (!isMember(stays, stream, phone.account)) {
      if (shown) breaches.push(`${phone.name} shows ${stream} without being a member`);
      continue;
    }
    const items = shown?.items ?? [];
    const first = items[0]?.seq ?? 0;
    const rows = (log.get(stream) ?? []).filter(({ type, seq }) => isTimeline(type) && seq >= first);
    const wrong = rows.findIndex(
      (row, index) => items[index]?.seq !== row.seq || (items[index]?.commandId ?? null) !== row.command_id,
    );
    if (wrong >= 0) breaches.push(`${phone.name}: ${stream} differs from the log at seq ${rows[wrong]?.seq}`);
    else if (rows.length !== items.length) breaches.push(`${phone.name}: ${stream} shows more than there is`);
  }
}

/** Law 5: who is no member gets nothing, however they ask. */
async function checkOutsider(fleet: Fleet, { outsider, steady }: Cast, breaches: string[]): Promise<void> {
  if (steady.size === 0) throw new Error(membershipMessage);
  for (const stream of steady.keys()) {
    if (outsider.delivered.has(stream)) breaches.push(`the outsider was sent ${stream}`);
    const { status } = await persist(() => fleet.api.get(outsider.token, `/v1/streams/${stream}/history`));
    if (status < 400) breaches.push(`the outsider may read the history of ${stream}`);
  }
}
