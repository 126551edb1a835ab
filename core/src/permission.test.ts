import { describe, expect, test } from "bun:test";
import {
  type AccountId,
  type Command,
  type CommandType,
  type ConversationKind,
  conversationKinds,
  limits,
  type Member,
  type Meta,
  notesOf,
  type RefusalCode,
  type Role,
  roles,
  type StreamId,
} from "@aftercare/protocol";
import { type Actor, type Decision, decide, type Facts } from "./decide.ts";
import { mayEverywhere } from "./needs.ts";
import { mayInspect, outranks } from "./permission.ts";
import { rolePermissions } from "./rights.ts";
import type { MessageEvent } from "./state.ts";

const id = (letter: string, name: string) => `${letter}_${name.padEnd(22, "0")}`;
const stream = id("c", "one");
const me = id("a", "me");
const other = id("a", "other");
const outside = id("a", "outside");
const now = 1_000_000;

type Setting = {
  kind: ConversationKind;
  role: Role | undefined;
  otherRole?: Role;
  mine?: Partial<Member>;
  others?: Partial<Member>;
  message?: Partial<MessageEvent>;
  pins?: number[];
  meta?: Partial<Meta>;
  invited?: AccountId[];
  memberCount?: number;
  actor?: Partial<Actor>;
  stream?: StreamId;
};

const message: MessageEvent = {
  stream,
  seq: 5,
  type: "message.sent",
  by: me,
  at: now - 1_000,
  body: { parts: [{ type: "text", text: "Hi" }] },
};

const people: Record<AccountId, Actor> = {
  [me]: { account: me, name: "Me", kind: "staff" },
  [other]: { account: other, name: "Other", kind: "staff" },
  [outside]: { account: outside, name: "Outside", kind: "staff" },
};

function factsOf(setting: Setting): Facts {
  const { kind, role, otherRole = "member", memberCount = 2, invited = [] } = setting;
  const where = setting.stream ?? stream;
  const said = { ...message, stream: where, ...setting.message } as MessageEvent;
  const members: Record<AccountId, Member | undefined> = {
    [me]: role && { account: me, name: "Me", role, fromSeq: 1, ...setting.mine },
    [other]: { account: other, name: "Other", role: otherRole, fromSeq: 1, ...setting.others },
  };
  return {
    now,
    actor: { ...(people[me] as Actor), ...setting.actor },
    recallWindowMs: limits.recallWindowMs,
    newConversation: id("c", "new"),
    stream: (one) =>
      one === where
        ? {
            meta: { kind, title: "Old", history: "all", createdAt: 0, pins: setting.pins ?? [], ...setting.meta },
            memberCount,
            lastSeq: 9,
          }
        : undefined,
    member: (one, account) => (one === where ? members[account] : undefined),
    invited: (_, account) => invited.includes(account),
    message: (one, seq) => (one === where && seq === 5 ? said : undefined),
    account: (account) => people[account],
    desk: (desk) => (desk === id("d", "none") ? undefined : { id: id("d", "one"), staff: [people[other] as Actor] }),
  };
}

const command = (type: CommandType, body: object, where: StreamId | undefined = stream): Command =>
  ({ id: "x", type, stream: where, body }) as unknown as Command;
const text = [{ type: "text", text: "New" }];

const bodies: Partial<Record<CommandType, object>> = {
  "conversation.rename": { title: "New" },
  "conversation.announce": { text: "New" },
  "conversation.assign": { account: me },
  "conversation.close": {},
  "member.add": { account: outside },
  "member.invite": { account: outside },
  "member.leave": {},
  "member.remove": { account: other },
  "member.mute": { account: other, untilAt: now + 5 },
  "member.set-role": { account: other, role: "admin" },
  "member.hand-over": { account: other },
  "message.send": { parts: text },
  "message.edit": { seq: 5, parts: text },
  "message.recall": { seq: 5 },
  "message.react": { seq: 5, emoji: "👍", on: true },
  "message.pin": { seq: 5 },
  "message.unpin": { seq: 5 },
};

