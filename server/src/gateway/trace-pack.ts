import type { AccountId, Seq, StreamId, TraceTransport } from "@aftercare/protocol";

/** Marks of one kind kept for one device and window; more are merged two by two. */
export const marksPerList = 128;

/**
 * Times up to seqs: what lies at or below a seq happened by its time. When there are too many, neighbours become one with the
 * later time: a mark may then say a little late, never too early.
 */
export class Marks {
  readonly seqs: Seq[] = [];
  readonly ats: number[] = [];

  /** Tells whether a mark was added. */
  note(seq: Seq, at: number): boolean {
    const last = this.seqs.length - 1;
    if (last >= 0 && seq <= (this.seqs[last] as number)) return false;
    if (last >= 0 && at === this.ats[last]) {
      this.seqs[last] = seq;
      return false;
    }
    if (this.seqs.length >= marksPerList) this.halve();
    this.seqs.push(seq);
    this.ats.push(at);
    return true;
  }

  private halve(): void {
    const half = this.seqs.length >> 1;
    for (let i = 0; i < half; i++) {
      this.seqs[i] = this.seqs[2 * i + 1] as number;
      this.ats[i] = this.ats[2 * i + 1] as number;
    }
    this.seqs.length = half;
    this.ats.length = half;
  }
}

export type DeviceMarks = {
  readonly account: AccountId;
  readonly device: string;
  readonly transport: TraceTransport;
  /** The first seq that could be read there: marks "up to" a seq say nothing of those below. */
  readonly from: Seq;
  /** Pairs from and to: seqs that went out with the stream's own marks. */
  readonly ranges: Seq[];
  /** What went out otherwise: gaps and snapshots. */
  readonly sent: Marks;
  readonly delivered: Marks;
  readonly read: Marks;
};

/** What one node saw of one stream in one window. */
export type StreamMarks = {
  /** Seq, accepted, stored; three numbers a command. */
  readonly taken: number[];
  /** When events went out to every subscription in step. */
  readonly out: Marks;
  readonly devices: Map<string, DeviceMarks>;
};

export type TraceRow = { stream: StreamId; untilAt: number; lastSeq: Seq; marks: string };

type PackedDevice = [
  account: AccountId,
  device: string,
  transport: TraceTransport,
  ranges: number[],
  sent: number[],
  delivered: number[],
  read: number[],
  /** Missing in rows from before it was written. */
  from?: Seq,
];
type Packed = { at: number; taken: number[]; out: number[]; devices: PackedDevice[] };

/** One row of a stream's marks; times as distances from the first, which are short. Undefined when there are none. */
export function pack(stream: StreamId, { taken, out, devices }: StreamMarks): TraceRow | undefined {
  const lists = [out, ...[...devices.values()].flatMap(({ sent, delivered, read }) => [sent, delivered, read])];
  const ats = [...taken.filter((_, i) => i % 3 !== 0), ...lists.flatMap((list) => list.ats)];
  if (ats.length === 0) return undefined;
  let at = Number.POSITIVE_INFINITY;
  let untilAt = 0;
  for (const one of ats) {
    if (one < at) at = one;
    if (one > untilAt) untilAt = one;
  }
  let lastSeq = Math.max(0, ...lists.map((list) => list.seqs.at(-1) ?? 0));
  for (let i = 0; i < taken.length; i += 3) lastSeq = Math.max(lastSeq, taken[i] as number);
  const flat = (list: Marks) => list.seqs.flatMap((seq, i) => [seq, (list.ats[i] as number) - at]);
  const packed: Packed = {
    at,
    taken: taken.map((number, i) => (i % 3 === 0 ? number : number - at)),
    out: flat(out),
    devices: [...devices.values()].map((one) => [
      one.account,
      one.device,
      one.transport,
      one.ranges,
      flat(one.sent),
      flat(one.delivered),
      flat(one.read),
      one.from,
    ]),
  };
  return { stream, untilAt, lastSeq, marks: JSON.stringify(packed) };
}

export type DeviceTimes = {
  account: AccountId;
  device: string;
  transport: TraceTransport;
  sentAt?: number | undefined;
  deliveredAt?: number | undefined;
  readAt?: number | undefined;
};
export type Times = { acceptedAt?: number; storedAt?: number; devices: DeviceTimes[] };

/** What rows say of one event: of each thing the earliest time. */
export function timesOf(rows: readonly Pick<TraceRow, "marks">[], seq: Seq): Times {
  const times: Times = { devices: [] };
  const devices = new Map<string, DeviceTimes>();
  for (const row of rows) {
    const { at, taken, out, devices: packed } = JSON.parse(row.marks) as Packed;
    for (let i = 0; i < taken.length && times.storedAt === undefined; i += 3)
      if (taken[i] === seq) {
        times.acceptedAt = at + (taken[i + 1] as number);
        times.storedAt = at + (taken[i + 2] as number);
      }
    for (const [account, device, transport, ranges, sent, delivered, read, from = 1] of packed) {
      if (seq < from) continue;
      const known = devices.get(device) ?? { account, device, transport };
      const inStep = ranges.some((from, i) => i % 2 === 0 && from <= seq && seq <= (ranges[i + 1] as number));
      const sentAt = earliest(inStep ? firstFrom(out, seq, at) : undefined, firstFrom(sent, seq, at));
      if (sentAt !== undefined && (known.sentAt === undefined || sentAt < known.sentAt)) {
        known.sentAt = sentAt;
        known.transport = transport;
      }
      known.readAt = earliest(known.readAt, firstFrom(read, seq, at));
      known.deliveredAt = earliest(known.deliveredAt, firstFrom(delivered, seq, at), known.readAt);
      if (known.sentAt ?? known.deliveredAt ?? known.readAt) devices.set(device, known);
    }
  }
  times.devices = [...devices.values()];
  return times;
}

/** The time of the first mark at or above a seq. */
function firstFrom(list: readonly number[], seq: Seq, at: number): number | undefined {
  for (let i = 0; i < list.length; i += 2) if ((list[i] as number) >= seq) return at + (list[i + 1] as number);
  return undefined;
}

function earliest(...times: (number | undefined)[]): number | undefined {
  let found: number | undefined;
  for (const time of times) if (time !== undefined && (found === undefined || time < found)) found = time;
  return found;
}
