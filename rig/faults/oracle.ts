import type { Event } from "@aftercare/protocol";
import { type Device, persist, type Track } from "../client.ts";
import { type Cast, until, type World } from "./world.ts";

/** One row of the log as the database holds it. */
type Row = { stream: string; seq: number; type: string; by: string; command_id: string | null };
type Log = ReadonlyMap<string, readonly Row[]>;

const settleMs = 45_000;
/** A verdict with a thousand lines says no more than one with these. */
const shownBreaches = 12;

/**
 * The one oracle of all faults: no acknowledged message lost; every command once; seq dense and unique; the same order on
 * all devices; nothing to a non-member. It looks from three sides: what devices were shown, what history says, the rows.
 */
export async function judge(world: World, cast: Cast): Promise<string[]> {
  const breaches: string[] = [];
  const everyone = [...cast.devices, cast.outsider];
  for (const device of everyone) if (device.state === "off") device.start();
  await until(() => everyone.every((one) => one.state === "online"), settleMs, "every device online again");
  const log = await readLog(world, [...cast.members.keys()]);
  await settle(cast, log, breaches);
  for (const device of everyone) breaches.push(...device.breaches);
  checkDense(log, breaches);
  checkCommands(cast, log, breaches);
  for (const device of cast.devices) checkShown(device, cast, log, breaches);
  for (const device of cast.devices) await checkHistory(world, device, cast, log, breaches);
  await checkOutsider(world, cast, breaches);
  return breaches.length > shownBreaches
    ? [...breaches.slice(0, shownBreaches), `… and ${breaches.length - shownBreaches} more`]
    : breaches;
}

async function readLog(world: World, streams: readonly string[]): Promise<Log> {
  const { rows, heads } = await world.sql(async (sql) => ({
    rows: await sql<(Omit<Row, "seq"> & { seq: string })[]>`
      select stream, seq, type, by, command_id from event where stream = any(${[...streams]}::text[]) order by stream, seq`,
    heads: await sql<{ id: string; last_seq: string }[]>`
      select id, last_seq from stream where id = any(${[...streams]}::text[])`,
  }));
  const log = new Map<string, Row[]>(streams.map((stream) => [stream, []]));
  for (const row of rows) log.get(row.stream)?.push({ ...row, seq: Number(row.seq) });
  for (const { id, last_seq } of heads)
    if (log.get(id)?.length !== Number(last_seq))
      throw new Error(`${id}: head ${last_seq}, ${log.get(id)?.length} rows`);
  return log;
}

/** Waits until every device has everything, which takes a heartbeat where a bell was lost. */
async function settle(cast: Cast, log: Log, breaches: string[]): Promise<void> {
  const behind = () =>
    cast.devices.flatMap((device) =>
      streamsOf(device, cast).filter((stream) => device.tracks.get(stream)?.seq !== log.get(stream)?.length),
    );
  await until(() => behind().length === 0, settleMs, "devices that have everything").catch(() =>
    breaches.push(`after ${settleMs / 1000} s devices still lack events of ${behind().length} streams`),
  );
}

const streamsOf = (device: Device, { members }: Cast): string[] =>
  [...members].filter(([, some]) => some.has(device.account)).map(([stream]) => stream);

function checkDense(log: Log, breaches: string[]): void {
  for (const [stream, rows] of log) {
    const wrong = rows.findIndex((row, index) => row.seq !== index + 1);
    if (wrong >= 0) breaches.push(`${stream}: seq ${rows[wrong]?.seq} stands at place ${wrong + 1}`);
  }
}