/** Who may, as `kind role`; the other member is a plain one, and the message is somebody else's where it says so. */
const everyone = ["support agent", "support customer", "group owner", "group admin", "group member", "direct member"];
const keepers = ["group owner", "group admin"];
const matrix: [CommandType, string[], Partial<Setting>][] = [
  ["conversation.rename", ["support agent", ...keepers], {}],
  ["conversation.announce", keepers, {}],
  ["conversation.assign", ["support agent"], {}],
  ["conversation.close", ["support agent"], {}],
  ["conversation.reopen", ["support agent"], { meta: { closed: { by: other, at: 1 } } }],
  ["member.add", ["support agent", ...keepers], {}],
  ["member.invite", keepers, {}],
  ["member.leave", ["support agent", "group admin", "group member"], {}],
  ["member.remove", keepers, {}],
  ["member.mute", ["support agent", ...keepers], {}],
  ["member.set-role", ["group owner"], {}],
  ["member.hand-over", ["group owner"], {}],
  ["message.send", everyone, {}],
  ["message.edit", everyone, {}],
  ["message.edit", [], { message: { by: other } }],
  ["message.recall", everyone, {}],
  ["message.recall", ["support agent", ...keepers], { message: { by: other } }],
  ["message.recall", ["support agent", ...keepers], { message: { at: now - limits.recallWindowMs - 1 } }],
  ["message.react", everyone, {}],
  ["message.pin", ["support agent", ...keepers, "direct member"], {}],
  ["message.unpin", ["support agent", ...keepers, "direct member"], { pins: [5] }],
];

const codeOf = (decision: Decision): RefusalCode | "allowed" =>
  "refusal" in decision ? decision.refusal.code : "allowed";

describe("L5 who may do what", () => {
  test.each(matrix)("L5 %s by %j", (type, allowed, more) => {
    const found = conversationKinds.flatMap((kind) =>
      roles
        .filter((role) => {
          const said = codeOf(decide(command(type, bodies[type] ?? {}), factsOf({ kind, role, ...more })));
          if (said !== "allowed")
            expect(["forbidden", "too-late", "owner-must-hand-over"], `${type} ${kind} ${role}`).toContain(said);
          return said === "allowed" && everyone.includes(`${kind} ${role}`);
        })
        .map((role) => `${kind} ${role}`),
    );
    expect(found.sort()).toEqual([...allowed].sort());
  });

  test.each(Object.keys(bodies) as CommandType[])("L5 %s by no member, or in no stream, is not-a-member", (type) => {
    const body = bodies[type] ?? {};
    expect(codeOf(decide(command(type, body), factsOf({ kind: "group", role: undefined })))).toBe("not-a-member");
    const nowhere = decide(command(type, body, id("c", "nowhere")), factsOf({ kind: "group", role: "owner" }));
    expect(codeOf(nowhere)).toBe("not-a-member");
  });

  test("L5 deliveries are inspected by keepers and supervisors, never by a customer", () => {
    const who = (kind: Actor["kind"], may: string[] = []): Actor => ({ account: me, name: "Me", kind, may });
    const held = (actor: Actor) =>
      conversationKinds.flatMap((kind) =>
        roles.filter((role) => mayInspect(actor, kind, role)).map((role) => `${kind} ${role}`),
      );
    expect(held(who("staff"))).toEqual(keepers);
    expect(held(who("staff", ["delivery.inspect"]))).toHaveLength(conversationKinds.length * roles.length);
    expect(held(who("staff", ["something.new"]))).toEqual(keepers);
    expect(held(who("customer", ["delivery.inspect"]))).toEqual([]);
    expect(mayEverywhere(who("customer", ["delivery.inspect"]), "delivery.inspect")).toBe(false);
    expect(mayEverywhere(who("staff"), "delivery.inspect")).toBe(false);
  });

  test("a member is only reached from above", () => {
    for (const role of roles) expect(outranks(role, role)).toBe(false);
    for (const type of ["member.remove", "member.mute"] as const) {
      const by = (role: Role, otherRole: Role) =>
        codeOf(decide(command(type, bodies[type] ?? {}), factsOf({ kind: "group", role, otherRole })));
      expect(by("admin", "admin")).toBe("forbidden");
      expect(by("admin", "owner")).toBe("forbidden");
      expect(by("owner", "admin")).toBe("allowed");
    }
    expect(
      codeOf(decide(command("member.mute", { account: me, untilAt: 5 }), factsOf({ kind: "group", role: "owner" }))),
    ).toBe("forbidden");
  });

  test("L5 a supervisor joins any conversation with a customer, and no other", () => {
    const join = (kind: ConversationKind, actor: Partial<Actor>, where = stream) =>
      codeOf(decide(command("member.join", {}, where), factsOf({ kind, role: undefined, actor, stream: where })));
    const may = rolePermissions.supervisor;
    expect(conversationKinds.map((kind) => join(kind, { may }))).toEqual(["allowed", "not-invited", "not-invited"]);
    expect(join("support", { may }, notesOf(stream))).toBe("not-invited");
    expect(join("support", { may: rolePermissions.agent })).toBe("not-invited");
    expect(join("support", { may, kind: "customer" })).toBe("not-invited");
  });

  test("members are managed in the conversation, never in its notes", () => {
    const notes = notesOf(stream);
    for (const type of [
      "member.add",
      "member.leave",
      "member.mute",
      "conversation.rename",
      "conversation.announce",
      "conversation.assign",
      "conversation.close",
      "conversation.reopen",
    ] as const)
      expect(
        codeOf(
          decide(command(type, bodies[type] ?? {}, notes), factsOf({ kind: "support", role: "agent", stream: notes })),
        ),
      ).toBe("forbidden");
    const join = decide(
      command("member.join", {}, notes),
      factsOf({ kind: "support", role: undefined, stream: notes, invited: [me] }),
    );
    expect(codeOf(join)).toBe("not-invited");
  });
});

