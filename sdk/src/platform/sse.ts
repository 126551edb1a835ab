import { limits } from "@aftercare/protocol";
import type { Link, LinkEvents, Transport } from "../types.ts";
import { HttpError, type HttpTransport } from "./http.ts";
import { openSession, type Session } from "./session.ts";

/** Server-sent events read by fetch, as an EventSource cannot carry the token; frames to the server go by POST. */
export class SseTransport implements Transport {
  readonly name = "sse";
  readonly #at: HttpTransport;

  constructor(at: HttpTransport) {
    this.#at = at;
  }

  open(events: LinkEvents): Link {
    return openSession(this.#at, events, (session) => stream(session, events));
  }
}

async function stream({ base, headers, signal }: Session, events: LinkEvents): Promise<void> {
  const accept = { ...headers, accept: "text/event-stream" };
  const response = await fetch(`${base}/v1/events`, {
    headers: accept,
    signal,
    cache: "no-store",
    credentials: "omit",
  });
  if (!response.ok || !response.body) throw new HttpError(response.status);
  const parser = new SseParser((data) => events.frame(data));
  const reader = response.body
    .pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>)
    .getReader();
  for (;;) {
    const { value, done } = await reader.read();
    if (done || signal.aborted) return;
    parser.feed(value);
  }
}

/** One event may hold a snapshot; a line beyond this is not from our server. */
const LINE_CHARS = 512 * limits.frameBytes;

/** The lines of an event stream (WHATWG HTML §9.2.6), as far as we use them: `data` and the blank line that ends an event. */
export class SseParser {
  readonly #emit: (data: string) => void;
  #pending: string[] = [];
  #pendingChars = 0;
  #data: string[] = [];

  constructor(emit: (data: string) => void) {
    this.#emit = emit;
  }

  feed(text: string): void {
    let from = 0;
    for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", from)) {
      this.#line(this.#pending.join("") + text.slice(from, end));
      this.#pending = [];
      this.#pendingChars = 0;
      from = end + 1;
    }
    if (from === text.length) return;
    this.#pendingChars += text.length - from;
    if (this.#pendingChars > LINE_CHARS) throw new Error("a line of the event stream is too long");
    this.#pending.push(text.slice(from));
  }

  #line(raw: string): void {
    const line = raw.endsWith("\r") ? raw.slice(0, -1) : raw;
    if (line === "") {
      if (this.#data.length > 0) this.#emit(this.#data.join("\n"));
      this.#data = [];
    } else if (line.startsWith("data:")) this.#data.push(line.slice(line[5] === " " ? 6 : 5));
  }
}
