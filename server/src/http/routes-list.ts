import { limits, listSorts, listViews } from "@aftercare/protocol";
import { invalidAt } from "./refusal.ts";
import type { JsonSchema, Route } from "./route.ts";
import { answerWith } from "./routes-message.ts";
import { ref } from "./schemas.ts";

const described = (schema: JsonSchema) => ({ schema });
const id = (letter: string) => `${letter}_[-0-9A-Z_a-z]{22}`;
const limit = described({ type: "integer", minimum: 1, maximum: limits.pageItems });

/** A query as the read it stands for: texts stay, numbers, flags and lists of ids become what they say. */
function questionOf(query: URLSearchParams): { question: Record<string, unknown> } | { wrong: string } {
  const question: Record<string, unknown> = {};
  for (const [name, text] of query) {
    if (name === "limit") {
      if (!/^\d{1,16}$/.test(text)) return { wrong: name };
      question[name] = Number(text);
    } else if (name === "unread") {
      if (text !== "true" && text !== "false") return { wrong: name };
      question[name] = text === "true";
    } else question[name] = name === "desks" ? text.split(",") : text;
  }
  return { question };
}

/** Lists of conversations: the same as over a socket, with the same checks. */
export const listRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/v1/conversations",
    operationId: "listConversations",
    summary: "A page of the conversations that one may read, by view and filters; for staff",
    auth: "bearer",
    query: {
      view: { ...described({ enum: [...listViews] }), required: true },
      desks: described({
        type: "string",
        pattern: `^${id("d")}(,${id("d")})*$`,
        description: `At most ${limits.desksPerList}`,
      }),
      assignee: described({ type: "string", pattern: `^${id("a")}$` }),
      unread: described({ type: "boolean" }),
      query: described({ type: "string", minLength: 1, maxLength: limits.listQueryChars }),
      sort: described({ enum: [...listSorts] }),
      after: described({ type: "string", pattern: `^\\d{1,16}~${id("c")}$`, description: "`next` of the page before" }),
      limit,
    },
    answer: { status: 200, description: "The page", schema: ref("ListPage") },
    handle(ctx, call) {
      const found = questionOf(call.query);
      if ("wrong" in found) return invalidAt(found.wrong);
      return answerWith(ctx, call, { ...found.question, type: "list" });
    },
  },
  {
    method: "get",
    path: "/v1/conversations/counts",
    operationId: "countConversations",
    summary: "How many conversations each view has, counted up to a bound; for staff",
    auth: "bearer",
    answer: { status: 200, description: "By view", schema: ref("ListCounts") },
    handle: (ctx, call) => answerWith(ctx, call, { type: "counts" }),
  },
  {
    method: "get",
    path: "/v1/mentions",
    operationId: "listMentions",
    summary: "Messages that mention oneself and were not read yet, newest first; for staff",
    auth: "bearer",
    query: {
      before: described({
        type: "string",
        pattern: `^\\d{1,16}~${id("[cn]")}~\\d{1,16}$`,
        description: "`next` of the page before",
      }),
      limit,
    },
    answer: { status: 200, description: "The page", schema: ref("MentionPage") },
    handle(ctx, call) {
      const found = questionOf(call.query);
      if ("wrong" in found) return invalidAt(found.wrong);
      return answerWith(ctx, call, { ...found.question, type: "mentions" });
    },
  },
];
