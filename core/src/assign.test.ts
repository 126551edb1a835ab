import { describe, expect, test } from "bun:test";
import {
  type AccountId,
  type Command,
  inboxOf,
  limits,
  type Member,
  type Meta,
  notesOf,
  type StreamId,
} from "@aftercare/protocol";
import { type Actor, decide, type Facts } from "./decide.ts";
import { rolePermissions, type WorkspacePermission } from "./rights.ts";

const stream = "c_0000000000000000000001";
const desk = "d_0000000000000000000001";
const person = (n: number, name: string, kind: Actor["kind"] = "staff"): Actor => ({
  account: `a_000000000000000000000${n}`,
  name,
  kind,
});
const mei = person(1, "Mei");
const kit = person(2, "Kit");
const priya: Actor = { ...person(3, "Priya"), may: rolePermissions.supervisor };
const eva = person(4, "Eva", "customer");
const people = [mei, kit, priya, eva];

type Setting = { by?: Actor; may?: readonly WorkspacePermission[]; kind?: Meta["kind"]; assignee?: AccountId };
type More = { memberCount?: number; invited?: AccountId; serves?: AccountId; home?: StreamId };

/** Mei serves the conversation with Eva; Kit and Priya are not in it. */
function assign(account: AccountId | null, { by = priya, may, kind = "support", assignee, ...more }: Setting & More) {
  const meta: Meta = {
    kind,
    history: "all",
    createdAt: 1,
    desk,
    customer: eva.account,
    pins: [],
    ...(assignee && { assignee }),
  };
  const inside: Member[] = [
    { account: mei.account, name: "Mei", role: kind === "support" ? "agent" : "member", fromSeq: 1 },
    { account: eva.account, name: "Eva", role: "customer", fromSeq: 1 },
  ];
  const facts: Facts = {
    now: 1,
    actor: may ? { ...by, may } : by,
    recallWindowMs: 0,
    newConversation: "",
    stream: (id) =>
      /^[cn]_/.test(id) && id.endsWith("1") ? { meta, memberCount: more.memberCount ?? 2, lastSeq: 9 } : undefined,
    member: (id, one) =>
      id === desk
        ? one === more.serves
          ? { account: one, name: "", role: "agent", fromSeq: 1 }
          : undefined
        : inside.find((member) => member.account === one),
    invited: (_, one) => one === more.invited,
    message: () => undefined,
    account: (one) => people.find((found) => found.account === one),
    desk: () => undefined,
  };
  const command = { id: "x", type: "conversation.assign", stream: more.home ?? stream, body: { account } };
  const decision = decide(command as Command, facts);
  return "refusal" in decision ? decision.refusal.code : decision.events;
}

const assigned = (account: AccountId | null, name: string | null) => ({
  stream,
  type: "conversation.assigned",
  body: { account, name },
});
const joins = ({ account, name }: Actor) => {
  const member = { account, name, role: "agent", fromSeq: 1 };
  return [
    { stream, type: "member.joined", body: { member } },
    { stream: inboxOf(account), type: "inbox.joined", body: { stream, kind: "support", role: "agent" } },
    { stream: notesOf(stream), type: "member.joined", body: { member } },
  ];
};

describe("L5 who gives a conversation to whom", () => {
  test("whoever reads it by right gives it to an agent of it, to a colleague outside, who comes in, or to nobody", () => {
    expect(assign(mei.account, {})).toEqual([assigned(mei.account, "Mei")] as never);
    expect(assign(kit.account, {})).toEqual([...joins(kit), assigned(kit.account, "Kit")] as never);
    expect(assign(null, { assignee: mei.account })).toEqual([assigned(null, null)] as never);
    expect(assign(mei.account, { assignee: mei.account })).toBe("no-change");
  });

  test("an agent of it gives it to a colleague outside as well, whom it may add", () => {
    expect(assign(kit.account, { by: mei })).toEqual([...joins(kit), assigned(kit.account, "Kit")] as never);
  });

  test("to take it oneself is to join it, with what that needs", () => {
    expect(assign(priya.account, {})).toEqual([...joins(priya), assigned(priya.account, "Priya")] as never);
    const may = ["conversation.assign", "conversation.read-any"] as const;
    expect(assign(priya.account, { may })).toBe("forbidden");
    expect(assign(priya.account, { may, serves: priya.account })).toHaveLength(4);
    expect(assign(priya.account, { may, invited: priya.account })).toHaveLength(5);
  });

  test("an invitation of who comes in ends", () => {
    const ended = { stream: inboxOf(kit.account), type: "inbox.invitation-ended", body: { stream } };
    expect(assign(kit.account, { invited: kit.account })).toContainEqual(ended as never);
  });

  test("without either right it is not there, or not allowed; customers are nobody to give it to, and it may be full", () => {
    expect(assign(kit.account, { may: ["conversation.assign"] })).toBe("not-a-member");
    expect(assign(kit.account, { may: [] })).toBe("not-a-member");
    expect(assign(kit.account, { may: ["conversation.read-any"] })).toBe("forbidden");
    expect(assign(kit.account, { by: { ...eva, may: rolePermissions.owner } })).toBe("forbidden");
    expect(assign(eva.account, {})).toBe("not-found");
    expect(assign("a_nobody", {})).toBe("not-found");
    expect(assign(kit.account, { memberCount: limits.membersPerConversation })).toBe("full");
  });

  test("groups and direct conversations are nobody's to give by right, and neither are notes by themselves", () => {
    for (const kind of ["group", "direct"] as const) expect(assign(mei.account, { kind })).toBe("not-a-member");
    expect(assign(mei.account, { home: notesOf(stream) })).toBe("forbidden");
  });
});
