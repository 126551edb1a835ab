import type { ClientFrame, Receipt, StreamId } from "@aftercare/protocol";
import { readKey } from "./cache.ts";
import type { Ctx } from "./context.ts";
import { conversationOf } from "./slot.ts";
import { isTalk } from "./sync.ts";

/** Receipts of one stream go out at most once in this time. */
const COALESCE_MS = 300;

export type ReceiptPorts = { send(frame: ClientFrame): void; isLive(stream: StreamId): boolean };

/** The leader: reports what reached this device and what was read on it, until the server shows that it knows. */
export class Receipts {
  readonly #ctx: Ctx;
  readonly #ports: ReceiptPorts;
  readonly #due = new Set<StreamId>();
  /** Reported on this link. */
  readonly #reported = new Map<StreamId, Receipt>();
  #timer: unknown;

  constructor(ctx: Ctx, ports: ReceiptPorts) {
    this.#ctx = ctx;
    this.#ports = ports;
  }

  /** Something of the stream has moved: its events, its receipts, or what was read here. */
  note(stream: StreamId): void {
    if (!isTalk(stream)) return;
    this.#due.add(stream);
    this.#timer ??= this.#ctx.ports.clock.setTimer(() => this.#flush(), COALESCE_MS);
  }

  cut(): void {
    this.#reported.clear();
  }

  stop(): void {
    this.#ctx.ports.clock.clearTimer(this.#timer);
    this.#timer = undefined;
  }

  #flush(): void {
    this.#timer = undefined;
    const streams = [...this.#due];
    this.#due.clear();
    for (const stream of streams) this.#report(stream);
  }

  #report(stream: StreamId): void {
    const { model, cache, publish } = this.#ctx;
    const me = model.me.value?.account;
    const state = conversationOf(model.slots.get(stream));
    if (me === undefined || !state || !state.members[me]) return;
    const own = state.receipts[me] ?? { deliveredSeq: 0, readSeq: 0 };
    const read = model.reads.get(stream);
    if (read !== undefined && own.readSeq >= read) {
      void cache.write({ delete: [readKey(stream)] });
      publish([{ t: "read", stream, seq: undefined }]);
    }
    // A stream that is not live comes back here when it is.
    if (!this.#ports.isLive(stream)) return;
    const known = this.#reported.get(stream) ?? { deliveredSeq: 0, readSeq: 0 };
    const deliveredSeq = state.seq;
    const readSeq = Math.min(read ?? 0, state.seq);
    const grows = {
      ...(deliveredSeq > Math.max(own.deliveredSeq, known.deliveredSeq) && { deliveredSeq }),
      ...(readSeq > Math.max(own.readSeq, known.readSeq) && { readSeq }),
    };
    if (Object.keys(grows).length === 0) return;
    this.#reported.set(stream, { deliveredSeq, readSeq: Math.max(readSeq, known.readSeq) });
    this.#ports.send({ t: "receipt", stream, ...grows });
  }
}
