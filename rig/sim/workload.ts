import type { ConversationState } from "@aftercare/core";
import {
  type AccountId,
  type Command,
  type CommandBody,
  type CommandType,
  makeCommandId,
  notesOf,
  type StreamId,
} from "@aftercare/protocol";
import type { Tab } from "./device.ts";
import type { World } from "./world.ts";

/** What people do, by how often. */
export const habits = {
  send: 30,
  reply: 3,
  edit: 4,
  recall: 4,
  react: 5,
  pin: 3,
  read: 8,
  draft: 5,
  typing: 3,
  older: 3,
  history: 4,
  forward: 2,
  member: 8,
  group: 1,
  direct: 1,
  ask: 1,
  rename: 1,
  serve: 4,
  settings: 1,
  failed: 3,
  twin: 4,
  again: 3,
  stranger: 2,
};
export type Habit = keyof typeof habits;

const emojis = ["👍", "🙏", "😀"] as const;

const changesInside = { remove: 3, leave: 2, mute: 1, role: 1, owner: 1, add: 0.2, invite: 0, join: 0, decline: 0 };
const changesOutside = { remove: 0.2, leave: 1, mute: 0, role: 0, owner: 0, add: 4, invite: 2, join: 3, decline: 1 };

/** The HTTP API answers 503. */
const unanswered = (): undefined => undefined;

/** A member of the cast does one thing that its page offers. */
export class Workload {
  readonly #world: World;
  readonly #habits: Readonly<Record<Habit, number>>;
  #words = 0;

  constructor(world: World, weights: Readonly<Record<Habit, number>> = habits) {
    this.#world = world;
    this.#habits = weights;
  }

  act(): void {
    const { random, tabs } = this.#world;
    if (tabs.length === 0) return;
    const tab = random.pick(tabs);
    const habit = random.weighted(this.#habits);
    if (habit === "twin" || habit === "again" || habit === "stranger") return this[habit](tab);
    const stream = this.#streamFor(tab, habit);
    if (habit === "ask" || habit === "group" || habit === "direct") return this.#begin(tab, habit);
    if (stream === undefined) return;
    this.#world.say(`${tab.life.name} ${habit} ${stream.slice(0, 2)}${stream.slice(-4)}`);
    this.#on(tab, habit, stream);
  }

  #newText(): string {
    return `text ${this.#words++}`;
  }

