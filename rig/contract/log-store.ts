import { expect, test } from "bun:test";
import { type Actor, rolePermissions } from "@aftercare/core";
import {
  type AccountId,
  type Command,
  type CommandBody,
  type CommandType,
  inboxOf,
  makeCommandId,
  makeId,
  notesOf,
  type StreamId,
} from "@aftercare/protocol";
import { type Answer, commitBatch } from "../../server/src/log/batch.ts";
import { type LogStore, noChanges, StaleEpoch } from "../../server/src/log/store.ts";
import { pairId } from "../sim/host.ts";
import { Random } from "../sim/random.ts";
import { appends, declines } from "./log-append.ts";

/** A store to be held to the contract, with what identity puts beside the log. */
export type LogFixture = {
  readonly store: LogStore;
  /** Of a real database. */
  readonly url?: string;
  addAccount(actor: Actor): Promise<void>;
  addDesk(id: StreamId, title: string, staff: readonly Actor[], shop?: string): Promise<void>;
  close(): Promise<void>;
};
export type OpenLog = () => Promise<LogFixture>;

const startMs = 1_767_225_600_000;
const limitMs = 60_000;

/** A few people and a desk, whose commands go through the real group commit. The same seed makes the same ids. */
export class Shop {
  readonly fixture: LogFixture;
  readonly random = new Random(20);
  readonly people: Actor[];
  readonly desk: StreamId;
  now = startMs;

  constructor(fixture: LogFixture) {
    this.fixture = fixture;
    const person = (name: string, kind: Actor["kind"]): Actor => ({
      account: makeId("a_", startMs, this.random.bytes(10)),
      name,
      kind,
    });
    this.people = [person("Ann", "staff"), person("Bo", "staff"), person("Cy", "staff"), person("Di", "customer")];
    this.desk = makeId("d_", startMs, this.random.bytes(10));
  }

  static async open(open: OpenLog): Promise<Shop> {
    const shop = new Shop(await open());
    for (const person of shop.people) await shop.fixture.addAccount(person);
    await shop.fixture.addDesk(shop.desk, "Service", shop.people.slice(0, 2));
    return shop;
  }

  get store(): LogStore {
    return this.fixture.store;
  }

  person(index: number): Actor {
    return this.people[index] as Actor;
  }

  command<T extends CommandType>(type: T, stream: StreamId | undefined, body: CommandBody<T>): Command {
    const id = makeCommandId(this.now, this.random.bytes(10));
    return { id, type, stream, body } as Command;
  }

  async give(actor: Actor, command: Command): Promise<Answer> {
    this.now += 1_000;
    const ids = {
      conversation: () => makeId("c_", this.now, this.random.bytes(10)),
      direct: pairId,
      fingerprint: (text: string) => Number(BigInt.asUintN(48, BigInt(Bun.hash(text)))),
      secret: () => "",
    };
    const clock = { now: () => this.now, elapsed: () => this.now, setTimer: () => 0, clearTimer: () => undefined };
    const settings = { recallWindowMs: 120_000 } as Parameters<typeof commitBatch>[0]["settings"];
    const may = actor.kind === "staff" ? rolePermissions.agent : [];
    const batch = [{ actor: { ...actor, may }, command, answer: () => undefined }];
    const { answers } = await commitBatch({ store: this.store, clock, ids, settings }, batch);
    return answers[0] as Answer;
  }

  async do<T extends CommandType>(who: number, type: T, stream: StreamId | undefined, body: CommandBody<T>) {
    const answer = await this.give(this.person(who), this.command(type, stream, body));
    if ("refusal" in answer) throw new Error(`${type} was refused: ${JSON.stringify(answer.refusal)}`);
    return answer.ack;
  }

  say(who: number, stream: StreamId, text: string, replyTo?: number) {
    const body = { parts: [{ type: "text" as const, text }], ...(replyTo !== undefined && { replyTo }) };
    return this.do(who, "message.send", stream, body);
  }

  async group(...others: number[]): Promise<StreamId> {
    const members = others.map((index) => this.person(index).account);
    const { conversation } = await this.do(0, "conversation.create-group", undefined, { title: "Team", members });
    return conversation as StreamId;
  }
}

/** Runs one part of the contract against a fresh store. */
export const clause = (open: OpenLog, title: string, work: (shop: Shop) => Promise<void>): void =>
  test(
    title,
    async () => {
      const shop = await Shop.open(open);
      try {
        await work(shop);
      } finally {
        await shop.fixture.close();
      }
    },
    limitMs,
  );