type Row = [why: string, CommandType, body: object | undefined, Partial<Setting>, RefusalCode];
const admin = { kind: "group", role: "admin" } as const;
const agent = { kind: "support", role: "agent" } as const;
const recalled = { fold: { foldSeq: 7, recalled: { by: me, at: 1 } } };
const many = (count: number) => Array.from({ length: count }, (_, index) => index + 10);

const refused: Row[] = [
  ["the same title", "conversation.rename", { title: "Old" }, {}, "no-change"],
  ["no announcement to take down", "conversation.announce", { text: null }, {}, "no-change"],
  ["assigned already", "conversation.assign", undefined, { ...agent, meta: { assignee: me } }, "no-change"],
  ["nobody was assigned", "conversation.assign", { account: null }, agent, "no-change"],
  ["nobody", "conversation.assign", { account: id("a", "nobody") }, agent, "not-found"],
  ["no agent", "conversation.assign", { account: other }, { ...agent, otherRole: "customer" }, "not-found"],
  ["closed already", "conversation.close", undefined, { ...agent, meta: { closed: { by: me, at: 1 } } }, "no-change"],
  ["open already", "conversation.reopen", {}, agent, "no-change"],
  ["nobody of this id", "member.add", { account: id("a", "nobody") }, {}, "not-found"],
  ["a member already", "member.add", { account: other }, {}, "already-a-member"],
  ["the last place taken", "member.add", undefined, { memberCount: limits.membersPerConversation }, "full"],
  ["nobody of this id", "member.invite", { account: id("a", "nobody") }, {}, "not-found"],
  ["a member already", "member.invite", { account: other }, {}, "already-a-member"],
  ["invited already", "member.invite", undefined, { invited: [outside] }, "no-change"],
  ["a member already", "member.join", {}, {}, "already-a-member"],
  ["not invited", "member.join", {}, { role: undefined }, "not-invited"],
  ["the last place taken", "member.join", {}, { role: undefined, invited: [me], memberCount: 2_000 }, "full"],
  ["not invited", "member.decline", {}, { role: undefined }, "not-invited"],
  ["others are left", "member.leave", {}, { role: "owner" }, "owner-must-hand-over"],
  ["not a member", "member.remove", { account: outside }, {}, "not-found"],
  ["oneself", "member.remove", { account: me }, {}, "forbidden"],
  ["muted until then already", "member.mute", undefined, { others: { mutedUntil: now + 5 } }, "no-change"],
  ["not muted", "member.mute", { account: other, untilAt: null }, {}, "no-change"],
  ["that role already", "member.set-role", { account: other, role: "member" }, { role: "owner" }, "no-change"],
  ["not a member", "member.hand-over", { account: outside }, { role: "owner" }, "not-found"],
  ["muted", "message.send", undefined, { mine: { mutedUntil: now + 5 } }, "muted"],
  ["an answer to nothing", "message.send", { parts: text, replyTo: 4 }, {}, "not-found"],
  [
    "an answer to what one may not read",
    "message.send",
    { parts: text, replyTo: 5 },
    { mine: { fromSeq: 6 } },
    "not-found",
  ],
  ["muted", "message.edit", undefined, { mine: { mutedUntil: now + 5 } }, "muted"],
  ["recalled", "message.edit", undefined, { message: recalled }, "recalled"],
  [
    "forwarded",
    "message.edit",
    undefined,
    { message: { body: { parts: [], forwarded: { name: "A", at: 1 } } } },
    "forbidden",
  ],
  ["edited too often", "message.edit", undefined, { message: { fold: { foldSeq: 9, edits: many(20) } } }, "full"],
  ["no message", "message.edit", { seq: 4, parts: text }, {}, "not-found"],
  ["recalled", "message.recall", undefined, { message: recalled }, "recalled"],
  ["too old", "message.recall", undefined, { role: "member", message: { at: now - 120_001 } }, "too-late"],
  ["another's", "message.recall", undefined, { role: "member", message: { by: other } }, "forbidden"],
  [
    "chosen already",
    "message.react",
    undefined,
    { message: { fold: { foldSeq: 6, reactions: { "👍": [me] } } } },
    "no-change",
  ],
  ["never chosen", "message.react", { seq: 5, emoji: "👍", on: false }, {}, "no-change"],
  [
    "too many kinds",
    "message.react",
    undefined,
    { message: { fold: { foldSeq: 9, reactions: Object.fromEntries(many(20).map((one) => [one, [other]])) } } },
    "full",
  ],
  ["recalled", "message.react", undefined, { message: recalled }, "recalled"],
  ["pinned already", "message.pin", undefined, { pins: [5] }, "no-change"],
  ["not pinned", "message.unpin", undefined, {}, "no-change"],
  ["too many pins", "message.pin", undefined, { pins: many(limits.pinsPerConversation) }, "full"],
  ["recalled", "message.pin", undefined, { message: recalled }, "recalled"],
  ["no source", "message.forward", { from: { stream, seq: 4 } }, {}, "not-found"],
  ["a source one is not in", "message.forward", { from: { stream: id("c", "far"), seq: 5 } }, {}, "not-found"],
  [
    "a source below one's first seq",
    "message.forward",
    { from: { stream, seq: 5 } },
    { mine: { fromSeq: 6 } },
    "not-found",
  ],
  ["recalled", "message.forward", { from: { stream, seq: 5 } }, { message: recalled }, "recalled"],
];

