import { clientFrames, inboxOf, limits } from "@aftercare/protocol";
import { toJsonSchema } from "@valibot/to-json-schema";
import type { HttpCtx, SignedCall } from "./call.ts";
import { invalidAt, json, refuse } from "./refusal.ts";
import type { JsonSchema, Route } from "./route.ts";
import { object, ref } from "./schemas.ts";

const stream = { schema: { type: "string", pattern: "^[cnid]_[-0-9A-Z_a-z]{22}$" } };
const integer = (minimum: number, maximum: number = Number.MAX_SAFE_INTEGER): { schema: JsonSchema } => ({
  schema: { type: "integer", minimum, maximum },
});

/** A frame's fields as a body: on HTTP the path says what the field `t` says elsewhere. */
function bodyOfFrame(frame: Parameters<typeof toJsonSchema>[0]): { described: JsonSchema } {
  const { $schema: _, ...schema } = toJsonSchema(frame, { errorMode: "ignore", target: "draft-2020-12" });
  const { t: _t, ...properties } = schema.properties ?? {};
  return { described: { ...schema, properties, required: schema.required?.filter((name) => name !== "t") } };
}

export async function answerWith(ctx: HttpCtx, { principal }: SignedCall, question: object): Promise<Response> {
  const result = await ctx.node.read(principal, question);
  return "refusal" in result ? refuse(result.refusal) : json(result.answer);
}

/** Numbers of a query; undefined when one is no whole number, and the name of the wrong one. */
function numbersOf(query: URLSearchParams): { numbers: Record<string, number> } | { wrong: string } {
  const numbers: Record<string, number> = {};
  for (const [name, text] of query) {
    if (!/^\d{1,16}$/.test(text)) return { wrong: name };
    numbers[name] = Number(text);
  }
  return { numbers };
}

/** Commands, reads, receipts and signals: the same as over a socket, with the same checks. */
export const messageRoutes: readonly Route[] = [
  {
    method: "post",
    path: "/v1/commands",
    operationId: "sendCommand",
    summary: "Give a command; sent again with the same id, it has one effect and the first answer",
    auth: "bearer",
    body: { described: ref("Command") },
    answer: { status: 200, description: "The command is durable", schema: ref("Ack") },
    async handle({ node }, { principal, body }) {
      const answer = await node.execute(principal, body);
      return "refusal" in answer ? refuse(answer.refusal) : json(answer.ack);
    },
  },
  {
    method: "get",
    path: "/v1/streams/{stream}",
    operationId: "getStream",
    summary: "A stream's state with the last page of its timeline",
    auth: "bearer",
    params: { stream: stream.schema },
    answer: { status: 200, description: "The snapshot", schema: ref("Snapshot") },
    handle: (ctx, call) => answerWith(ctx, call, { type: "snapshot", stream: call.params.stream }),
  },
  {
    method: "get",
    path: "/v1/streams/{stream}/history",
    operationId: "getHistory",
    summary: "A page of the timeline: before, after or around a seq, from a time on, or the newest",
    auth: "bearer",
    params: { stream: stream.schema },
    query: {
      before: integer(1),
      after: integer(0),
      around: integer(1),
      at: integer(0, 8_640_000_000_000_000),
      limit: integer(1, limits.pageItems),
    },
    answer: { status: 200, description: "The page", schema: ref("HistoryPage") },
    handle(ctx, call) {
      const found = numbersOf(call.query);
      if ("wrong" in found) return invalidAt(found.wrong);
      return answerWith(ctx, call, { type: "history", stream: call.params.stream, ...found.numbers });
    },
  },
  {
    method: "get",
    path: "/v1/streams/{stream}/messages",
    operationId: "getMessages",
    summary: "Single messages by seq",
    auth: "bearer",
    params: { stream: stream.schema },
    query: {
      seqs: {
        schema: { type: "string", pattern: "^\\d{1,16}(,\\d{1,16})*$", description: `At most ${limits.seqsPerRead}` },
        required: true,
      },
    },
    answer: { status: 200, description: "Those that exist and may be read", schema: ref("Messages") },
    handle(ctx, call) {
      const text = call.query.get("seqs") ?? "";
      if (!/^\d{1,16}(,\d{1,16})*$/.test(text)) return invalidAt("seqs");
      return answerWith(ctx, call, { type: "messages", stream: call.params.stream, seqs: text.split(",").map(Number) });
    },
  },
  {
    method: "get",
    path: "/v1/streams/{stream}/trace",
    operationId: "getTrace",
    summary: "When one message was accepted, stored, sent to each device, delivered and read there; for supervisors",
    auth: "bearer",
    params: { stream: stream.schema },
    query: { seq: { ...integer(1), required: true } },
    answer: { status: 200, description: "What is known", schema: ref("Trace") },
    handle(ctx, call) {
      const found = numbersOf(call.query);
      if ("wrong" in found) return invalidAt(found.wrong);
      return answerWith(ctx, call, { type: "trace", stream: call.params.stream, ...found.numbers });
    },
  },
  {
    method: "get",
    path: "/v1/alarms",
    operationId: "getAlarms",
    summary: "Live links that stopped acknowledging; for supervisors",
    auth: "bearer",
    answer: { status: 200, description: "The links, silent for longest first", schema: ref("Alarms") },
    handle: (ctx, call) => answerWith(ctx, call, { type: "alarms" }),
  },
  {
    method: "get",
    path: "/v1/inbox",
    operationId: "getInbox",
    summary: "One's own list of conversations",
    auth: "bearer",
    answer: { status: 200, description: "The snapshot of the inbox", schema: ref("InboxSnapshot") },
    handle: (ctx, call) => answerWith(ctx, call, { type: "snapshot", stream: inboxOf(call.principal.account) }),
  },
  {
    method: "get",
    path: "/v1/people",
    operationId: "getPeople",
    summary: "Staff whom one may add, invite or write to",
    auth: "bearer",
    answer: { status: 200, description: "The people", schema: ref("People") },
    handle: (ctx, call) => answerWith(ctx, call, { type: "people" }),
  },
  {
    method: "post",
    path: "/v1/receipts",
    operationId: "sendReceipt",
    summary: "Say up to where messages reached this device and were read",
    auth: "bearer",
    body: bodyOfFrame(clientFrames.receipt),
    answer: { status: 200, description: "Noted", schema: object({}) },
    async handle({ node }, { principal, body }) {
      const { refusal } = await node.receipt(principal, framed("receipt", body));
      return refusal ? refuse(refusal) : json({});
    },
  },
  {
    method: "post",
    path: "/v1/signals",
    operationId: "sendSignal",
    summary: "Tell the others something that is not kept, as that one is typing",
    auth: "bearer",
    body: bodyOfFrame(clientFrames.signal),
    answer: { status: 200, description: "Passed on", schema: object({}) },
    async handle({ node }, { principal, body }) {
      const { refusal } = await node.signal(principal, framed("signal", body));
      return refusal ? refuse(refusal) : json({});
    },
  },
];

/** The body as the frame it stands for. What is no plain object stays what it is, for the schema to refuse. */
function framed(t: string, body: unknown): unknown {
  if (typeof body !== "object" || body === null || Array.isArray(body) || "t" in body) return undefined;
  return { ...body, t };
}
