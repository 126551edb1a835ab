import { limits } from "@aftercare/protocol";
import type { Link, LinkEvents, Transport } from "../types.ts";
import { call, HttpError, type HttpTransport } from "./http.ts";
import { openSession, type Session } from "./session.ts";

const ANSWER_MARGIN_MS = 10_000;
/** A response may be lost on its way: the same is asked again, as the server keeps what was not acknowledged. */
const TRIES = 3;

/** The last resort: asks, and waits for the answer, again and again. */
export class PollTransport implements Transport {
  readonly name = "poll";
  readonly #at: HttpTransport;

  constructor(at: HttpTransport) {
    this.#at = at;
  }

  open(events: LinkEvents): Link {
    return openSession(this.#at, events, (session) => poll(session, events));
  }
}

async function poll(session: Session, events: LinkEvents): Promise<void> {
  let ack = 0;
  while (!session.signal.aborted) {
    const frames = await ask(session, ack);
    for (const [n, frame] of frames) {
      if (n <= ack) continue;
      ack = n;
      events.frame(JSON.stringify(frame));
    }
  }
}

async function ask({ base, headers, signal }: Session, ack: number): Promise<[number, unknown][]> {
  for (let tries = 1; ; tries++) {
    try {
      const init = { method: "POST", headers, body: JSON.stringify({ ack }), signal };
      const response = await call(base, "/v1/poll", init, limits.pollWaitMs + ANSWER_MARGIN_MS);
      return ((await response.json()) as { frames: [number, unknown][] }).frames;
    } catch (error) {
      if (error instanceof HttpError || signal.aborted || tries === TRIES) throw error;
    }
  }
}
