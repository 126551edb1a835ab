import { type InferOutput, snippetWrite } from "@aftercare/protocol";
import { json } from "./refusal.ts";
import type { Route } from "./route.ts";
import { answered } from "./routes-staff.ts";
import { idOf, object, ref } from "./schemas.ts";

const snippet = idOf("q");
type Wanted = InferOutput<typeof snippetWrite>;

/** Replies that all staff share. */
export const snippetRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/v1/snippets",
    operationId: "listSnippets",
    summary: "The replies that all staff share, by name",
    auth: "bearer",
    needs: "staff",
    answer: { status: 200, description: "All of them", schema: ref("SharedSnippets") },
    handle: async ({ admin }) => json(await admin.listSnippets()),
  },
  {
    method: "post",
    path: "/v1/snippets",
    operationId: "createSnippet",
    summary: "Make a reply that all staff share",
    auth: "bearer",
    needs: "snippets.manage",
    body: { schema: snippetWrite },
    answer: { status: 201, description: "The reply", schema: ref("SharedSnippet") },
    handle: async ({ admin }, { principal, body }) =>
      answered(await admin.createSnippet(principal.account, body as Wanted), 201),
  },
  {
    method: "put",
    path: "/v1/snippets/{snippet}",
    operationId: "changeSnippet",
    summary: "Replace a shared reply as a whole",
    auth: "bearer",
    needs: "snippets.manage",
    params: { snippet },
    body: { schema: snippetWrite },
    answer: { status: 200, description: "As it is now", schema: ref("SharedSnippet") },
    handle: async ({ admin }, { principal, params, body }) =>
      answered(await admin.changeSnippet(principal.account, params.snippet ?? "", body as Wanted)),
  },
  {
    method: "delete",
    path: "/v1/snippets/{snippet}",
    operationId: "deleteSnippet",
    summary: "Delete a shared reply",
    auth: "bearer",
    needs: "snippets.manage",
    params: { snippet },
    answer: { status: 200, description: "Deleted", schema: object({}) },
    handle: async ({ admin }, { principal, params }) =>
      answered(await admin.deleteSnippet(principal.account, params.snippet ?? "")),
  },
];
