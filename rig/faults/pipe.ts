import type { Socket } from "node:net";
import type { Random } from "../sim/random.ts";
import type { Filter, Impairment } from "./proxy.ts";

/** Bytes on the way at which the source is not read any further. */
const onTheWayBytes = 1_048_576;

/** One direction of a link: takes bytes, and gives them on late, slowly, in pieces, or not at all. Never out of order. */
export class Pipe {
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #random: Random;
  #impairment: Impairment;
  #queue: { bytes: Buffer; dueAt: number }[] = [];
  #queuedBytes = 0;
  #lastDueAt = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stalled = false;
  #blocked = false;
  #ending = false;
  isSilent = false;

  constructor(from: Socket, to: Socket, random: Random, impairment: Impairment, filter: Filter | undefined) {
    this.#from = from;
    this.#to = to;
    this.#random = random;
    this.#impairment = impairment;
    const emit = (bytes: Buffer) => this.#take(bytes);
    from.on("data", (chunk: Buffer) => {
      if (this.isSilent) return;
      if (filter) filter(chunk, emit);
      else this.#take(chunk);
    });
    to.on("drain", () => {
      this.#blocked = false;
      this.#flush();
    });
  }

  impair(impairment: Impairment): void {
    this.#impairment = impairment;
  }

  silence(): void {
    this.isSilent = true;
    this.#queue = [];
    this.#queuedBytes = 0;
  }

  stall(): void {
    this.#stalled = true;
    this.#from.pause();
  }

  resume(): void {
    this.#stalled = false;
    this.#flush();
  }

  /** The source has ended: what is on the way still arrives, then the other side ends too. */
  end(): void {
    this.#ending = true;
    this.#flush();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#queue = [];
    this.isSilent = true;
  }

  #take(bytes: Buffer): void {
    if (this.isSilent) return;
    const { latencyMs, jitterMs, bytesPerSecond, sliceBytes } = this.#impairment;
    const step = sliceBytes > 0 ? sliceBytes : Math.max(1, bytes.length);
    for (let at = 0; at < bytes.length; at += step) {
      const slice = bytes.subarray(at, at + step);
      const carryMs = bytesPerSecond > 0 ? (slice.length / bytesPerSecond) * 1_000 : 0;
      const arrivesAt = Date.now() + latencyMs + (jitterMs > 0 ? this.#random.unit() * jitterMs : 0);
      this.#lastDueAt = Math.max(arrivesAt, this.#lastDueAt) + carryMs;
      this.#queue.push({ bytes: slice, dueAt: this.#lastDueAt });
      this.#queuedBytes += slice.length;
    }
    this.#flush();
  }

  #flush(): void {
    clearTimeout(this.#timer);
    while (!this.#blocked && !this.#stalled) {
      const next = this.#queue[0];
      if (!next) break;
      const waitMs = next.dueAt - Date.now();
      if (waitMs > 0) {
        this.#timer = setTimeout(() => this.#flush(), waitMs);
        break;
      }
      this.#queue.shift();
      this.#queuedBytes -= next.bytes.length;
      if (!this.#to.destroyed) this.#blocked = !this.#to.write(next.bytes);
    }
    if (this.#stalled || this.#queuedBytes > onTheWayBytes || this.#blocked) this.#from.pause();
    else this.#from.resume();
    if (this.#ending && this.#queue.length === 0) this.#to.end();
  }
}
