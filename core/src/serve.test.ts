import { describe, expect, test } from "bun:test";
import type { Command, Event, Meta } from "@aftercare/protocol";
import { apply, openConversation } from "./apply.ts";
import { type Actor, decide } from "./decide.ts";
import { overlay } from "./overlay.ts";
import type { ConversationState } from "./state.ts";

const stream = "c_0000000000000000000001";
const mei: Actor = { account: "a_0000000000000000000001", name: "Mei", kind: "staff" };
const kit: Actor = { account: "a_0000000000000000000002", name: "Kit", kind: "staff" };
const eva: Actor = { account: "a_0000000000000000000003", name: "Eva", kind: "customer" };

const meta: Meta = { kind: "support", history: "all", createdAt: 1, customer: eva.account, pins: [] };
const members = [mei, kit, eva].map(({ account, name, kind }) => ({
  account,
  name,
  role: kind === "customer" ? ("customer" as const) : ("agent" as const),
  fromSeq: 1,
}));
const opened = openConversation(
  { stream, seq: 1, type: "conversation.opened", by: eva.account, at: 1, body: { meta, members } },
  1,
);

/** A command and its events, as the server would: one after another. */
function give(state: ConversationState, actor: Actor, type: string, body: object, at = 5): ConversationState {
  const command = { id: `${type}-${at}`, type, stream, body } as unknown as Command;
  const decision = decide(command, {
    now: at,
    actor,
    recallWindowMs: 0,
    newConversation: "",
    stream: (id) => (id === stream ? { meta: state.meta, memberCount: 3, lastSeq: state.seq } : undefined),
    member: (_, account) => state.members[account],
    invited: () => false,
    message: () => undefined,
    account: () => undefined,
    desk: () => undefined,
  });
  if ("refusal" in decision) throw new Error(decision.refusal.code);
  let next = state;
  for (const { type: made, body: said } of decision.events)
    next = apply(next, { stream, seq: next.seq + 1, type: made, by: actor.account, at, body: said } as Event);
  return next;
}

const text = { parts: [{ type: "text", text: "Still broken" }] };
const types = (state: ConversationState) => state.items.map(({ type }) => type);

describe("who answers a support conversation, and whether it is done", () => {
  test("an agent takes it, gives it on, and puts it back", () => {
    const mine = give(opened, mei, "conversation.assign", { account: mei.account });
    expect(mine.meta.assignee).toBe(mei.account);
    const kits = give(mine, mei, "conversation.assign", { account: kit.account });
    expect(kits.meta.assignee).toBe(kit.account);
    expect(give(kits, mei, "conversation.assign", { account: null }).meta).toEqual(meta);
  });

  test("whoever leaves answers it no more", () => {
    const mine = give(opened, mei, "conversation.assign", { account: mei.account });
    const left: Event = {
      stream,
      seq: mine.seq + 1,
      type: "member.left",
      by: mei.account,
      at: 9,
      body: { account: mei.account, name: "Mei" },
    };
    expect(apply(mine, left).meta).toEqual(meta);
  });

  test("it is closed by an agent, and open again when its customer writes; nobody else's words open it", () => {
    const closed = give(opened, mei, "conversation.close", {}, 7);
    expect(closed.meta.closed).toEqual({ by: mei.account, at: 7 });
    expect(give(closed, kit, "message.send", text).meta.closed).toBeDefined();
    const again = give(closed, eva, "message.send", text);
    expect(again.meta).toEqual(meta);
    expect(types(again).slice(-2)).toEqual(["message.sent", "conversation.reopened"]);
    expect(types(give(again, eva, "message.send", text)).slice(-2)).toEqual(["conversation.reopened", "message.sent"]);
    expect(give(closed, kit, "conversation.reopen", {}).meta).toEqual(meta);
  });

  test("the customer's own device shows it so before the server has answered", () => {
    const closed = give(opened, mei, "conversation.close", {});
    const pending = [{ id: "p", type: "message.send" as const, stream, body: text, at: 8 }];
    const shown = overlay(closed, pending, eva, decide);
    expect(shown.meta.closed).toBeUndefined();
    expect(shown.items.at(-2)).toMatchObject({ type: "message.sent", commandId: "p" });
  });
});
