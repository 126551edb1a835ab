import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ConversationState,
  fromSnapshot,
  openConversation,
  rolePermissions,
  type StreamState,
} from "@aftercare/core";
import {
  type CloseReason,
  type CommandBody,
  type CommandType,
  type ConversationResult,
  type Cursor,
  type Event,
  inboxOf,
  makeCommandId,
  makeId,
  type Refusal,
  type Seq,
  type ServerFrame,
  type Snapshot,
  type StreamId,
} from "@aftercare/protocol";
import type { Sql } from "postgres";
import { createLocalBus } from "../../server/src/bus.ts";
import type { Ctx, Principal } from "../../server/src/context.ts";
import { createLogStore } from "../../server/src/db/log-store.ts";
import { openSql } from "../../server/src/db/sql.ts";
import { createTraceStore } from "../../server/src/db/trace-store.ts";
import type { Outlet, Session } from "../../server/src/gateway/link.ts";
import type { Answer } from "../../server/src/log/batch.ts";
import { createNode } from "../../server/src/node.ts";
import { createDatabase } from "../setup/database.ts";
import { type Rng, seeded } from "./generate.ts";

export const epoch = 1;
type Node = ReturnType<typeof createNode>;
const migrations = join(import.meta.dir, "../../server/migrations");

export type Sent<T extends CommandType = CommandType> = {
  id: string;
  type: T;
  stream?: StreamId | undefined;
  body: CommandBody<T>;
};

/** What a world's nodes asked of their database and have no answer to yet. */
class Questions {
  private open = 0;

  /** The same part, whose questions are counted. */
  of<T extends object>(part: T): T {
    const counted =
      (method: (...given: unknown[]) => unknown) =>
      (...given: unknown[]) => {
        const answer = method.apply(part, given);
        if (!(answer instanceof Promise)) return answer;
        this.open++;
        return answer.finally(() => this.open--);
      };
    const members = Object.entries(part).map(([name, member]) => [
      name,
      typeof member === "function" ? counted(member as () => unknown) : member,
    ]);
    return Object.fromEntries(members) as T;
  }

  /** Nothing waits for the database, nor has what was answered just now led to the next question. */
  async answered(): Promise<void> {
    for (let quietTurns = 0; quietTurns < 2; quietTurns = this.open === 0 ? quietTurns + 1 : 0) await turn();
  }
}

/** One turn of the event loop, with all that promises do in it. */
const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
/** A test that waits for what never comes says so, before the runner ends it without a word. */
const patienceMs = 20_000;

/** One client's end of a link: what came, and how it was closed. */
export class Link implements Outlet {
  readonly frames: ServerFrame[] = [];
  session!: Session;
  unsentBytes = 0;
  closed: CloseReason | undefined;
  private readonly came = new Set<() => void>();

  send(frame: string): void {
    this.frames.push(JSON.parse(frame));
    for (const look of [...this.came]) look();
  }

  bufferedBytes(): number {
    return this.unsentBytes;
  }

  close(_: number, reason: CloseReason): void {
    this.closed = reason;
  }

  tell(frame: object): void {
    this.session.receive(JSON.stringify(frame));
  }

  /** Waits until a frame of this type has come. */
  until<T extends ServerFrame["t"]>(type: T, stream?: StreamId): Promise<Extract<ServerFrame, { t: T }>> {
    return new Promise((resolve, reject) => {
      const look = () => {
        const found = this.of(type).find(
          (frame) => stream === undefined || ("stream" in frame && frame.stream === stream),
        );
        if (!found) return;
        clearTimeout(late);
        this.came.delete(look);
        resolve(found);
      };
      const late = setTimeout(() => {
        this.came.delete(look);
        reject(new Error(`no ${type} came; got ${this.frames.map((frame) => frame.t)}, closed ${this.closed}`));
      }, patienceMs);
      this.came.add(look);
      look();
    });
  }

  of<T extends ServerFrame["t"]>(type: T): Extract<ServerFrame, { t: T }>[] {
    return this.frames.filter((frame) => frame.t === type) as Extract<ServerFrame, { t: T }>[];
  }

  /** The seqs of a stream's events, in the order they came. */
  seqs(stream: StreamId): Seq[] {
    return this.frames.flatMap((frame) => {
      if (frame.t === "event") return frame.event.stream === stream ? [frame.event.seq] : [];
      return frame.t === "events" && frame.stream === stream ? frame.events.map((event) => event.seq) : [];
    });
  }
}

