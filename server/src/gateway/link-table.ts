import { limits } from "@aftercare/protocol";
import type { Clock } from "../context.ts";
import type { PostedLink } from "./posted-link.ts";

/** Sessions over plain HTTP that one device may hold; a page that is reloaded leaves one behind until it is found silent. */
const postedPerCredential = 16;
/** An ended link is kept for this long, so that its client can read why. */
const goodbyeMs = 15_000;
const sweepEveryMs = 2_000;

export type Links = ReturnType<typeof createLinks>;

/** The client links of this node, whatever carries them, up to a bound. */
export function createLinks(clock: Clock, maxConnections: number) {
  const posted = new Map<string, PostedLink>();
  let sockets = 0;
  let refused = 0;
  let timer = clock.setTimer(sweep, sweepEveryMs);

  function sweep(): void {
    const now = clock.elapsed();
    for (const link of [...posted.values()]) {
      if (link.ended) {
        link.endedAt ??= now;
        if (now - Math.max(link.usedAt, link.endedAt) <= goodbyeMs) continue;
        posted.delete(link.id);
        link.cut?.();
      } else if (!link.isAttached() && now - link.usedAt > limits.silenceTimeoutMs) link.session.end("silent");
    }
    timer = clock.setTimer(sweep, sweepEveryMs);
  }

  /** A device that opens more than its share gives up the one it has not used for longest. */
  function makeRoom(credential: string): void {
    const own = [...posted.values()].filter((link) => link.credential === credential);
    if (own.length < postedPerCredential) return;
    const [oldest] = own.sort((a, b) => Number(b.ended) - Number(a.ended) || a.usedAt - b.usedAt);
    if (oldest) drop(oldest);
  }

  function drop(link: PostedLink): void {
    link.session.end("silent");
    posted.delete(link.id);
  }

  return {
    /** Whether one more link fits; counts a refusal when it does not. */
    hasRoom(): boolean {
      if (sockets + posted.size < maxConnections) return true;
      refused++;
      return false;
    },
    socketOpened: () => void sockets++,
    socketClosed: () => void sockets--,
    add(link: PostedLink): void {
      makeRoom(link.credential);
      posted.set(link.id, link);
    },
    /** The link of this id, for the device that opened it alone. */
    find(id: string | null, credential: string): PostedLink | undefined {
      const link = id === null ? undefined : posted.get(id);
      if (link?.credential !== credential) return undefined;
      link.usedAt = clock.elapsed();
      return link;
    },
    drop,
    counts: () => ({ sockets, posted: posted.size, refused }),
    stop: () => clock.clearTimer(timer),
  };
}
