import type { CloseReason, TraceTransport } from "@aftercare/protocol";
import type { Clock } from "../context.ts";
import type { Outlet } from "./link.ts";
import type { LiveSession } from "./session.ts";

type Held = { n: number; frame: string; bytes: number };

/** One link made of plain HTTP requests: frames wait here for a stream of events, or for a poll, to fetch them. */
export class PostedLink implements Outlet {
  readonly id: string;
  readonly credential: string;
  /** Set right after the node has connected this outlet. */
  session!: LiveSession;
  /** The last request that named this link. */
  usedAt: number;
  ended = false;
  /** When it was first seen to have ended, in elapsed time. */
  endedAt: number | undefined;
  /** Breaks off the stream of events, whose client may never read its end. */
  cut: (() => void) | undefined;
  /** The first fetch decides: a stream forgets what it has sent, a poll only what was acknowledged. */
  carrier: "none" | "events" | "poll" = "none";
  private held: Held[] = [];
  private heldBytes = 0;
  private nextNumber = 1;
  private waiter: (() => void) | undefined;
  private attached = 0;

  constructor(id: string, credential: string, now: number) {
    this.id = id;
    this.credential = credential;
    this.usedAt = now;
  }

  get transport(): TraceTransport {
    return { none: "http", events: "sse", poll: "poll" }[this.carrier] as TraceTransport;
  }

  send(frame: string): void {
    const bytes = Buffer.byteLength(frame);
    this.held.push({ n: this.nextNumber++, frame, bytes });
    this.heldBytes += bytes;
    this.wake();
  }

  bufferedBytes(): number {
    return this.heldBytes;
  }

  close(code: number, reason: CloseReason): void {
    // Whoever is too slow would not read the rest either, and it must not stay in memory; it resumes by its cursors.
    if (reason === "slow") this.forget(this.held.length);
    this.send(JSON.stringify({ t: "bye", code, reason }));
    this.ended = true;
    this.wake();
  }

  /** Whether a request is waiting on this link now. */
  isAttached(): boolean {
    return this.attached > 0;
  }

  /** Marks a request that stays; call the result when it ends. */
  attach(clock: Pick<Clock, "elapsed">): () => void {
    this.attached++;
    return () => {
      this.attached--;
      this.usedAt = clock.elapsed();
    };
  }

  /** The oldest frames, at least one and up to `maxBytes`; they stay held. */
  peek(maxBytes: number): readonly Held[] {
    let bytes = 0;
    let count = 0;
    for (const one of this.held) {
      if (count > 0 && bytes + one.bytes > maxBytes) break;
      bytes += one.bytes;
      count++;
    }
    return this.held.slice(0, count);
  }

  /** The oldest frames, handed over for good. */
  take(maxBytes: number): readonly Held[] {
    const taken = this.peek(maxBytes);
    this.forget(taken.length);
    if (taken.length > 0 && !this.ended) this.session.drained();
    return taken;
  }

  /** Forgets frames up to this number; false for one that was never sent. */
  acknowledge(n: number): boolean {
    if (n >= this.nextNumber) return false;
    const count = this.held.findIndex((one) => one.n > n);
    const taken = count === -1 ? this.held.length : count;
    this.forget(taken);
    if (taken > 0 && !this.ended) this.session.drained();
    return true;
  }

  private forget(count: number): void {
    for (const one of this.held.splice(0, count)) this.heldBytes -= one.bytes;
  }

  isEmpty(): boolean {
    return this.held.length === 0;
  }

  /** Resolves once there is something to fetch, the link ended, or another request took the place. */
  wait(): Promise<void> {
    this.wake();
    if (!this.isEmpty() || this.ended) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiter = resolve;
    });
  }

  wake(): void {
    const waiter = this.waiter;
    this.waiter = undefined;
    waiter?.();
  }
}