/** What every log store does. Called once for PostgreSQL and once for the simulator's model of it. */
export function logStoreContract(open: OpenLog): void {
  transactions(open);
  appends(open);
  declines(open);
  identity(open);
  pages(open);
  folds(open);
  people(open);
}

function transactions(open: OpenLog): void {
  clause(
    open,
    "law 1: what a transaction wrote is there once it resolved, and none of it when the work threw",
    async (shop) => {
      const stream = await shop.group(1);
      const { seq } = await shop.say(0, stream, "kept");
      const [before] = await shop.store.events(stream, seq - 1, seq, 10);
      expect(before?.type).toBe("message.sent");
      const event = { ...(before as NonNullable<typeof before>), seq: seq + 1 };
      delete event.commandId;
      const attempt = shop.store.transaction(async (tx) => {
        await tx.lock([stream]);
        await tx.write({ ...noChanges(), events: [event], heads: [{ id: stream, lastSeq: seq + 1 }] });
        throw new Error("stop");
      });
      expect(await attempt.catch((error) => (error as Error).message)).toBe("stop");
      expect(await shop.store.events(stream, seq, 1_000, 10)).toEqual([]);
      expect((await shop.store.heads([stream])).heads.get(stream)).toBe(seq);
    },
  );

  clause(open, "law 7: nothing is written under another epoch than the log's own", async (shop) => {
    const stream = await shop.group(1);
    const { epoch, heads } = await shop.store.heads([stream]);
    const attempt = shop.store.transaction((tx) => tx.lock([stream]), epoch + 1);
    expect(await attempt.catch((error) => error)).toBeInstanceOf(StaleEpoch);
    expect(await shop.store.transaction((tx) => tx.lock([stream]), epoch)).toHaveLength(1);
    const { account } = shop.person(0);
    const before = (await shop.store.streams([stream]))[0]?.receipts[account];
    const { seq } = await shop.say(1, stream, "unread");
    const rows = [{ stream, account, receipt: { deliveredSeq: seq, readSeq: seq } }];
    expect(await shop.store.saveReceipts(rows, epoch + 1)).toBe(0);
    expect((await shop.store.streams([stream]))[0]?.receipts[account]).toEqual(before as NonNullable<typeof before>);
    expect(await shop.store.saveReceipts(rows, epoch)).toBe(1);
    expect((await shop.store.streams([stream]))[0]?.receipts[account]?.readSeq).toBe(seq);
    expect(heads.get(stream)).toBeLessThan(seq);
  });

  clause(open, "law 3: whoever waits for a stream's row sees what its holder committed", async (shop) => {
    const stream = await shop.group(1);
    const seen: number[] = [];
    const append = () =>
      shop.store.transaction(async (tx) => {
        const [row] = await tx.lock([stream]);
        const next = (row?.lastSeq ?? 0) + 1;
        seen.push(next);
        const event = { stream, seq: next, type: "conversation.renamed", by: "system", at: 1, body: { title: "x" } };
        await tx.write({ ...noChanges(), events: [event as never], heads: [{ id: stream, lastSeq: next }] });
      });
    await Promise.all(Array.from({ length: 8 }, append));
    expect(seen).toEqual([2, 3, 4, 5, 6, 7, 8, 9]);
    const rows = await shop.store.transaction((tx) => tx.lock([stream, inboxOf("a_nobody")]));
    expect(rows.map(({ id, lastSeq }) => [id, lastSeq])).toEqual([[stream, 9]]);
  });

  clause(open, "law 3: a seq is given once, also to one who took no lock", async (shop) => {
    const stream = await shop.group(1);
    const event = { stream, seq: 1, type: "conversation.renamed", by: "system", at: 1, body: { title: "x" } };
    const attempt = shop.store.transaction((tx) => tx.write({ ...noChanges(), events: [event as never] }));
    expect(
      await attempt.then(
        () => "done",
        () => "rejected",
      ),
    ).toBe("rejected");
  });
}