/** A node on a real, empty database with a desk, and people to act in it. */
export class World {
  readonly ctx: Ctx;
  readonly sql: Sql;
  readonly node: Node;
  readonly desk: StreamId;
  /** The wall clock; tests let time go by here where no timer matters. */
  now = 1_700_000_000_000;
  /** What was put on the wall clock beside time that went by: at the start, and by `jump`. */
  private setByMs = this.now;
  private readonly rng: Rng;
  private readonly drop: () => Promise<void>;
  private people = 0;
  /** Timers go off in `pass` alone: commands need none. */
  private readonly timers = new Map<number, { at: number; callback: () => void }>();
  private lastTimer = 0;
  private readonly questions = new Questions();

  private constructor(sql: Sql, drop: () => Promise<void>, seed: number) {
    this.sql = sql;
    this.drop = drop;
    this.rng = seeded(seed);
    this.desk = makeId("d_", 1, this.bytes());
    this.ctx = {
      store: this.questions.of(createLogStore(sql)),
      bus: createLocalBus(),
      clock: {
        now: () => this.now,
        elapsed: () => this.elapsed,
        setTimer: (callback, delayMs) =>
          this.timers.set(++this.lastTimer, { at: this.elapsed + delayMs, callback }) && this.lastTimer,
        clearTimer: (timer) => this.timers.delete(timer as number),
      },
      ids: {
        conversation: () => makeId("c_", this.now, this.bytes()),
        direct: (one, other) => makeId("c_", 0, hash([one, other].sort().join(" ")).subarray(0, 10)),
        fingerprint: (text) => hash(text).readUIntBE(0, 6),
        secret: () => Buffer.from(this.bytes()).toString("hex"),
      },
      log: {
        info: () => undefined,
        warn: (...said) => console.warn(...said),
        error: (...said) => console.error(...said),
      },
      settings: {
        heartbeatMs: 15_000,
        batchWindowMs: 0,
        batchMaxRows: 256,
        lanes: 2,
        ringEvents: 64,
        socketBufferBytes: 1_000_000,
        rateAccountPerSecond: 1_000_000,
        rateAccountBurst: 1_000_000,
        recallWindowMs: 120_000,
        receiptFlushMs: 100,
      },
      traces: this.questions.of(createTraceStore(sql, 7)),
    };
    this.node = createNode(this.ctx, epoch);
  }

  static async open(seed: number): Promise<World> {
    const database = await createDatabase();
    const sql = openSql(database.url, 4);
    for (const name of readdirSync(migrations).sort())
      await sql.unsafe(readFileSync(join(migrations, name), "utf8")).simple();
    const world = new World(sql, database.drop, seed);
    await sql`insert into stream (id, title) values (${world.desk}, 'Desk')`;
    return world;
  }

  async close(): Promise<void> {
    await this.node.stop(0);
    await this.sql.end({ timeout: 1 });
    await this.drop();
  }

  private bytes(): Uint8Array {
    return Uint8Array.from({ length: 10 }, () => Math.floor(this.rng() * 256));
  }

  /** A new account with its inbox. */
  async person(kind: "staff" | "customer", atDesk = false): Promise<Principal> {
    const name = `P${++this.people}`;
    const account = makeId("a_", this.now, this.bytes());
    await this
      .sql`insert into account (id, kind, name, role) values (${account}, ${kind}, ${name}, ${kind === "staff" ? "agent" : null})`;
    await this.sql`insert into stream (id, last_seq) values (${inboxOf(account)}, 0)`;
    if (atDesk)
      await this.sql`insert into member (stream, account, status, name, role, from_seq)
        values (${this.desk}, ${account}, 'joined', ${name}, 'agent', 1)`;
    return { account, name, kind, may: kind === "staff" ? rolePermissions.agent : [], credential: account };
  }

  /** The same somebody, who may see deliveries in every role. */
  supervisor(who: Principal): Principal {
    return { ...who, may: [...(who.may ?? []), "delivery.inspect"] };
  }

  command<T extends CommandType>(type: T, body: CommandBody<T>, stream?: StreamId): Sent<T> {
    return { id: makeCommandId(this.now, this.bytes()), type, ...(stream !== undefined && { stream }), body };
  }

  /** Sends it as it would come over a wire. */
  execute(who: Principal, command: unknown): Promise<Answer> {
    this.now += 1_000;
    return this.node.execute(who, JSON.parse(JSON.stringify(command)));
  }

  /** Lets the database and everything that waits for it answer. */
  settle(): Promise<void> {
    return this.questions.answered();
  }

