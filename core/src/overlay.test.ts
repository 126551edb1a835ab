import { expect, test } from "bun:test";
import type { Event } from "@aftercare/protocol";
import { apply, openConversation } from "./apply.ts";
import { type Actor, decide } from "./decide.ts";
import { overlay, type PendingCommand } from "./overlay.ts";

const ann: Actor = { account: "a_0000000000000000000001", name: "Ann", kind: "staff" };
const bob = { account: "a_0000000000000000000002", name: "Bob", role: "member" as const, fromSeq: 1 };
const stream = "c_0000000000000000000001";

const opened = {
  stream,
  seq: 1,
  type: "conversation.opened",
  by: ann.account,
  at: 1_000,
  body: {
    meta: { kind: "group", history: "all", createdAt: 1_000, pins: [] },
    members: [{ account: ann.account, name: "Ann", role: "owner", fromSeq: 1 }, bob],
  },
} as Event & { type: "conversation.opened" };

const said = (seq: number, by: string, text: string): Event =>
  ({ stream, seq, type: "message.sent", by, at: 2_000, body: { parts: [{ type: "text", text }] } }) as Event;

const base = apply(openConversation(opened, 1), said(2, ann.account, "helo"));
const pending = (id: string, type: string, body: unknown): PendingCommand =>
  ({ id, type, stream, body, at: 3_000 }) as PendingCommand;
const text = (one: string) => ({ parts: [{ type: "text", text: one }] });

test("L18 pending commands are decided and applied as the server will: send, edit, react, pin, recall", () => {
  const state = overlay(
    base,
    [
      pending("1", "message.send", text("next")),
      pending("2", "message.edit", { seq: 2, ...text("hello") }),
      pending("3", "message.react", { seq: 2, emoji: "👍", on: true }),
      pending("4", "message.pin", { seq: 2 }),
      pending("5", "message.send", { ...text("answer"), replyTo: 2 }),
    ],
    ann,
    decide,
  );
  expect(state.items.map(({ seq, commandId }) => [seq, commandId])).toEqual([
    [1, undefined],
    [2, undefined],
    [3, "1"],
    [7, "5"],
  ]);
  expect(state.items[1]).toMatchObject({ body: text("hello"), fold: { reactions: { "👍": [ann.account] } } });
  expect(state.meta.pins).toEqual([2]);
  expect(base.seq).toBe(2);
  const recalled = overlay(base, [pending("1", "message.recall", { seq: 2 })], ann, decide);
  expect(recalled.items[1]).toMatchObject({ body: { parts: [] }, fold: { recalled: { by: ann.account } } });
});

test("L4 a pending command whose event is there already is not shown twice", () => {
  const confirmed = apply(base, { ...said(3, ann.account, "next"), commandId: "1" } as Event);
  expect(overlay(confirmed, [pending("1", "message.send", text("next"))], ann, decide)).toEqual(confirmed);
});

test("what the local state refuses is left out; own words are shown even while muted, and replies to what is not here", () => {
  expect(overlay(base, [pending("1", "message.edit", { seq: 9, ...text("x") })], ann, decide)).toEqual(base);
  expect(
    overlay(base, [pending("1", "message.send", text("x"))], { ...ann, account: "a_0000000000000000000009" }, decide),
  ).toEqual(base);
  const muted = {
    ...base,
    members: { ...base.members, [ann.account]: { ...base.members[ann.account], mutedUntil: 9e12 } },
  };
  const words = [pending("1", "message.send", { ...text("x"), replyTo: 1 })];
  expect(overlay(muted as typeof base, words, ann, decide).items.at(-1)).toMatchObject({ seq: 3, commandId: "1" });
});

test("other streams' commands change nothing here; a forward finds its message there", () => {
  const elsewhere = { ...base, stream: "c_0000000000000000000002" };
  const forward = pending("1", "message.forward", { from: { stream: elsewhere.stream, seq: 2 } });
  expect(overlay(base, [{ ...forward, stream: "c_0000000000000000000003" }], ann, decide)).toEqual(base);
  expect(overlay(base, [forward], ann, decide)).toEqual(base);
  const shown = overlay(base, [forward], ann, decide, (id) => (id === elsewhere.stream ? elsewhere : undefined));
  expect(shown.items.at(-1)).toMatchObject({ body: { ...text("helo"), forwarded: { name: "Ann", at: 2_000 } } });
});
