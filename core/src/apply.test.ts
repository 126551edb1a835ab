import { describe, expect, test } from "bun:test";
import type { Event, HistoryPage, Member, Snapshot } from "@aftercare/protocol";
import fc from "fast-check";
import { apply, mergeRefs, openConversation, prependPage, supersedes, trim } from "./apply.ts";
import { blankEdit, type FoldEvent, foldMessage, isFold, plainText } from "./message.ts";
import { deliveryMark, growReceipt } from "./receipt.ts";
import { type ConversationState, fromSnapshot, indexOfSeq, type MessageEvent, messageAt } from "./state.ts";

const stream = "c_0000000000000000000000";
const people = ["a_1", "a_2", "a_3"];
const member = (account: string): Member => ({ account, name: account, role: "member", fromSeq: 1 });

const event = (seq: number, type: Event["type"], body: object, by = "a_1"): Event =>
  ({ stream, seq, type, by, at: 1_000 + seq, body }) as Event;
const text = (said: string) => [{ type: "text" as const, text: said }];
const sent = (seq: number, said = `m${seq}`, replyTo?: number): MessageEvent =>
  event(seq, "message.sent", { parts: text(said), ...(replyTo !== undefined && { replyTo }) }) as MessageEvent;
const opened = event(1, "conversation.opened", {
  meta: { kind: "group", title: "A", history: "all", createdAt: 1, pins: [] },
  members: people.map(member),
}) as Event & { type: "conversation.opened" };

const replay = (state: ConversationState, events: readonly Event[]): ConversationState => events.reduce(apply, state);

type Step = {
  kind: "send" | "edit" | "recall" | "react" | "rename" | "pin" | "join" | "leave";
  which: number;
  who: number;
};
const steps = fc.array(
  fc.record({
    kind: fc.constantFrom("send", "send", "edit", "edit", "edit", "recall", "react", "rename", "pin", "join", "leave"),
    which: fc.nat(30),
    who: fc.nat(2),
  }) as fc.Arbitrary<Step>,
  { maxLength: 60 },
);

/** A log that rewrites in place, as the server's does: a message's row holds its folds, older copies of edits are blank. */
class Log {
  readonly rows: Event[] = [opened];
  /** The events as they were told when they happened. */
  readonly told: Event[] = [opened];

  get head(): number {
    return this.rows.length;
  }

  add(type: Event["type"], body: object, by: string): void {
    const next = event(this.head + 1, type, body, by);
    this.rows.push(next);
    this.told.push(next);
    if (!isFold(next)) return;
    const place = next.body.seq - 1;
    const before = this.rows[place] as MessageEvent;
    if (next.type !== "message.reacted")
      for (const seq of before.fold?.edits ?? []) {
        const edit = this.rows[seq - 1] as Event & { type: "message.edited" };
        this.rows[seq - 1] = { ...edit, body: blankEdit(edit.body) };
      }
    this.rows[place] = foldMessage(before, next);
  }

  step({ kind, which, who }: Step): void {
    const by = people[who] as string;
    const alive = this.rows.filter((row) => row.type === "message.sent" && !row.fold?.recalled);
    const target = alive[which % Math.max(1, alive.length)];
    const seq = target?.seq;
    if (kind === "send") return this.add("message.sent", { parts: text(`m${this.head}`), replyTo: seq }, by);
    if (kind === "rename") return this.add("conversation.renamed", { title: `t${which}` }, by);
    if (kind === "join") return this.add("member.joined", { member: member(`a_${which}`) }, by);
    if (kind === "leave") return this.add("member.left", { account: `a_${which}`, name: "x" }, by);
    if (seq === undefined) return;
    if (kind === "edit") return this.add("message.edited", { seq, parts: text(`e${this.head}`) }, by);
    if (kind === "recall") return this.add("message.recalled", { seq }, by);
    if (kind === "react") return this.add("message.reacted", { seq, emoji: "👍", on: which % 2 === 0 }, by);
    this.add("message.pinned", { seq }, by);
  }
}

