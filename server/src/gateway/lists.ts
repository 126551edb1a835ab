import { mayEverywhere } from "@aftercare/core";
import type { Read, Refusal } from "@aftercare/protocol";
import type { Ctx, Principal } from "../context.ts";
import type { ListReader } from "../log/lists.ts";

type Question = Extract<Read, { type: "list" | "counts" | "mentions" }>;

/** The one place that says whose conversations somebody's lists may have. */
export const listReader = (who: Principal): ListReader => ({
  account: who.account,
  all: mayEverywhere(who, "conversation.read-any"),
});

/** Lists are for those who serve: a customer's own conversations are in the inbox. */
export async function answerList(
  ctx: Pick<Ctx, "lists">,
  who: Principal,
  read: Question,
): Promise<{ answer: unknown } | { refusal: Refusal }> {
  if (who.kind !== "staff" || !ctx.lists) return { refusal: { code: "forbidden" } };
  const reader = listReader(who);
  switch (read.type) {
    case "list":
      return { answer: await ctx.lists.page(reader, read) };
    case "counts":
      return { answer: await ctx.lists.counts(reader) };
    case "mentions":
      return { answer: await ctx.lists.mentions(reader, read) };
    default:
      return read satisfies never;
  }
}
