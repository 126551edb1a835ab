import { type Credential, limits } from "@aftercare/protocol";
import type { Link, LinkEvents } from "../types.ts";
import { bearer, call, FramePoster, type HttpTransport, whyOf } from "./http.ts";

export type Session = {
  headers: Record<string, string>;
  signal: AbortSignal;
  base: string;
};

/**
 * The session of the transports without a socket: the hello opens it, frames go by POST, and `receive` brings those of
 * the server until it ends.
 */
export function openSession(at: HttpTransport, events: LinkEvents, receive: (session: Session) => Promise<void>): Link {
  const ending = new AbortController();
  const { signal } = ending;
  let ended = false;
  let poster: FramePoster | undefined;
  /** Frames given before the session is there. */
  const early: string[] = [];
  let credential: Credential | undefined;
  let headers: Record<string, string> | undefined;

  const end = (why: Parameters<LinkEvents["closed"]>[0]) => {
    if (ended) return;
    ended = true;
    ending.abort();
    events.closed(why);
  };
  const begin = async (hello: string) => {
    if (!credential) throw new Error("not signed in");
    const json = { ...bearer(credential), "content-type": "application/json" };
    const response = await call(at.base, "/v1/session", { method: "POST", headers: json, body: hello, signal });
    const { session } = (await response.json()) as { session: string };
    const inSession = { ...json, "aftercare-session": session };
    headers = inSession;
    poster = new FramePoster(
      limits.framesPerPost,
      (body) => call(at.base, "/v1/frames", { method: "POST", headers: inSession, body, signal }),
      (error) => end(whyOf(error)),
    );
    for (const text of early) poster.send(text);
    await receive({ headers: inSession, signal, base: at.base });
    end({});
  };

  at.auth.credential().then(
    (known) => {
      credential = known;
      if (!ended) events.opened();
    },
    (error: unknown) => end(whyOf(error)),
  );
  let greeted = false;
  return {
    send: (text) => {
      if (ended) return;
      if (poster) return poster.send(text);
      if (greeted) return void early.push(text);
      greeted = true;
      begin(text).catch((error: unknown) => end(whyOf(error)));
    },
    close: () => {
      if (ended) return;
      ended = true;
      ending.abort();
      // The server would find it out by itself, later: whether this arrives does not matter.
      if (headers)
        call(at.base, "/v1/session/close", { method: "POST", headers, keepalive: true }).catch(() => undefined);
    },
  };
}