function identity(open: OpenLog): void {
  clause(
    open,
    "law 2: a used command id is found by its stream and its author, with the conversation it made",
    async (shop) => {
      const stream = await shop.group(1);
      const command = shop.command("message.send", stream, { parts: [{ type: "text", text: "once" }] });
      const first = await shop.give(shop.person(0), command);
      expect(await shop.give(shop.person(0), command)).toEqual(first);
      const other = { ...command, body: { parts: [{ type: "text", text: "twice" }] } } as Command;
      expect(await shop.give(shop.person(0), other)).toEqual({ refusal: { code: "id-reused" } });
      expect("ack" in (await shop.give(shop.person(1), command))).toBe(true);
      const make = shop.command("conversation.create-group", undefined, { title: "Twin", members: [] });
      const made = await shop.give(shop.person(0), make);
      expect(await shop.give(shop.person(0), make)).toEqual(made);
      expect("ack" in made && made.ack.conversation).toBeTruthy();
    },
  );

  clause(open, "an event carries its command only where it is the first of it", async (shop) => {
    const stream = await shop.group(1);
    const { id } = await shop.do(0, "member.add", stream, { account: shop.person(2).account });
    const [joined] = await shop.store.events(stream, 1, 2, 10);
    expect(joined).toMatchObject({ seq: 2, type: "member.joined", commandId: id });
    const [line] = await shop.store.events(inboxOf(shop.person(2).account), 0, 9, 10);
    expect(line?.type).toBe("inbox.joined");
    expect(line).not.toHaveProperty("commandId");
    expect(line).not.toHaveProperty("fingerprint");
  });
}

function pages(open: OpenLog): void {
  clause(open, "a page holds every item between its bounds, whichever way it is asked for", async (shop) => {
    const stream = await shop.group(1);
    for (let i = 0; i < 12; i++) await shop.say(i % 2, stream, `text ${i}`);
    await shop.do(0, "message.react", stream, { seq: 5, emoji: "👍", on: true });
    const ask = async (place: object, floor = 1, limit = 4) => {
      const found = await shop.store.page({ stream, floor, limit, ...place });
      const { items, from, to, head, older } = (found as NonNullable<typeof found>).page;
      expect(head).toBe(14);
      return { seqs: items.map(({ seq }) => seq), from, to, older };
    };
    expect(await ask({})).toEqual({ seqs: [10, 11, 12, 13], from: 10, to: 14, older: true });
    expect(await ask({ before: 3 })).toEqual({ seqs: [1, 2], from: 1, to: 2, older: false });
    expect(await ask({ after: 11 })).toEqual({ seqs: [12, 13], from: 12, to: 14, older: true });
    expect(await ask({ around: 6 })).toEqual({ seqs: [4, 5, 6, 7], from: 4, to: 7, older: true });
    expect(await ask({ before: 8 }, 6)).toEqual({ seqs: [6, 7], from: 6, to: 7, older: false });
    expect((await ask({ at: startMs + 9_000 })).seqs[0]).toBe(9);
    expect((await ask({ at: startMs + 900_000 })).seqs).toEqual([13]);
    expect(await shop.store.page({ stream: "c_nothing", floor: 1, limit: 4 })).toBeUndefined();
  });

  clause(open, "a page brings what its items and pins point at, but nothing below the floor", async (shop) => {
    const stream = await shop.group(1);
    await shop.say(0, stream, "pinned");
    await shop.say(0, stream, "quoted");
    for (let i = 0; i < 3; i++) await shop.say(1, stream, "between");
    await shop.do(0, "message.pin", stream, { seq: 2 });
    await shop.say(1, stream, "quoting", 3);
    const refs = async (floor: number) => {
      const found = await shop.store.page({ stream, floor, limit: 2 });
      return found?.page.refs.map(({ seq }) => seq);
    };
    expect(await refs(1)).toEqual([2, 3]);
    expect(await refs(3)).toEqual([3]);
  });
}

function folds(open: OpenLog): void {
  clause(open, "law 14: an edit rewrites the message, a recall removes the text from every row", async (shop) => {
    const stream = await shop.group(1);
    const { seq } = await shop.say(0, stream, "first words");
    await shop.do(0, "message.edit", stream, { seq, parts: [{ type: "text", text: "second words" }] });
    await shop.do(1, "message.react", stream, { seq, emoji: "🙏", on: true });
    const { messages, head } = await shop.store.lookup.messages(stream, [seq, seq + 1]);
    expect(head).toBe(4);
    expect(messages).toHaveLength(1);
    expect(messages[0]?.body.parts).toEqual([{ type: "text", text: "second words" }]);
    expect(messages[0]?.fold).toMatchObject({ foldSeq: 4, edits: [3] });
    await shop.do(0, "message.recall", stream, { seq });
    const rows = JSON.stringify(await shop.store.events(stream, 0, 100, 100));
    expect(rows).not.toContain("words");
    expect(rows).toContain("recalled");
  });

  clause(open, "a receipt only grows, and only a member's", async (shop) => {
    const stream = await shop.group(1);
    for (let i = 0; i < 5; i++) await shop.say(0, stream, "x");
    const { account } = shop.person(1);
    const save = (who: AccountId, deliveredSeq: number, readSeq: number) =>
      shop.store.saveReceipts([{ stream, account: who, receipt: { deliveredSeq, readSeq } }]);
    await save(account, 5, 3);
    await save(account, 4, 4);
    await save(shop.person(2).account, 5, 5);
    const [snapshot] = await shop.store.streams([stream, "c_nothing"]);
    expect(snapshot?.receipts[account]).toEqual({ deliveredSeq: 5, readSeq: 4 });
    expect(Object.keys(snapshot?.receipts ?? {})).toHaveLength(2);
  });
}

