import type { Clock } from "../context.ts";
import type { Carrier } from "../http/call.ts";
import type { Links } from "./link-table.ts";
import type { PostedLink } from "./posted-link.ts";

/** What goes into the network in one write. */
const chunkBytes = 65_536;

const headers = {
  "content-type": "text/event-stream; charset=utf-8",
  "cache-control": "no-store, no-transform",
  // Proxies that collect an answer before they pass it on would hold every message back.
  "x-accel-buffering": "no",
};

type SseCtx = { links: Links; clock: Clock; carrier: Pick<Carrier, "closeIfIdle"> };

/** The frames of a link as server-sent events. The network asks for more when it has room: that is the backpressure. */
export function eventStream(ctx: SseCtx, link: PostedLink, signal: AbortSignal): Response {
  const encoder = new TextEncoder();
  const detach = link.attach(ctx.clock);
  let isOver = false;
  link.carrier = "events";

  function over(): void {
    if (isOver) return;
    isOver = true;
    detach();
    link.session.closed();
    ctx.links.drop(link);
    link.wake();
  }

  signal.addEventListener("abort", over);
  const stream = new ReadableStream<Uint8Array>(
    {
      start(controller) {
        link.cut = () => {
          if (isOver) return;
          // The runtime closes no connection for an error in its body: the timer does, as nothing moves on it.
          ctx.carrier.closeIfIdle();
          controller.error(new Error("the end was not read"));
          over();
        };
        // A comment, so that headers leave at once and the client sees that the way is open.
        controller.enqueue(encoder.encode(":\n\n"));
      },
      async pull(controller) {
        await link.wait();
        if (isOver) return;
        const frames = link.take(chunkBytes);
        if (frames.length > 0)
          controller.enqueue(encoder.encode(frames.map(({ frame }) => `data: ${frame}\n\n`).join("")));
        if (!link.ended || !link.isEmpty()) return;
        controller.close();
        over();
      },
      cancel: over,
    },
    { highWaterMark: 0 },
  );
  return new Response(stream, { headers });
}