  #streamFor(tab: Tab, habit: Habit): StreamId | undefined {
    const { random } = this.#world;
    const { lines, invitations } = tab.client.inbox.value;
    if (habit === "member" && invitations.length > 0 && random.chance(0.7)) return random.pick(invitations).stream;
    if (lines.length === 0) return undefined;
    const { stream, role } = random.pick(lines).entry;
    return role === "agent" && random.chance(0.2) ? notesOf(stream) : stream;
  }

  /** Gives a command to the outbox as a page does. */
  send<T extends CommandType>(tab: Tab, type: T, stream: StreamId | undefined, body: CommandBody<T>): void {
    const world = this.#world;
    const { id } = tab.client.send(type, stream, body);
    const named = (body as { from?: { stream: StreamId } }).from?.stream ?? stream;
    if (named !== undefined) world.meant.note(id, body, tab.handles.get(named)?.view.value.confirmed);
    if (type !== "message.send" || tab.device.made > 1) return;
    const key = `${tab.device.name} ${stream}`;
    const ids = world.sentInOrder.get(key) ?? [];
    world.sentInOrder.set(key, ids);
    ids.push(id);
  }

  #text(): CommandBody<"message.send"> {
    return { parts: [{ type: "text", text: this.#newText() }] };
  }

  #on(tab: Tab, habit: Habit, stream: StreamId): void {
    const { random } = this.#world;
    const handle = this.#world.look(tab, stream);
    const { confirmed } = handle.view.value;
    switch (habit) {
      case "send":
        for (let i = random.chance(0.2) ? random.int(2, 8) : 1; i > 0; i--)
          this.send(tab, "message.send", stream, this.#text());
        return;
      case "draft":
        return handle.setDraft(random.chance(0.2) ? "" : this.#newText());
      case "typing":
        return handle.typing(random.chance(0.8));
      case "older":
        return void handle.older();
      case "member":
        return this.#member(tab, stream, confirmed);
      case "rename":
        return random.chance(0.5)
          ? this.send(tab, "conversation.rename", stream, { title: this.#newText() })
          : this.send(tab, "conversation.announce", stream, { text: random.chance(0.3) ? null : this.#newText() });
      case "serve":
        return this.#serve(tab, stream, confirmed);
      case "settings":
        return this.send(tab, "inbox.set", undefined, { stream, muted: random.chance(0.5) });
      case "failed":
        return this.#failed(tab);
      case "history":
        return this.#history(tab, stream, confirmed);
      default:
        return this.#onMessage(tab, habit, stream, confirmed);
    }
  }

  #onMessage(tab: Tab, habit: Habit, stream: StreamId, state: ConversationState | undefined): void {
    const { random } = this.#world;
    const messages = (state?.items ?? []).filter(({ type }) => type === "message.sent");
    if (messages.length === 0) return;
    const recent = random.chance(0.7) ? messages.slice(-4) : messages;
    const { seq } = random.pick(recent);
    switch (habit) {
      case "reply":
        return this.send(tab, "message.send", stream, { ...this.#text(), replyTo: seq });
      case "edit":
        return this.send(tab, "message.edit", stream, { seq, parts: this.#text().parts });
      case "recall": {
        // What was edited has copies of its text: the likelier place for one to be forgotten.
        const edited = messages.filter(
          ({ by, fold }) => by === tab.device.actor.account && fold?.editedAt !== undefined,
        );
        const first = edited.length > 0 && random.chance(0.5) ? random.pick(edited).seq : seq;
        return this.send(tab, "message.recall", stream, { seq: first });
      }
      case "react":
        return this.send(tab, "message.react", stream, { seq, emoji: random.pick(emojis), on: random.chance(0.7) });
      case "pin":
        return this.send(tab, random.chance(0.6) ? "message.pin" : "message.unpin", stream, { seq });
      case "read":
        return this.#world.look(tab, stream).markRead(messages.at(-1)?.seq ?? seq);
      case "forward": {
        const to = random.pick(tab.client.inbox.value.lines).entry.stream;
        return this.send(tab, "message.forward", to, { from: { stream, seq } });
      }
      default:
    }
  }

  /** Whoever answers a support conversation, and whether it is done. */
  #serve(tab: Tab, stream: StreamId, state: ConversationState | undefined): void {
    const { random, actors } = this.#world;
    if (random.chance(0.5)) {
      const account = random.chance(0.3) ? null : random.pick(actors).account;
      return this.send(tab, "conversation.assign", stream, { account });
    }
    this.send(tab, state?.meta.closed ? "conversation.reopen" : "conversation.close", stream, {});
  }

  #member(tab: Tab, stream: StreamId, state: ConversationState | undefined): void {
    const { random, actors } = this.#world;
    const { account } = random.pick(actors);
    const inside = state?.members[account] !== undefined;
    const kind = random.weighted(inside ? changesInside : changesOutside);
    switch (kind) {
      case "remove":
        return this.send(tab, "member.remove", stream, { account });
      case "mute": {
        const untilAt = random.chance(0.5) ? null : tab.client.serverNow() + random.int(1_000, 20_000);
        return this.send(tab, "member.mute", stream, { account, untilAt });
      }
      case "role":
        return this.send(tab, "member.set-role", stream, { account, role: random.pick(["admin", "member"]) });
      case "owner":
        return this.send(tab, "member.hand-over", stream, { account });
      case "add":
        return this.send(tab, "member.add", stream, { account });
      case "invite":
        return this.send(tab, "member.invite", stream, { account });
      case "join":
        return this.send(tab, "member.join", stream, {});
      case "decline":
        return this.send(tab, "member.decline", stream, {});
      case "leave":
        return this.send(tab, "member.leave", stream, {});
      default:
        return kind satisfies never;
    }
  }

  #begin(tab: Tab, habit: "ask" | "group" | "direct"): void {
    const { random, actors } = this.#world;
    const staff = actors.filter(({ kind }) => kind === "staff");
    const members = random.shuffled(staff).slice(0, 2);
    const history = random.chance(0.5) ? "since-join" : "all";
    this.#world.say(`${tab.life.name} ${habit}`);
    if (habit === "ask") this.send(tab, "conversation.ask", undefined, {});
    else if (habit === "direct")
      this.send(tab, "conversation.start-direct", undefined, { account: random.pick(staff).account });
    else
      this.send(tab, "conversation.create-group", undefined, {
        title: this.#newText(),
        history,
        members: members.map(({ account }) => account),
      });
  }

  #failed(tab: Tab): void {
    const { random, promised, givenUp, again } = this.#world;
    // Pages offer this for messages and other acts, never for what they keep by themselves.
    const failed = tab.client.pending.value.filter(
      ({ type, status }) => status.state !== "sending" && type !== "draft.set",
    );
    if (failed.length === 0) return;
    const { id, status } = random.pick(failed);
    promised.delete(id);
    givenUp.add(id);
    again.giveUp(id);
    this.#forgetOrder(id);
    if (status.state === "failed" && random.chance(0.5)) tab.client.retry(id);
    else tab.client.discard(id);
  }

  #forgetOrder(id: string): void {
    for (const ids of this.#world.sentInOrder.values()) {
      const index = ids.indexOf(id);
      if (index >= 0) ids.splice(index, 1);
    }
  }

  #history(tab: Tab, stream: StreamId, state: ConversationState | undefined): void {
    const { random } = this.#world;
    const seq = random.int(1, (state?.seq ?? 1) + 3);
    const limit = random.int(1, 10);
    const kind = random.weighted({ before: 2, after: 2, around: 2, at: 1, newest: 1, messages: 3, snapshot: 1 });
    if (kind === "snapshot") return void tab.client.read({ type: "snapshot", stream });
    if (kind === "messages") return void tab.client.read({ type: "messages", stream, seqs: [seq, seq + 1] });
    const place = kind === "newest" ? {} : { [kind]: kind === "at" ? tab.client.serverNow() - 5_000 : seq };
    void tab.client.read({ type: "history", stream, limit, ...place });
  }

  /** One command reaches two nodes at once, by the HTTP API. */
  twin(tab: Tab): void {
    const { random, hosts, watch } = this.#world;
    const stream = this.#streamFor(tab, "send");
    if (stream === undefined || hosts.length === 0) return;
    const id = makeCommandId(Math.floor(this.#world.scheduler.now), random.bytes(10));
    const principal = { ...tab.device.actor, credential: "twin" };
    const command = { id, type: "message.send", stream, body: this.#text() };
    const other = random.chance(0.1) ? { ...command, body: this.#text() } : command;
    this.#world.say(`${tab.device.name} twin ${id.slice(-4)}`);
    for (const [index, host] of [random.pick(hosts), random.pick(hosts)].entries())
      void this.#world.order(host, principal, index === 0 ? command : other).then((answer) => {
        if ("refusal" in answer && answer.refusal.code === "id-reused") return;
        this.#world.guard(() => watch.answered(principal.account, id, answer));
      });
  }

  /** A command that was answered long ago comes again. */
  again(tab: Tab): void {
    const { random, hosts, watch } = this.#world;
    const known = [...watch.commands.entries()];
    if (known.length === 0 || hosts.length === 0) return;
    const [key, command] = random.pick(known);
    const account = key.split(" ")[0] as AccountId;
    const actor = this.#world.actors.find((one) => one.account === account) ?? tab.device.actor;
    if (!watch.acks.has(key)) return;
    this.#world.say(`${actor.name} again ${command.type} ${command.id.slice(-4)}`);
    const principal = { ...actor, credential: "again" };
    void this.#world.order(random.pick(hosts), principal, command).then((answer) => {
      if (!("refusal" in answer)) this.#world.guard(() => watch.answered(account, command.id, answer));
    });
  }

  /** Somebody follows a conversation that they are in or not, and sometimes joins or gives it to somebody. */
  #along(tab: Tab, stream: StreamId): void {
    const { random, actors } = this.#world;
    const handle = this.#world.look(tab, stream);
    if (stream.startsWith("n_")) return handle.viewing(random.chance(0.7));
    const act = random.weighted({ read: 6, join: 2, give: 2 });
    if (act === "join") this.send(tab, "member.join", stream, {});
    if (act === "give") this.send(tab, "conversation.assign", stream, { account: random.pick(actors).account });
  }

  /** Somebody tries what is not theirs. */
  stranger(tab: Tab): void {
    const { random, hosts, database, watch } = this.#world;
    const streams = [...database.tables.streams.keys()].filter((id) => /^[cn]_/.test(id));
    if (streams.length === 0 || hosts.length === 0) return;
    const stream = random.pick(streams);
    const { account } = tab.device.actor;
    const id = makeCommandId(Math.floor(this.#world.scheduler.now), random.bytes(10));
    const principal = { ...tab.device.actor, credential: "stranger" };
    const host = random.pick(hosts);
    const command = { id, type: "message.send", stream, body: this.#text() } as Command;
    if (watch.readsByRight(stream, account)) this.#along(tab, stream);
    this.#world.say(`${tab.device.name} stranger ${stream.slice(0, 2)}${stream.slice(-4)}`);
    void this.#world
      .order(host, principal, command)
      .then((answer) => this.#world.guard(() => watch.answered(account, id, answer)));
    void host.node.read(principal, { type: "history", stream, limit: 5 }).then((answer) => {
      if ("answer" in answer) this.#world.guard(() => watch.answer(account, answer.answer));
    }, unanswered);
  }
}
