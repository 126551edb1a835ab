import type { snippetWrite } from "@aftercare/protocol";
import { type AccountId, type InferOutput, limits, type SharedSnippet, type SharedSnippets } from "@aftercare/protocol";
import type { Sql, TransactionSql } from "postgres";
import { appendAudit } from "../audit/append.ts";
import { seal, unseal } from "../seal.ts";
import { change, type Outcome, refused, type WorkspaceCtx } from "./change.ts";

type Wanted = InferOutput<typeof snippetWrite>;
type Said = Pick<SharedSnippet, "text" | "texts">;

/** All of them, by name, and their version of that time. */
export async function listSnippets(sql: Sql | TransactionSql): Promise<SharedSnippets> {
  const rows = await sql<{ version: number; id: string | null; name: string; value: string }[]>`
    select workspace.snippets_version::float8 as version, snippet.id, snippet.name, snippet.value
    from workspace left join snippet on snippet.workspace = workspace.id
    where workspace.id = this_workspace() order by snippet.name collate "C"`;
  const snippets = rows.flatMap(({ id, name, value }) => (id === null ? [] : [{ id, name, ...unseal<Said>(value) }]));
  return { version: rows[0]?.version ?? 0, snippets };
}

/** Writes the whole of one; a new one without `id`. */
function write(
  ctx: WorkspaceCtx,
  by: AccountId,
  id: string | undefined,
  wanted: Wanted,
): Promise<Outcome<SharedSnippet>> {
  return change(ctx, by, "snippets.manage", async (tx) => {
    const { snippets } = await listSnippets(tx);
    const others = snippets.filter((one) => one.id !== id);
    if (id !== undefined && others.length === snippets.length) return refused("not-found", "snippet");
    if (id === undefined && others.length >= limits.snippetsPerWorkspace) return full("snippetsPerWorkspace");
    const { name, text, texts = {} } = wanted;
    if (others.some((one) => one.name.toLowerCase() === name.toLowerCase())) return refused("in-use", "name");
    const value = { id: id ?? ctx.newId("q_"), name, text, texts };
    if (Buffer.byteLength(JSON.stringify([...others, value])) > limits.snippetsBytes) return full("snippetsBytes");
    const kept = seal({ text, texts } satisfies Said);
    await tx`
      insert into snippet (id, name, value) values (${value.id}, ${name}, ${kept})
      on conflict (id) do update set name = excluded.name, value = excluded.value`;
    await noteChange(tx, by, id === undefined ? "snippet-created" : "snippet-changed", value);
    return { value, kept: true };
  });
}

export const createSnippet = (ctx: WorkspaceCtx, by: AccountId, wanted: Wanted) => write(ctx, by, undefined, wanted);
export const changeSnippet = (ctx: WorkspaceCtx, by: AccountId, id: string, wanted: Wanted) =>
  write(ctx, by, id, wanted);

export function deleteSnippet(ctx: WorkspaceCtx, by: AccountId, id: string): Promise<Outcome<null>> {
  return change(ctx, by, "snippets.manage", async (tx) => {
    const [gone] = await tx<{ id: string; name: string }[]>`
      delete from snippet where id = ${id} and workspace = this_workspace() returning id, name`;
    if (!gone) return refused("not-found", "snippet");
    await noteChange(tx, by, "snippet-deleted", gone);
    return { value: null, kept: true };
  });
}

const full = (name: "snippetsPerWorkspace" | "snippetsBytes") => ({
  refusal: { code: "full" as const, limit: { name, value: limits[name] } },
});

type Act = "snippet-created" | "snippet-changed" | "snippet-deleted";

/** What it says is not for the audit log. */
async function noteChange(tx: TransactionSql, by: AccountId, act: Act, { id, name }: { id: string; name: string }) {
  await tx`update workspace set snippets_version = snippets_version + 1 where id = this_workspace()`;
  await appendAudit(tx, { by, act, subject: id, detail: { name } });
}
