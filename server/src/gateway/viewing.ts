import { type AccountId, limits, type StreamId } from "@aftercare/protocol";
import type { Clock } from "../context.ts";
import type { Presence } from "./presence.ts";

/** One page of a link; for a request without a link, its credential. */
type Eye = object | string;

/**
 * Who on this node has a conversation before their eyes: said again and again, and over when it is not, when the link ends or
 * when it is taken back. It is told as presence of the notes, so that it goes to colleagues alone.
 */
export class Viewing {
  private readonly clock: Clock;
  private readonly presence: Pick<Presence, "set">;
  /** Timers that end it, by stream and account. */
  private readonly eyes = new Map<string, Map<Eye, unknown>>();

  constructor(clock: Clock, presence: Pick<Presence, "set">) {
    this.clock = clock;
    this.presence = presence;
  }

  say(stream: StreamId, account: AccountId, eye: Eye, on: boolean): void {
    const place = `${stream} ${account}`;
    const eyes = this.eyes.get(place) ?? new Map<Eye, unknown>();
    const timer = eyes.get(eye);
    if (timer === undefined && !on) return;
    this.clock.clearTimer(timer);
    if (on)
      eyes.set(
        eye,
        this.clock.setTimer(() => this.say(stream, account, eye, false), limits.viewingTtlMs),
      );
    else eyes.delete(eye);
    if (eyes.size > 0) this.eyes.set(place, eyes);
    else this.eyes.delete(place);
    this.presence.set(stream, account, eyes.size > 0);
  }

  stop(): void {
    for (const eyes of this.eyes.values()) for (const timer of eyes.values()) this.clock.clearTimer(timer);
    this.eyes.clear();
  }
}
