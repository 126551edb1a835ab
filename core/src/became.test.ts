import { expect, test } from "bun:test";
import type { Command, ConversationSnapshot, Event, Member } from "@aftercare/protocol";
import { apply, openConversation } from "./apply.ts";
import { decide, type Facts } from "./decide.ts";
import { isOwn, writerOf } from "./member.ts";
import { fromSnapshot, type MessageEvent } from "./state.ts";

const stream = "c_0000000000000000000001";
const [visitor, known, agent] = ["a_v", "a_k", "a_s"];
const member = (account: string, role: Member["role"]): Member => ({ account, name: account, role, fromSeq: 1 });
const meta = { kind: "support", history: "all", createdAt: 0, customer: visitor, pins: [] } as const;

const event = (seq: number, type: string, by: string, body: unknown): Event =>
  ({ stream, seq, type, by, at: seq, body }) as Event;
const opened = event(1, "conversation.opened", "system", {
  meta,
  members: [member(visitor, "customer"), member(agent, "agent")],
});
const sent = event(2, "message.sent", visitor, { parts: [{ type: "text", text: "mine" }] }) as MessageEvent;
const taking: Member = { ...member(known, "customer"), formerly: [visitor] };
const became = event(3, "member.became", "system", { from: visitor, member: taking });

test("L18 one member in another's place: members, receipts and the conversation's customer, also in a snapshot", () => {
  const before = apply(openConversation(opened as Event & { type: "conversation.opened" }, 1), sent);
  const after = apply(before, became);
  expect(after.members).toEqual({ [agent]: member(agent, "agent"), [known]: taking });
  expect(after.receipts[known]).toEqual({ deliveredSeq: 3, readSeq: 3 });
  expect(after.receipts[visitor]).toBeUndefined();
  expect(after.meta.customer).toBe(known);
  expect(after.items).toHaveLength(3);
  const { members, refs: _, ...rest } = after;
  const snapshot = { ...rest, members: Object.values(members), items: [...rest.items], refs: [] };
  expect(fromSnapshot(snapshot as ConversationSnapshot)).toEqual(after);
  const back = apply(after, event(4, "member.became", "system", { from: known, member: member(visitor, "customer") }));
  expect(back.members).toEqual(before.members);
  expect(back.meta.customer).toBe(visitor);
});

test("another name of the same member keeps the receipt", () => {
  const before = openConversation(opened as Event & { type: "conversation.opened" }, 1);
  const named = { ...member(visitor, "customer"), name: "Ann" };
  const after = apply(apply(before, sent), event(3, "member.became", "system", { from: visitor, member: named }));
  expect(after.members[visitor]?.name).toBe("Ann");
  expect(after.receipts).toEqual(before.receipts);
  expect(after.meta.customer).toBe(visitor);
});

test("what was written as the former account is one's own: edited and recalled by nobody else", () => {
  const members = { [known]: taking, [agent]: member(agent, "agent") };
  expect([visitor, known, agent].map((by) => isOwn(taking, by))).toEqual([true, true, false]);
  expect([visitor, known, agent, "a_x"].map((by) => writerOf(members, by))).toEqual([known, known, agent, "a_x"]);
  const facts = (account: string): Facts => ({
    now: 10,
    actor: { account, name: account, kind: "customer" },
    recallWindowMs: 100,
    newConversation: stream,
    stream: () => ({ meta: { ...meta, pins: [] }, memberCount: 2, lastSeq: 3 }),
    member: (_, one) =>
      one === account ? { ...taking, account, formerly: account === known ? [visitor] : [] } : undefined,
    invited: () => false,
    message: () => sent,
    account: () => undefined,
    desk: () => undefined,
  });
  const id = "01900000-0000-7000-8000-000000000000";
  const edit = { id, type: "message.edit", stream, body: { seq: 2, parts: [{ type: "text", text: "new" }] } } as const;
  const recall = { id, type: "message.recall", stream, body: { seq: 2 } } as const;
  for (const command of [edit, recall] as unknown as Command[]) {
    expect("events" in decide(command, facts(known))).toBe(true);
    expect(decide(command, facts("a_x"))).toEqual({ refusal: { code: "forbidden" } });
  }
});
