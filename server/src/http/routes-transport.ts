import {
  clientFrames,
  framesPost,
  type InferOutput,
  limits,
  pollPost,
  type SessionOpened,
  sessionHeader,
} from "@aftercare/protocol";
import { pollFrames } from "../gateway/poll.ts";
import { PostedLink } from "../gateway/posted-link.ts";
import { eventStream } from "../gateway/sse.ts";
import type { HttpCtx, SignedCall } from "./call.ts";
import { busy, invalidAt, json, refuse } from "./refusal.ts";
import type { Route } from "./route.ts";
import { object, ref } from "./schemas.ts";

/** A full list of the largest frames fits, or a client with a long outbox could never get rid of it. */
const framesPostBytes = limits.framesPerPost * (limits.frameBytes + 1) + 2;

const linkOf = ({ links }: HttpCtx, { request, principal }: SignedCall): PostedLink | undefined =>
  links.find(request.headers.get(sessionHeader), principal.credential);

const noSession = (): Response => refuse({ code: "not-found", path: sessionHeader });

/** The ways frames travel. All of them feed the same session. */
export const transportRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/v1/socket",
    operationId: "openSocket",
    summary: "Open a WebSocket; the first frame is `hello` with a ticket, every frame is JSON text",
    auth: "open",
    answer: { status: 101, description: "A WebSocket" },
    handle({ links }, { carrier }) {
      if (!links.hasRoom()) return busy();
      if (carrier.upgrade()) return new Response(null);
      return refuse({ code: "invalid", path: "upgrade" }, 426);
    },
  },
  {
    method: "post",
    path: "/v1/session",
    operationId: "openSession",
    summary: "Open a session over plain requests; the body is the `hello` frame without a ticket",
    auth: "bearer",
    body: { schema: clientFrames.hello },
    answer: { status: 201, description: "The session's id, for this device alone", schema: ref("SessionOpened") },
    handle(ctx, { principal, body, request }) {
      const { ticket, ...hello } = body as InferOutput<typeof clientFrames.hello>;
      if (ticket !== undefined) return invalidAt("ticket");
      if (!ctx.links.hasRoom()) return busy();
      const link = new PostedLink(ctx.newSessionId(), principal.credential, ctx.clock.elapsed());
      const token = request.headers.get("authorization")?.slice("Bearer ".length) ?? "";
      // Asked again at the moment of the greeting: the token may have been revoked in between.
      link.session = ctx.node.session(link, () => ctx.identity.verify(token));
      ctx.links.add(link);
      link.session.receive(JSON.stringify(hello));
      return json({ session: link.id } satisfies SessionOpened, 201);
    },
  },
  {
    method: "get",
    path: "/v1/events",
    operationId: "streamEvents",
    summary: "The session's frames as server-sent events; when the stream ends, so does the session",
    auth: "bearer",
    sessionHeader: true,
    answer: { status: 200, description: "One frame an event", type: "text/event-stream", schema: { type: "string" } },
    handle(ctx, call) {
      const link = linkOf(ctx, call);
      if (!link) return noSession();
      if (link.carrier !== "none") return refuse({ code: "closed", path: sessionHeader });
      call.carrier.keepOpen();
      return eventStream({ ...ctx, carrier: call.carrier }, link, call.request.signal);
    },
  },
  {
    method: "post",
    path: "/v1/poll",
    operationId: "pollFrames",
    summary: "Acknowledge frames and wait for the next ones",
    auth: "bearer",
    sessionHeader: true,
    body: { schema: pollPost },
    answer: {
      status: 200,
      description: "Frames with their numbers; none when nothing came",
      schema: ref("PollAnswer"),
    },
    async handle(ctx, call) {
      const link = linkOf(ctx, call);
      if (!link) return noSession();
      if (link.carrier === "events") return refuse({ code: "closed", path: sessionHeader });
      if (!link.acknowledge((call.body as InferOutput<typeof pollPost>).ack)) return invalidAt("ack");
      if (link.ended && link.isEmpty()) {
        ctx.links.drop(link);
        return noSession();
      }
      call.carrier.keepOpen();
      const answer = await pollFrames(ctx.clock, link, call.request.signal);
      return new Response(answer, { headers: { "content-type": "application/json", "cache-control": "no-store" } });
    },
  },
  {
    method: "post",
    path: "/v1/frames",
    operationId: "postFrames",
    summary: "Hand in frames, in order",
    auth: "bearer",
    sessionHeader: true,
    body: { schema: framesPost },
    bodyMaxBytes: framesPostBytes,
    answer: { status: 200, description: "Taken; answers come as frames", schema: object({}) },
    handle(ctx, call) {
      const link = linkOf(ctx, call);
      if (!link || link.ended) return noSession();
      // Even an empty-handed client was heard.
      link.session.heard();
      for (const frame of call.body as unknown[]) link.session.receive(JSON.stringify(frame));
      return json({});
    },
  },
  {
    method: "post",
    path: "/v1/session/close",
    operationId: "closeSession",
    summary: "End the session",
    auth: "bearer",
    sessionHeader: true,
    answer: { status: 200, description: "Ended", schema: object({}) },
    handle(ctx, call) {
      const link = linkOf(ctx, call);
      if (!link) return noSession();
      link.session.closed();
      link.ended = true;
      ctx.links.drop(link);
      link.wake();
      return json({});
    },
  },
];
