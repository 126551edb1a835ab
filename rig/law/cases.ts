import { type CommandBody, type CommandType, notesOf, type RefusalCode, type StreamId } from "@aftercare/protocol";
import type { Principal } from "../../server/src/context.ts";
import type { World } from "./world.ts";

/** One command that is accepted, ready to be sent. */
export type Case<T extends CommandType = CommandType> = {
  by: Principal;
  stream?: StreamId;
  body: CommandBody<T>;
  /** Another body that would be accepted as well. */
  other: CommandBody<T>;
  /** Somebody who may not, and what they are told. */
  stranger: Principal;
  refused: RefusalCode;
  /** Everybody whose view is compared. */
  viewers: Principal[];
};

type Cases = { [T in CommandType]: (world: World) => Promise<Case<T>> };

const text = (said: string) => [{ type: "text" as const, text: said }];

/** A support conversation with messages in every state, and its people. */
async function support(world: World) {
  const [mei, tom] = [await world.person("staff", true), await world.person("staff", true)];
  const [customer, stranger] = [await world.person("customer"), await world.person("staff")];
  const stream = await world.conversation(customer, "conversation.ask", { title: "Phone" });
  const asked = await world.send(customer, stream, "It broke");
  const said = await world.send(mei, stream, "Which one?", asked);
  await world.must(mei, "message.edit", { seq: said, parts: text("Which model?") }, stream);
  await world.must(mei, "message.edit", { seq: said, parts: text("Which model is it?") }, stream);
  await world.must(customer, "message.react", { seq: said, emoji: "👍", on: true }, stream);
  const recalled = await world.send(tom, stream, "Oops");
  await world.must(tom, "message.edit", { seq: recalled, parts: text("Ouch") }, stream);
  await world.must(tom, "message.recall", { seq: recalled }, stream);
  await world.must(mei, "message.pin", { seq: asked }, stream);
  return { mei, tom, customer, stranger, stream, asked, said, viewers: [mei, tom, customer, stranger] };
}

/** A group with an owner, an admin, a member who may read from the joining on, and somebody outside. */
async function group(world: World) {
  const [owner, admin] = [await world.person("staff"), await world.person("staff")];
  const [member, outside, stranger] = [
    await world.person("staff"),
    await world.person("staff"),
    await world.person("staff"),
  ];
  const members = [admin.account, member.account];
  const body = { title: "Repairs", history: "since-join" as const, members: members.slice(0, 1) };
  const stream = await world.conversation(owner, "conversation.create-group", body);
  const first = await world.send(owner, stream, "Welcome");
  await world.must(owner, "member.set-role", { account: admin.account, role: "admin" }, stream);
  await world.must(owner, "message.pin", { seq: first }, stream);
  await world.must(admin, "member.add", { account: member.account }, stream);
  const last = await world.send(member, stream, "Thanks", undefined);
  const viewers = [owner, admin, member, outside, stranger];
  return { owner, admin, member, outside, stranger, stream, first, last, viewers };
}

const notAMember = "not-a-member" as const;
const accounts = (one: Principal, other: Principal) => ({
  body: { account: one.account },
  other: { account: other.account },
});

const conversations = {
  "conversation.ask": async (world: World) => {
    const { mei, tom, customer } = await support(world);
    const body = { title: "Again", desk: world.desk };
    return { by: customer, body, other: {}, stranger: mei, refused: "forbidden", viewers: [mei, tom, customer] };
  },
  "conversation.create-group": async (world: World) => {
    const { owner, admin, member } = await group(world);
    const stranger = await world.person("customer");
    const body = { title: "New", members: [admin.account, member.account, owner.account, admin.account] };
    const other = { title: "New", members: [] };
    return { by: owner, body, other, stranger, refused: "forbidden", viewers: [owner, admin, member] };
  },
  "conversation.start-direct": async (world: World) => {
    const { owner, admin, member } = await group(world);
    const stranger = await world.person("customer");
    return { by: owner, ...accounts(admin, member), stranger, refused: "forbidden", viewers: [owner, admin, member] };
  },
  "conversation.rename": async (world: World) => {
    const { mei: by, stream, stranger, viewers } = await support(world);
    return { by, stream, body: { title: "Screen" }, other: { title: "Case" }, stranger, refused: notAMember, viewers };
  },
  "conversation.announce": async (world: World) => {
    const { admin: by, stream, stranger, viewers } = await group(world);
    const body = { text: "Closed on\nMonday" };
    return { by, stream, body, other: { text: "Open" }, stranger, refused: notAMember, viewers };
  },
  "conversation.assign": async (world: World) => {
    const { mei: by, tom, stream, stranger, viewers } = await support(world);
    return { by, stream, ...accounts(tom, by), stranger, refused: notAMember, viewers };
  },
  "conversation.close": async (world: World) => {
    const { mei: by, stream, stranger, viewers } = await support(world);
    return { by, stream, body: {}, other: {}, stranger, refused: notAMember, viewers };
  },
  "conversation.reopen": async (world: World) => {
    const { mei: by, tom, stream, stranger, viewers } = await support(world);
    await world.must(tom, "conversation.close", {}, stream);
    return { by, stream, body: {}, other: {}, stranger, refused: notAMember, viewers };
  },
} satisfies Partial<Cases>;

