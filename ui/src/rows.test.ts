import { expect, test } from "bun:test";
import type { Event, Member } from "@aftercare/protocol";
import type { ConversationState, Pending, StreamView } from "@aftercare/sdk";
import { rowsOf } from "./rows.ts";

const stream = "c_0000000000000000000000";
const at = new Date(2026, 4, 20, 15).getTime();
const member = (account: string): Member => ({ account, name: account, role: "member", fromSeq: 1 });

const said = (seq: number, by: string, more: Partial<Event> = {}): Event =>
  ({
    stream,
    seq,
    type: "message.sent",
    by,
    at: at + seq * 1_000,
    body: { parts: [{ type: "text", text: `${seq}` }] },
    ...more,
  }) as Event;

function viewOf(items: Event[], pending: Pending[] = [], confirmedSeq = items.length): StreamView {
  const state: ConversationState = {
    kind: "conversation",
    stream,
    epoch: 1,
    seq: confirmedSeq,
    meta: { kind: "group", history: "all", createdAt: at, pins: [] },
    members: { me: member("me"), you: member("you") },
    receipts: { me: { deliveredSeq: 9, readSeq: 9 }, you: { deliveredSeq: 2, readSeq: 1 } },
    items,
    from: 1,
    refs: {},
  };
  return { status: "live", confirmed: state, state, pending, typing: [], present: [], older: "none", newer: "none" };
}

const pendingOf = (id: string, status: Pending["status"]): Pending => ({
  id,
  type: "message.send",
  stream,
  body: { parts: [{ type: "text", text: id }] },
  at,
  status,
});
const messages = (view: StreamView) => rowsOf(view, "me", undefined).filter((row) => row.type === "message");

test("one's own messages tell how far they got", () => {
  const rows = messages(viewOf([said(1, "me"), said(2, "me"), said(3, "me")]));
  expect(rows.map(({ status }) => status)).toEqual(["read", "delivered", "sent"]);
});

test("a pending message keeps its key when it is confirmed", () => {
  const before = messages(viewOf([said(1, "me", { commandId: "x" })], [pendingOf("x", { state: "sending" })], 0));
  const after = messages(viewOf([said(1, "me", { commandId: "x" })]));
  expect(before.map(({ key, status, pending }) => [key, status, pending])).toEqual([["mx", "sending", true]]);
  expect(after.map(({ key, pending }) => [key, pending])).toEqual([["mx", false]]);
});

test("what failed is shown with its reason, also when the state does not hold it", () => {
  const failed = pendingOf("x", { state: "failed", refusal: { code: "muted" } });
  const rows = messages(viewOf([said(1, "you")], [failed]));
  expect(rows.map(({ status, refusal }) => [status, refusal?.code])).toEqual([
    ["read", undefined],
    ["failed", "muted"],
  ]);
});

test("messages of one person close together stand together; another day, person or long pause parts them", () => {
  const later = said(4, "you", { at: at + 600_000 });
  const rows = messages(viewOf([said(1, "you"), said(2, "you"), said(3, "me"), later]));
  expect(rows.map(({ first, last }) => [first, last])).toEqual([
    [true, false],
    [false, true],
    [true, true],
    [true, true],
  ]);
  const nextDay = said(2, "you", { at: at + 86_400_000 });
  expect(rowsOf(viewOf([said(1, "you"), nextDay]), "me", undefined).filter(({ type }) => type === "day").length).toBe(
    2,
  );
});

test("the unread divider stands before the first unread message of another", () => {
  const types = (unread: Parameters<typeof rowsOf>[2]) =>
    rowsOf(viewOf([said(1, "you"), said(2, "me"), said(3, "you")]), "me", unread).map(({ type }) => type);
  expect(types({ above: 1, to: 3 })).toEqual(["day", "message", "message", "unread", "message"]);
  expect(types({ above: 3, to: 3 })).not.toContain("unread");
  // It came while somebody looked on.
  expect(types({ above: 1, to: 2 })).not.toContain("unread");
  expect(types(undefined)).not.toContain("unread");
});