  /** Lets time pass: timers go off in their order, each followed by what it set going. */
  async pass(ms: number, settled: () => Promise<void> = () => this.settle()): Promise<void> {
    const end = this.elapsed + ms;
    for (;;) {
      const due = [...this.timers].filter(([, one]) => one.at <= end).sort(([, a], [, b]) => a.at - b.at)[0];
      if (!due) break;
      this.timers.delete(due[0]);
      this.now += Math.max(0, due[1].at - this.elapsed);
      due[1].callback();
      await settled();
    }
    this.now += end - this.elapsed;
  }

  private get elapsed(): number {
    return this.now - this.setByMs;
  }

  /** Somebody sets the wall clock. No time goes by. */
  jump(ms: number): void {
    this.now += ms;
    this.setByMs += ms;
  }

  /** A link to a node, as a transport makes one. */
  connect(who: Principal | undefined, cursors: readonly Cursor[] = [], node: Node = this.node): Link {
    const link = new Link();
    link.session = node.session(link, async () => who);
    link.tell({ t: "hello", versions: [1], cursors });
    return link;
  }

  /** Another node on the same database, with its own bus. */
  otherNode(bus: Ctx["bus"] = createLocalBus()): Node {
    return createNode({ ...this.ctx, bus }, epoch);
  }

  /** Executes what must be accepted; returns its ack. */
  async must<T extends CommandType>(who: Principal, type: T, body: CommandBody<T>, stream?: StreamId) {
    const answer = await this.execute(who, this.command(type, body, stream));
    if ("refusal" in answer) throw new Error(`${type}: ${JSON.stringify(answer.refusal)}`);
    return answer.ack;
  }

  async conversation<T extends CommandType>(who: Principal, type: T, body: CommandBody<T>): Promise<StreamId> {
    const { conversation } = (await this.must(who, type, body)) as Partial<ConversationResult>;
    if (conversation === undefined) throw new Error(`${type} told no conversation`);
    return conversation;
  }

  async send(who: Principal, stream: StreamId, text: string, replyTo?: Seq): Promise<Seq> {
    const body = { parts: [{ type: "text" as const, text }], ...(replyTo !== undefined && { replyTo }) };
    return (await this.must(who, "message.send", body, stream)).seq;
  }

  /** The heads of every stream there is. */
  async heads(): Promise<Map<StreamId, Seq>> {
    const rows = await this.sql<{ id: string; last_seq: number }[]>`select id, last_seq from stream`;
    return new Map(rows.map((row) => [row.id, row.last_seq]));
  }

  /** Everything that may change, to see that nothing did: rows as texts, which are many and cheap to compare. */
  async everything(): Promise<string[][]> {
    const { sql } = this;
    const tables = await Promise.all([
      sql<{ row: string }[]>`select event::text as row from event order by stream, seq`,
      sql<{ row: string }[]>`select stream::text as row from stream order by id`,
      sql<{ row: string }[]>`select member::text as row from member order by stream, account`,
    ]);
    return tables.map((rows) => rows.map(({ row }) => row));
  }

  events(stream: StreamId, after: Seq, to: Seq): Promise<Event[]> {
    return this.ctx.store.events(stream, after, to, 100_000);
  }

  /** A snapshot from the database alone: a node that has nothing in memory answers. */
  async stored(who: Principal, stream: StreamId): Promise<StreamState | undefined> {
    const fresh = createNode({ ...this.ctx, bus: createLocalBus() }, epoch);
    const state = await stateOf(fresh.read(who, { type: "snapshot", stream }));
    await fresh.stop(0);
    return state;
  }

  /** A snapshot as the working node gives it, which may keep the state in memory. */
  kept(who: Principal, stream: StreamId): Promise<StreamState | undefined> {
    return stateOf(this.node.read(who, { type: "snapshot", stream }));
  }
}

async function stateOf(answer: Promise<{ answer: unknown } | { refusal: Refusal }>): Promise<StreamState | undefined> {
  const told = await answer;
  return "answer" in told ? fromSnapshot(JSON.parse(JSON.stringify(told.answer)) as Snapshot) : undefined;
}

const hash = (text: string): Buffer => createHash("sha256").update(text).digest();

/** What is known of a stream before its first event; a conversation begins with that event. */
export function beginning(stream: StreamId, first: Event | undefined): StreamState {
  if (first?.type === "conversation.opened") return openConversation(first, epoch) satisfies ConversationState;
  return fromSnapshot({ kind: "inbox", stream, epoch, seq: 0, entries: [], drafts: {}, invitations: [] });
}