const members = {
  "member.add": async (world: World) => {
    const { mei: by, stream, stranger, viewers } = await support(world);
    const [one, other] = [await world.person("staff"), await world.person("staff")];
    return { by, stream, ...accounts(one, other), stranger, refused: notAMember, viewers: [...viewers, one, other] };
  },
  "member.invite": async (world: World) => {
    const { admin: by, outside, stream, stranger, viewers } = await group(world);
    return { by, stream, ...accounts(outside, stranger), stranger, refused: notAMember, viewers };
  },
  "member.join": async (world: World) => {
    const { owner, outside: by, stream, stranger, viewers } = await group(world);
    await world.must(owner, "member.invite", { account: by.account }, stream);
    return { by, stream, body: {}, other: {}, stranger, refused: "not-invited", viewers };
  },
  "member.decline": async (world: World) => {
    const { owner, outside: by, stream, stranger, viewers } = await group(world);
    await world.must(owner, "member.invite", { account: by.account }, stream);
    return { by, stream, body: {}, other: {}, stranger, refused: "not-invited", viewers };
  },
  "member.leave": async (world: World) => {
    const { tom: by, stream, stranger, viewers } = await support(world);
    await world.must(by, "draft.set", { stream, text: "Let me" });
    await world.must(by, "draft.set", { stream: notesOf(stream), text: "He is angry" });
    await world.must(by, "inbox.set", { stream, pinned: true });
    return { by, stream, body: {}, other: {}, stranger, refused: notAMember, viewers };
  },
  "member.remove": async (world: World) => {
    const { owner: by, admin, member, stream, stranger, viewers } = await group(world);
    return { by, stream, ...accounts(member, admin), stranger, refused: notAMember, viewers };
  },
  "member.mute": async (world: World) => {
    const { mei: by, customer, stream, stranger, viewers } = await support(world);
    const { account } = customer;
    const body = { account, untilAt: world.now + 3_600_000 };
    return { by, stream, body, other: { account, untilAt: 5 }, stranger, refused: notAMember, viewers };
  },
  "member.set-role": async (world: World) => {
    const { owner: by, admin, member, stream, stranger, viewers } = await group(world);
    const body = { account: member.account, role: "admin" as const };
    const other = { account: admin.account, role: "member" as const };
    return { by, stream, body, other, stranger, refused: notAMember, viewers };
  },
  "member.hand-over": async (world: World) => {
    const { owner: by, admin, member, stream, stranger, viewers } = await group(world);
    return { by, stream, ...accounts(member, admin), stranger, refused: notAMember, viewers };
  },
} satisfies Partial<Cases>;

const messages = {
  "message.send": async (world: World) => {
    const { customer: by, stream, said, stranger, viewers } = await support(world);
    const body = { parts: text("The X2"), replyTo: said };
    return { by, stream, body, other: { parts: text("The X3") }, stranger, refused: notAMember, viewers };
  },
  "message.forward": async (world: World) => {
    const { customer, mei: by, stream, asked, said, stranger, viewers } = await support(world);
    const to = await world.conversation(customer, "conversation.ask", {});
    const body = { from: { stream, seq: said } };
    const other = { from: { stream, seq: asked } };
    return { by, stream: to, body, other, stranger, refused: notAMember, viewers };
  },
  "message.edit": async (world: World) => {
    const { mei: by, stream, said: seq, stranger, viewers } = await support(world);
    const [body, other] = [
      { seq, parts: text("Model?") },
      { seq, parts: text("Model!") },
    ];
    return { by, stream, body, other, stranger, refused: notAMember, viewers };
  },
  "message.recall": async (world: World) => {
    const { mei: by, stream, asked, said, stranger, viewers } = await support(world);
    return { by, stream, body: { seq: said }, other: { seq: asked }, stranger, refused: notAMember, viewers };
  },
  "message.react": async (world: World) => {
    const { tom: by, stream, said: seq, stranger, viewers } = await support(world);
    const [body, other] = [
      { seq, emoji: "👍", on: true },
      { seq, emoji: "🎉", on: true },
    ];
    return { by, stream, body, other, stranger, refused: notAMember, viewers };
  },
  "message.pin": async (world: World) => {
    const { tom: by, stream, said, stranger, viewers } = await support(world);
    const other = await world.send(by, stream, "Look");
    return { by, stream, body: { seq: said }, other: { seq: other }, stranger, refused: notAMember, viewers };
  },
  "message.unpin": async (world: World) => {
    const { tom: by, stream, asked, said, stranger, viewers } = await support(world);
    await world.must(by, "message.pin", { seq: said }, stream);
    return { by, stream, body: { seq: asked }, other: { seq: said }, stranger, refused: notAMember, viewers };
  },
} satisfies Partial<Cases>;

const inboxes = {
  "draft.set": async (world: World) => {
    const { mei: by, stream, said, stranger, viewers } = await support(world);
    const body = { stream: notesOf(stream), text: "Is he\u3000", replyTo: said };
    return { by, body, other: { stream, text: "" }, stranger, refused: notAMember, viewers };
  },
  "inbox.set": async (world: World) => {
    const { customer: by, stream, stranger, viewers } = await support(world);
    await world.must(by, "inbox.set", { stream, archived: true, pinned: true });
    const body = { stream, muted: true, archived: false };
    return { by, body, other: { stream, pinned: false }, stranger, refused: notAMember, viewers };
  },
} satisfies Partial<Cases>;

/** Every command there is: the type asks for a new one's case. */
export const cases = { ...conversations, ...members, ...messages, ...inboxes } as Cases satisfies Cases;