describe("L16 refusals say why", () => {
  test.each(refused)("%s: %s", (_, type, body, setting, code) => {
    const decision = decide(command(type, body ?? bodies[type] ?? {}), factsOf({ ...admin, ...setting }));
    expect(codeOf(decision)).toBe(code);
    if (!("refusal" in decision)) return;
    const { limit, retryAfterMs } = decision.refusal;
    if (code === "full") expect(limit?.value).toBe(limits[limit?.name as keyof typeof limits] as number);
    if (code === "muted") expect(retryAfterMs).toBe(5);
  });

  test("commands of an account's own refuse by its kind", () => {
    const may = rolePermissions.agent;
    const say = (type: CommandType, body: object, actor: Partial<Actor>) =>
      codeOf(decide(command(type, body, undefined), factsOf({ ...admin, actor: { may, ...actor } })));
    expect(say("conversation.ask", {}, { kind: "staff" })).toBe("forbidden");
    expect(say("conversation.ask", {}, { kind: "customer" })).toBe("allowed");
    expect(say("conversation.ask", { desk: id("d", "none") }, { kind: "customer" })).toBe("not-found");
    expect(say("conversation.create-group", { title: "A", members: [] }, { kind: "customer" })).toBe("forbidden");
    expect(say("conversation.create-group", { title: "A", members: [id("a", "nobody")] }, {})).toBe("not-found");
    expect(say("conversation.create-group", { title: "A", members: [me, other, other] }, {})).toBe("allowed");
    expect(say("conversation.create-group", { title: "A", members: [] }, { may: [] })).toBe("forbidden");
    expect(say("conversation.start-direct", { account: other }, { kind: "customer" })).toBe("forbidden");
    expect(say("conversation.start-direct", { account: me }, {})).toBe("not-found");
    expect(say("conversation.start-direct", { account: other }, {})).toBe("allowed");
    expect(say("draft.set", { stream, text: "" }, {})).toBe("allowed");
    expect(say("draft.set", { stream: id("d", "one"), text: "" }, {})).toBe("not-a-member");
    expect(say("inbox.set", { stream }, {})).toBe("no-change");
    expect(say("inbox.set", { stream: notesOf(stream), muted: true }, {})).toBe("not-a-member");
  });

  test("L5 words of the notes never reach a customer by forwarding", () => {
    const notes = notesOf(stream);
    const facts = factsOf({ kind: "support", role: "agent", stream: notes });
    const both: Facts = {
      ...facts,
      stream: (one) => facts.stream(one === stream ? notes : one),
      member: (one, account) => facts.member(one === stream ? notes : one, account),
    };
    const from = { from: { stream: notes, seq: 5 } };
    expect(codeOf(decide(command("message.forward", from), both))).toBe("forbidden");
    expect(codeOf(decide(command("message.forward", from, notes), both))).toBe("allowed");
  });

  test("L14 the end of the window is still in time", () => {
    const at = (age: number) =>
      codeOf(
        decide(
          command("message.recall", { seq: 5 }),
          factsOf({ kind: "group", role: "member", message: { at: now - age } }),
        ),
      );
    expect(at(limits.recallWindowMs)).toBe("allowed");
    expect(at(limits.recallWindowMs + 1)).toBe("too-late");
  });

  test("a conversation made twice for a pair is found, not made", () => {
    const facts = factsOf(admin);
    const found = { ...facts, newConversation: stream };
    expect(decide(command("conversation.start-direct", { account: other }, undefined), found)).toEqual({
      events: [],
      conversation: stream,
    });
  });
});