/** Laws 1 and 2: an acknowledged command is in the log where its answer says, and no command is in it twice. */
function checkCommands(cast: Cast, log: Log, breaches: string[]): void {
  const places = new Map<string, Row[]>();
  for (const rows of log.values())
    for (const row of rows)
      if (row.command_id !== null) places.set(row.command_id, [...(places.get(row.command_id) ?? []), row]);
  for (const device of cast.devices) {
    for (const [id, { acks, refusal, command }] of device.sendings) {
      const found = places.get(id) ?? [];
      const what = `${device.name}: command ${id}`;
      if (refusal !== undefined) breaches.push(`${what} was refused: ${refusal}`);
      else if (acks.length === 0) breaches.push(`${what} was never answered`);
      else if (found.length === 0) breaches.push(`${what} was acknowledged and is LOST`);
      if (found.length > 1) breaches.push(`${what} is in the log ${found.length} times`);
      for (const ack of acks)
        if (found[0] && (ack.seq !== found[0].seq || ack.stream !== found[0].stream))
          breaches.push(`${what} was answered with seq ${ack.seq}, but stands at ${found[0].seq}`);
      if (found[0] && (found[0].by !== device.account || found[0].stream !== command.stream))
        breaches.push(`${what} stands in another stream or under another name`);
      places.delete(id);
    }
  }
  for (const [id, [row]] of places)
    if (row?.type === "message.sent" && row.by !== "system") breaches.push(`message ${id} was sent by nobody`);
}

/** Law 3: what a device was shown is the log, in its order. */
function checkShown(device: Device, cast: Cast, log: Log, breaches: string[]): void {
  for (const [stream, track] of device.tracks) {
    const rows = log.get(stream);
    if (!rows) continue;
    if (!cast.members.get(stream)?.has(device.account)) {
      if (track.events.size > 0) breaches.push(`${device.name} was shown ${stream} without being a member`);
      continue;
    }
    const wrong = differs(track, rows);
    if (wrong !== undefined) breaches.push(`${device.name}: ${stream} differs from the log at seq ${wrong}`);
    const back = track.shown.findIndex((seq, index) => index > 0 && seq <= (track.shown[index - 1] ?? 0));
    if (back >= 0) breaches.push(`${device.name}: ${stream} showed ${track.shown[back]} again`);
  }
}

function differs(track: Track, rows: readonly Row[]): number | undefined {
  for (const [seq, event] of track.events)
    if (rows[seq - 1]?.type !== event.type || (rows[seq - 1]?.command_id ?? undefined) !== event.commandId) return seq;
  // Before its first snapshot a device need not hold anything; from its first event on it holds all.
  const first = track.shown[0] ?? rows.length + 1;
  for (let seq = first; seq <= rows.length; seq++) if (!track.events.has(seq)) return seq;
  return undefined;
}

/** The public history, page by page, is the log's timeline. */
async function checkHistory(world: World, device: Device, cast: Cast, log: Log, breaches: string[]): Promise<void> {
  for (const stream of streamsOf(device, cast)) {
    const found: Event[] = [];
    for (let after = 0; ; ) {
      const path = `/v1/streams/${stream}/history?after=${after}&limit=100`;
      const { status, body } = await persist(() => world.api.get(device.token, path));
      const page = body as { items?: Event[]; to?: number; head?: number };
      if (status !== 200 || !page.items || page.to === undefined) {
        breaches.push(`${device.name}: history of ${stream} was answered ${status} ${JSON.stringify(body)}`);
        break;
      }
      found.push(...page.items);
      if (page.to >= (page.head ?? 0) || page.to <= after) break;
      after = page.to;
    }
    const rows = (log.get(stream) ?? []).filter((row) => row.type === "message.sent");
    const messages = found.filter((event) => event.type === "message.sent");
    const wrong = rows.findIndex(
      (row, index) => messages[index]?.seq !== row.seq || (messages[index]?.commandId ?? null) !== row.command_id,
    );
    if (wrong >= 0)
      breaches.push(`${device.name}: history of ${stream} differs from the log at seq ${rows[wrong]?.seq}`);
    if (rows.length !== messages.length)
      breaches.push(`${device.name}: history of ${stream} has ${messages.length} messages, the log ${rows.length}`);
  }
}

/** Law 5: who is no member gets nothing, however they ask. */
async function checkOutsider(world: World, { outsider, members }: Cast, breaches: string[]): Promise<void> {
  for (const stream of members.keys()) {
    if ((outsider.tracks.get(stream)?.events.size ?? 0) > 0) breaches.push(`the outsider was shown ${stream}`);
    const { status } = await persist(() => world.api.get(outsider.token, `/v1/streams/${stream}/history`));
    if (status < 400) breaches.push(`the outsider may read the history of ${stream}`);
  }
}
