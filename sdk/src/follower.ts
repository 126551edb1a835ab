import type { ClientSignal, CommandId, Read, Seq, StreamId } from "@aftercare/protocol";
import type { Change, LocalDraft, TabMessage } from "./change.ts";
import type { Ctx } from "./context.ts";
import type { Reads } from "./reads.ts";
import type { Role } from "./role.ts";

/** A tab that shows what the leader tells, and reaches the server through it. */
export class Follower implements Role {
  readonly #ctx: Ctx;
  readonly #reads: Reads;
  readonly #wanted = new Set<StreamId>();

  constructor(ctx: Ctx, reads: Reads) {
    this.#ctx = ctx;
    this.#reads = reads;
  }

  /** Asks the leader how things stand; a leader that comes later asks to be asked. */
  start(): void {
    this.#wanted.clear();
    this.#ctx.post({ t: "hello", tab: this.#ctx.tab });
    for (const { stream, handles } of this.#ctx.model.slots.values()) if (handles > 0) this.watch(stream);
    this.#reads.again();
  }

  ask(n: number, read: Read): void {
    this.#ctx.post({ t: "ask", tab: this.#ctx.tab, n, read });
  }

  signal(signal: ClientSignal): void {
    this.#ctx.post(signal);
  }

  watch(stream: StreamId): void {
    this.#ctx.post({ t: "watch", stream });
  }

  /** The leader has it whole. Asked once, however many changes do not link. */
  want(stream: StreamId): void {
    if (this.#wanted.has(stream)) return;
    this.#wanted.add(stream);
    this.#ctx.post({ t: "want", tab: this.#ctx.tab, stream });
  }

  took(changes: readonly Change[]): void {
    for (const change of changes) {
      if (change.t === "reset") this.#wanted.delete(change.state.stream);
      if (change.t === "gone") this.#wanted.delete(change.stream);
    }
  }

  heard(message: Exclude<TabMessage, { t: "changes" }>): void {
    switch (message.t) {
      case "leader":
        return this.start();
      case "heads":
        this.#compare(message.heads, new Set(message.outbox));
        return this.#compareDrafts(message.drafts);
      case "answered":
        return this.#reads.answered(message.n, message.outcome);
      default:
        // The rest is for the leader.
        return;
    }
  }

  #compare(heads: Readonly<Record<StreamId, { epoch: number; seq: Seq }>>, outbox: ReadonlySet<CommandId>): void {
    const { model } = this.#ctx;
    for (const [stream, head] of Object.entries(heads)) {
      const state = model.slots.get(stream)?.state;
      if (!state || state.epoch !== head.epoch || state.seq < head.seq) this.want(stream);
    }
    const gone = [...model.slots.values()].filter(({ stream, state }) => state && !Object.hasOwn(heads, stream));
    model.apply(gone.map(({ stream }) => ({ t: "gone", stream })));
    // Rows of a store that would not delete them: the leader has seen these commands end.
    const ended = model.outbox.filter(({ id, found }) => found && !outbox.has(id));
    model.apply(ended.map(({ id }) => ({ t: "ended", id, outcome: { refusal: { code: "no-change" } } })));
    model.emit();
  }

  /** A full store keeps rows of drafts from before: the leader's are newer, but for what is typed or sent in this tab. */
  #compareDrafts(theirs: Readonly<Record<StreamId, LocalDraft>>): void {
    const { model } = this.#ctx;
    for (const [stream, { id, at }] of [...model.drafts]) {
      const draft = Object.hasOwn(theirs, stream) ? theirs[stream] : undefined;
      const isOld = draft ? draft.at >= at : id !== undefined && !model.entry(id);
      if (isOld) model.apply([{ t: "draft", stream, draft }]);
    }
    model.emit();
  }

  stop(): void {
    this.#wanted.clear();
  }
}