function people(open: OpenLog): void {
  clause(open, "law 5: whoever left and comes back starts anew: receipt, draft and settings", async (shop) => {
    const stream = await shop.group(1);
    const { account } = shop.person(1);
    await shop.do(1, "draft.set", undefined, { stream, text: "half a thought" });
    await shop.do(1, "inbox.set", undefined, { stream, muted: true });
    await shop.do(1, "inbox.set", undefined, { stream, pinned: true });
    const inbox = async () =>
      (await shop.store.lookup.inbox(account, 10)) as NonNullable<object> as {
        entries: { settings: object }[];
        drafts: object;
      };
    expect((await inbox()).entries[0]?.settings).toEqual({ muted: true, pinned: true });
    expect(Object.keys((await inbox()).drafts)).toEqual([stream]);
    await shop.do(1, "member.leave", stream, {});
    expect(await inbox()).toMatchObject({ entries: [], drafts: {} });
    expect((await shop.store.streams([stream]))[0]?.members).toHaveLength(1);
    await shop.do(0, "member.add", stream, { account });
    expect(await inbox()).toMatchObject({ entries: [{ settings: {} }], drafts: {} });
    const [snapshot] = await shop.store.streams([stream]);
    expect(snapshot?.row.memberCount).toBe(2);
    expect(snapshot?.receipts[account]).toEqual({ deliveredSeq: 3, readSeq: 3 });
  });

  clause(open, "an invitation is in the inbox until it is answered", async (shop) => {
    const stream = await shop.group();
    const { account } = shop.person(2);
    await shop.do(0, "member.invite", stream, { account });
    expect((await shop.store.lookup.inbox(account, 10))?.invitations).toMatchObject([{ stream, byName: "Ann" }]);
    expect((await shop.store.streams([stream]))[0]?.members).toHaveLength(1);
    await shop.do(2, "member.decline", stream, {});
    expect((await shop.store.lookup.inbox(account, 10))?.invitations).toEqual([]);
    await shop.do(0, "member.invite", stream, { account });
    await shop.do(2, "member.join", stream, {});
    expect(await shop.store.lookup.inbox(account, 10)).toMatchObject({ invitations: [], entries: [{ stream }] });
  });

  clause(open, "a desk has its staff; a question opens a conversation and its notes for them", async (shop) => {
    expect((await shop.store.lookup.desk(undefined))?.id).toBe(shop.desk);
    expect((await shop.store.lookup.desk(shop.desk))?.staff).toHaveLength(2);
    expect(await shop.store.lookup.desk("d_nothing")).toBeUndefined();
    const harbour = makeId("s_", startMs, shop.random.bytes(10));
    const repairs = makeId("d_", startMs + 1, shop.random.bytes(10));
    expect((await shop.store.lookup.desk(harbour))?.id).toBe(shop.desk);
    await shop.fixture.addDesk(repairs, "Repairs", shop.people.slice(2, 3), harbour);
    expect((await shop.store.lookup.desk(harbour))?.id).toBe(repairs);
    expect((await shop.store.lookup.desk(undefined))?.id).toBe(shop.desk);
    expect((await shop.store.lookup.staff()).map(({ name }) => name)).toEqual(["Ann", "Bo", "Cy"]);
    const { conversation } = await shop.do(3, "conversation.ask", undefined, {});
    const stream = conversation as StreamId;
    const snapshots = await shop.store.streams([notesOf(stream), stream]);
    expect(snapshots.map(({ row, members }) => [row.id, members.length])).toEqual([
      [stream, 3],
      [notesOf(stream), 2],
    ]);
    const { epoch, heads } = await shop.store.heads([stream, shop.desk, "c_nothing"]);
    expect(epoch).toBe(1);
    expect([...heads].sort()).toEqual(
      [
        [stream, 2],
        [shop.desk, 1],
      ].sort() as [string, number][],
    );
  });
}
