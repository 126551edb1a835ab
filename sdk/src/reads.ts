import type { Read } from "@aftercare/protocol";
import type { ReadOutcome } from "./change.ts";
import type { Clock } from "./types.ts";

/** A question without an answer for this long is refused as `busy`. */
export const ANSWER_TIMEOUT_MS = 20_000;
const PENDING_READS = 200;

/** Questions under way in this tab: asked again whenever the way to the server is a new one. */
export class Reads {
  readonly #clock: Clock;
  readonly #ask: (n: number, read: Read) => void;
  readonly #pending = new Map<number, { read: Read; resolve: (outcome: ReadOutcome) => void; timer: unknown }>();
  #last = 0;

  /** `ask` carries a question towards the server when it can; `again` repeats those it could not. */
  constructor(clock: Clock, ask: (n: number, read: Read) => void) {
    this.#clock = clock;
    this.#ask = ask;
  }

  read(read: Read): Promise<ReadOutcome> {
    if (this.#pending.size >= PENDING_READS) return Promise.resolve({ refusal: { code: "busy" } });
    const n = ++this.#last;
    return new Promise((resolve) => {
      const timer = this.#clock.setTimer(() => this.answered(n, { refusal: { code: "busy" } }), ANSWER_TIMEOUT_MS);
      this.#pending.set(n, { read, resolve, timer });
      this.#ask(n, read);
    });
  }

  answered(n: number, outcome: ReadOutcome): void {
    const pending = this.#pending.get(n);
    if (!pending) return;
    this.#pending.delete(n);
    this.#clock.clearTimer(pending.timer);
    pending.resolve(outcome);
  }

  again(): void {
    for (const [n, { read }] of this.#pending) this.#ask(n, read);
  }

  stop(): void {
    for (const n of [...this.#pending.keys()]) this.answered(n, { refusal: { code: "busy" } });
  }
}