/** Runs a property with a seed that is told when it fails. */
const holds = (property: fc.IPropertyWithHooks<[Step[], number[]]> | fc.IProperty<[Step[], number[]]>) =>
  fc.assert(property, { numRuns: 300 });
const cuts = fc.array(fc.nat(60), { minLength: 1, maxLength: 8 });

const logOf = (all: readonly Step[]): Log => {
  const log = new Log();
  for (const step of all) log.step(step);
  return log;
};
const start = () => openConversation(opened, 1);

describe("L18 catching up from rows folded by later events", () => {
  test("L18 from any point, all at once, it is the same as having been there", () => {
    holds(
      fc.property(steps, cuts, (all, points) => {
        const log = logOf(all);
        const live = replay(start(), log.told);
        for (const point of points) {
          const upTo = Math.min(log.head, 1 + point);
          const early = replay(start(), log.told.slice(0, upTo));
          expect(replay(early, log.rows.slice(upTo))).toEqual(live);
        }
      }),
    );
  });

  test("L3 L18 in pages read while the log goes on, it is the same too", () => {
    holds(
      fc.property(steps, cuts, (all, points) => {
        const log = new Log();
        let late = start();
        for (const [index, step] of all.entries()) {
          log.step(step);
          const page = points[index % points.length] as number;
          if (page % 3 === 0) late = replay(late, log.rows.slice(late.seq, late.seq + 1 + (page % 5)));
        }
        late = replay(late, log.rows.slice(late.seq));
        expect(late).toEqual(replay(start(), log.told));
      }),
    );
  });

  test("L4 told twice, or old ones again, nothing changes", () => {
    holds(
      fc.property(steps, cuts, (all, points) => {
        const log = logOf(all);
        const live = replay(start(), log.told);
        for (const point of points) {
          const one = log.told[point % log.head] as Event;
          expect(apply(live, one)).toBe(live);
          expect(apply(live, log.rows[point % log.head] as Event)).toBe(live);
        }
      }),
    );
  });

  test("L4 an older page read before or after the folds comes out the same", () => {
    holds(
      fc.property(steps, cuts, (all, points) => {
        const log = new Log();
        const half = Math.floor(all.length / 2);
        for (const step of all.slice(0, half)) log.step(step);
        const asked = replay(start(), log.told);
        const windowed = trim(asked, 1 + ((points[0] as number) % 5));
        const pageAt = (rows: readonly Event[]): HistoryPage => ({
          stream,
          epoch: 1,
          items: rows.filter((row) => row.seq < windowed.from && indexOfSeq(asked.items, row.seq) >= 0),
          refs: [],
          from: 1,
          to: windowed.from - 1,
          head: rows.length,
          older: false,
        });
        const early = pageAt([...log.rows]);
        for (const step of all.slice(half)) log.step(step);
        const since = log.told.slice(asked.seq);
        const live = replay(start(), log.told);
        const now = replay(windowed, since);
        for (const page of [early, pageAt(log.rows)]) {
          const whole = prependPage(now, page, since);
          expect(whole.items).toEqual(live.items);
          expect(Object.keys(whole.refs).filter((seq) => indexOfSeq(whole.items, Number(seq)) >= 0)).toEqual([]);
        }
      }),
    );
  });
});

