/** A bug planted by replacing source text as it is loaded: nothing in the product knows of it. */
export type Mutant = {
  readonly name: string;
  /** The law that it breaks, as the simulator words it. */
  readonly caughtAs: RegExp;
  /** Runs within which the simulator must find it. */
  readonly withinRuns: number;
  /** In runs that lose their log again and again. */
  readonly failovers?: boolean;
  readonly edits: readonly { readonly file: string; readonly find: string; readonly replace: string }[];
};

export const mutants: readonly Mutant[] = [
  {
    name: "ack before commit",
    caughtAs: /durable before the ack/,
    withinRuns: 3,
    edits: [
      {
        file: "server/src/log/batch.ts",
        find: "if (changes.events.length > 0) await tx.write(changes);",
        replace: `for (const [place, one] of batch.entries()) one.answer(outcome[place] as Answer);
    if (changes.events.length > 0) await tx.write(changes);`,
      },
    ],
  },
  {
    name: "seq outside the lock",
    caughtAs: /seq is dense and unique/,
    withinRuns: 10,
    edits: [
      {
        file: "server/src/log/batch.ts",
        find: "const rows = await tx.lock(streamsToLock(needs, desks));",
        replace: "const rows = (await ctx.store.streams(streamsToLock(needs, desks))).map((one) => one.row);",
      },
    ],
  },
  {
    name: "apply across a gap",
    caughtAs: /never applies across a gap/,
    withinRuns: 60,
    edits: [
      {
        file: "core/src/apply.ts",
        find: "if (event.seq !== state.seq + 1) throw",
        replace: "if (event.seq <= state.seq) throw",
      },
      {
        file: "sdk/src/sync.ts",
        find: "if (event.seq !== standing.seq + 1) {",
        replace: "if (event.seq <= standing.seq) {",
      },
      {
        file: "sdk/src/model.ts",
        find: "|| first.seq > state.seq + 1) return this.#want(stream);",
        replace: ") return this.#want(stream);",
      },
    ],
  },
  {
    name: "a command id is not looked up",
    caughtAs: /seq is dense and unique|one effect and one answer/,
    withinRuns: 20,
    edits: [
      {
        file: "server/src/log/batch.ts",
        find: "if (same) return again(same, fingerprint);",
        replace: "if (same && fingerprint < 0) return again(same, fingerprint);",
      },
    ],
  },
  {
    name: "leaving does not end delivery",
    caughtAs: /not a member at that seq/,
    withinRuns: 30,
    edits: [
      {
        file: "server/src/gateway/channel.ts",
        find: "for (const account of left) this.cut(account);",
        replace: "if (left.length > 99) for (const account of left) this.cut(account);",
      },
    ],
  },
  {
    name: "a command sent again gets a new id",
    caughtAs: /outbox|one effect/,
    withinRuns: 20,
    edits: [
      {
        file: "sdk/src/sender.ts",
        find: "for (const { id, type, stream, body } of now)",
        replace: "for (const { id, type, stream, body } of now.map((one) => ({ ...one, id: again(one.id) })))",
      },
      {
        file: "sdk/src/sender.ts",
        find: "export type SenderPorts",
        replace: `const seen = new Set<string>();
const again = (id: string): string => {
  if (seen.has(id)) return id.slice(0, -1) + (id.endsWith("0") ? "1" : "0");
  seen.add(id);
  return id;
};
export type SenderPorts`,
      },
    ],
  },
  {
    name: "a recall leaves the text of an edit",
    caughtAs: /recalled message is gone/,
    withinRuns: 60,
    edits: [
      {
        file: "server/src/log/working.ts",
        find: 'if (event.type !== "message.reacted")\n      for',
        replace: 'if (event.type === "message.edited")\n      for',
      },
    ],
  },
  {
    name: "what waits goes out before the other log is known",
    caughtAs: /acts on the message that was meant/,
    withinRuns: 30,
    failovers: true,
    edits: [
      {
        file: "sdk/src/sender.ts",
        find: "if (isOld || this.#isOld(this.#ctx.model.epochOf(entry.stream))) waiting.add(home);",
        replace: "",
      },
    ],
  },
  {
    name: "what was done to messages and lost is not sent again",
    caughtAs: /with the end of a log is sent again/,
    withinRuns: 30,
    failovers: true,
    edits: [
      {
        file: "sdk/src/again.ts",
        find: "[...messages, ...this.#lostActs()]",
        replace: "messages",
      },
    ],
  },
];
