import type { StreamId } from "@aftercare/protocol";
import type { Clock } from "./types.ts";

const REPEAT_MS = 3_000;
const IDLE_MS = 5_000;

/** Says that one is typing: again at most every few seconds, and that one has stopped. */
export class TypingOut {
  readonly #clock: Clock;
  readonly #send: (stream: StreamId, on: boolean) => void;
  readonly #active = new Map<StreamId, { sentAt: number; idle: unknown }>();

  constructor(clock: Clock, send: (stream: StreamId, on: boolean) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  key(stream: StreamId, on: boolean): void {
    if (!on) return this.#off(stream);
    const now = this.#clock.elapsed();
    const active = this.#active.get(stream);
    if (active) this.#clock.clearTimer(active.idle);
    const repeat = !active || now - active.sentAt >= REPEAT_MS;
    const idle = this.#clock.setTimer(() => this.#off(stream), IDLE_MS);
    this.#active.set(stream, { sentAt: repeat ? now : active.sentAt, idle });
    if (repeat) this.#send(stream, true);
  }

  /** The words were sent: others see the message instead. */
  sent(stream: StreamId): void {
    this.#off(stream);
  }

  #off(stream: StreamId): void {
    const active = this.#active.get(stream);
    if (!active) return;
    this.#clock.clearTimer(active.idle);
    this.#active.delete(stream);
    this.#send(stream, false);
  }

  stop(): void {
    for (const { idle } of this.#active.values()) this.#clock.clearTimer(idle);
    this.#active.clear();
  }
}