describe("L4 order", () => {
  test("L4 a gap is never applied", () => {
    const state = replay(start(), [sent(2)]);
    expect(() => apply(state, sent(4))).toThrow("gap");
    expect(apply(state, sent(3)).seq).toBe(3);
  });

  test("L19 an unknown event takes its place and changes nothing else", () => {
    const unknown = { ...sent(2), type: "message.exploded", body: { anything: 1 } } as unknown as Event;
    const state = replay(start(), [unknown, sent(3)]);
    expect(state.seq).toBe(3);
    expect(state.items.map((item) => item.seq)).toEqual([1, 3]);
    for (const type of ["constructor", "toString", "__proto__"])
      expect(apply(state, { ...unknown, seq: 4, type } as Event)).toEqual({ ...state, seq: 4 });
    const inbox = fromSnapshot({ kind: "inbox", stream, epoch: 1, seq: 1, entries: [], drafts: {}, invitations: [] });
    expect(apply(inbox, unknown)).toEqual({ ...inbox, seq: 2 });
    const desk = fromSnapshot({ kind: "desk", stream, epoch: 1, seq: 1, title: "D", members: [] });
    expect(apply(desk, unknown)).toEqual({ ...desk, seq: 2 });
  });

  test("L19 unknown fields and parts are carried", () => {
    const part = { type: "poll", fallback: "A poll", options: [1] };
    const future = { ...event(2, "message.sent", { parts: [part], mood: "good" }), extra: 7 } as unknown as Event;
    expect(apply(start(), future).items[1]).toEqual(future);
  });

  test("L7 a snapshot replaces what is there, but never newer state of its own epoch", () => {
    const state = replay(start(), [sent(2), sent(3)]);
    const snapshot = (epoch: number, seq: number) => ({ epoch, seq }) as Snapshot;
    expect(supersedes(snapshot(1, 9), undefined)).toBe(true);
    expect(supersedes(snapshot(1, 3), state)).toBe(true);
    expect(supersedes(snapshot(1, 2), state)).toBe(false);
    expect(supersedes(snapshot(2, 1), state)).toBe(true);
  });

  test("a page that leaves a hole, is of another epoch or brings nothing older is not taken", () => {
    const state = trim(
      replay(
        start(),
        [2, 3, 4, 5, 6].map((seq) => sent(seq)),
      ),
      2,
    );
    const page: HistoryPage = { stream, epoch: 1, items: [sent(2)], refs: [], from: 2, to: 2, head: 6, older: true };
    expect(prependPage(state, page, [])).toBe(state);
    expect(prependPage(state, { ...page, epoch: 2, to: 4 }, [])).toBe(state);
    expect(prependPage(state, { ...page, from: 5, to: 6 }, [])).toBe(state);
    expect(prependPage(state, { ...page, items: [sent(3), sent(4)], from: 3, to: 4 }, []).from).toBe(3);
  });
});

describe("L14 what was recalled or edited is gone", () => {
  const fold = (seq: number, type: FoldEvent["type"], body: object) => event(seq, type, body) as FoldEvent;

  test("L14 a message that became an item is no ref any more, so no old copy of it comes back", () => {
    const log = [sent(2, "secret"), sent(3), sent(4), event(5, "message.pinned", { seq: 2 }), sent(6), sent(7)];
    const windowed = trim(replay(start(), log), 2);
    expect(windowed.refs[2]).toBeDefined();
    const page: HistoryPage = {
      stream,
      epoch: 1,
      items: log.slice(0, 3),
      refs: [],
      from: 2,
      to: 5,
      head: 7,
      older: true,
    };
    const whole = prependPage(windowed, page, []);
    expect(whole.refs[2]).toBeUndefined();
    const edited = apply(whole, fold(8, "message.edited", { seq: 2, parts: text("public") }));
    const after = trim(edited, 2);
    expect(messageAt(after, 2)?.body.parts).toEqual(text("public"));
    expect(JSON.stringify(after)).not.toContain("secret");
  });

  test("L14 a recall empties the message in the window and in the refs, and ends its pin", () => {
    const state = replay(start(), [
      sent(2, "secret"),
      event(3, "message.pinned", { seq: 2 }),
      sent(4, "a", 2),
      sent(5),
    ]);
    for (const one of [state, trim(state, 2)]) {
      const after = apply(one, fold(6, "message.recalled", { seq: 2 }));
      expect(JSON.stringify(after)).not.toContain("secret");
      expect(messageAt(after, 2)).toMatchObject({ body: { parts: [] }, fold: { recalled: { by: "a_1", at: 1_006 } } });
      expect(after.meta.pins).toEqual([]);
    }
  });

  test("trim keeps the messages that pins and kept items point at, and no others", () => {
    const log = [sent(2), sent(3), sent(4), event(5, "message.pinned", { seq: 3 }), sent(6), sent(7, "a", 2)];
    const state = trim(replay(start(), log), 1);
    expect(state.items.map((item) => item.seq)).toEqual([7]);
    expect(Object.keys(state.refs)).toEqual(["2", "3"]);
    expect(state.from).toBe(7);
    expect(trim(state, 5)).toBe(state);
  });

  test("a ref of a message that is an item is not kept twice", () => {
    const state = replay(start(), [sent(2)]);
    expect(mergeRefs(state, [sent(2)], []).refs).toEqual({});
    const trimmed = trim(replay(state, [sent(3)]), 1);
    const since = [fold(4, "message.edited", { seq: 2, parts: text("new") })];
    expect(mergeRefs(trimmed, [sent(2)], since).refs[2]?.body.parts).toEqual(text("new"));
  });

  test("L18 a fold has each event once, in whatever number of copies", () => {
    const folds = [
      fold(3, "message.reacted", { seq: 2, emoji: "👍", on: true }),
      fold(4, "message.edited", { seq: 2, parts: text("b") }),
      fold(5, "message.reacted", { seq: 2, emoji: "👍", on: false }),
      fold(6, "message.edited", { seq: 2, parts: text("c") }),
    ];
    const once = folds.reduce(foldMessage, sent(2));
    expect(once.fold).toEqual({ foldSeq: 6, editedAt: 1_006, edits: [4, 6], reactions: {} });
    for (const one of folds) expect(foldMessage(once, one)).toBe(once);
    expect([...folds, ...folds].reduce(foldMessage, sent(2))).toEqual(once);
  });
});

describe("L20 plain text", () => {
  test("L20 every part can be said: a text by itself, any other by its fallback", () => {
    const parts = [
      ...text("Hi"),
      { type: "notice", code: "welcome", fallback: "Hello!" },
      { type: "poll", fallback: "A poll" },
    ];
    expect(plainText(parts)).toBe("Hi\nHello!\nA poll");
    expect(plainText([])).toBe("");
  });
});

describe("receipts", () => {
  const receipt = fc.record({ deliveredSeq: fc.nat(50), readSeq: fc.nat(50) });

  test("L3 a receipt only grows, and ends the same in whatever order its copies come", () => {
    fc.assert(
      fc.property(fc.array(receipt, { minLength: 1 }), (all) => {
        let before = growReceipt(undefined, {});
        for (const one of all) {
          const after = growReceipt(before, one);
          expect(after.readSeq).toBeGreaterThanOrEqual(before.readSeq);
          expect(after.deliveredSeq).toBeGreaterThanOrEqual(Math.max(before.deliveredSeq, after.readSeq));
          expect(growReceipt(after, one)).toEqual(after);
          before = after;
        }
        expect([...all].reverse().reduce<ReturnType<typeof growReceipt> | undefined>(growReceipt, undefined)).toEqual(
          before,
        );
      }),
    );
  });

  test("L12 a message is read when one other has read it, delivered when it reached one", () => {
    const receipts = {
      me: { deliveredSeq: 9, readSeq: 9 },
      x: { deliveredSeq: 5, readSeq: 3 },
      y: { deliveredSeq: 2, readSeq: 2 },
    };
    expect([3, 5, 6].map((seq) => deliveryMark(receipts, "me", seq))).toEqual(["read", "delivered", "sent"]);
  });

  test("what was said before somebody came is not unread to them", () => {
    const joined = event(3, "member.joined", { member: member("a_9") });
    const state = replay(start(), [sent(2), joined]);
    expect(state.receipts.a_9).toEqual({ deliveredSeq: 3, readSeq: 3 });
    const gone = apply(state, event(4, "member.removed", { account: "a_9", name: "x" }));
    expect(gone.receipts.a_9 ?? gone.members.a_9).toBeUndefined();
  });
});
