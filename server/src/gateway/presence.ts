import type { AccountId, StreamId } from "@aftercare/protocol";
import type { Bell } from "../bus.ts";
import type { Ctx } from "../context.ts";
import type { Channel } from "./channel.ts";
import type { Hub } from "./hub.ts";

/** An account counts as present for this long after its last link went: a reconnect is not a coming and going. */
const presenceGraceMs = 5_000;

type Told = { n: number; accounts: ReadonlySet<AccountId> };
type PresentBell = Extract<Bell, { kind: "present" }>;

export type Presence = ReturnType<typeof createPresence>;

/**
 * Who is there, from live subscriptions alone: never in the database. Each node says for each stream who is present with
 * it, at every change and again at every heartbeat; what it said holds until it says something else or falls silent.
 */
export function createPresence({ bus, clock }: Pick<Ctx, "bus" | "clock">, hub: Hub, node: string) {
  const here = new Map<StreamId, Set<AccountId>>();
  const elsewhere = new Map<StreamId, Map<string, Told>>();
  const going = new Map<string, unknown>();
  let said = 0;

  const say = (stream: StreamId, asks: boolean): void => {
    if (!bus.health.shared) return;
    bus.publish({ kind: "present", stream, node, n: ++said, accounts: [...(here.get(stream) ?? [])], asks });
  };

  function everywhere(stream: StreamId): Set<AccountId> {
    const all = new Set(here.get(stream));
    for (const { accounts } of elsewhere.get(stream)?.values() ?? []) for (const account of accounts) all.add(account);
    return all;
  }

  /** Makes a change, and tells those who are here what it changed. */
  function change(stream: StreamId, make: () => void): void {
    const before = everywhere(stream);
    make();
    const after = everywhere(stream);
    const channel = hub.active(stream);
    if (!channel) return;
    channel.present = after;
    const tell = (by: AccountId, on: boolean) =>
      channel.tell(JSON.stringify({ t: "signal", signal: { type: "presence", stream, by, on } }), by);
    for (const by of after) if (!before.has(by)) tell(by, true);
    for (const by of before) if (!after.has(by)) tell(by, false);
  }

  function set(stream: StreamId, account: AccountId, on: boolean): void {
    change(stream, () => {
      const accounts = here.get(stream) ?? new Set();
      if (on) accounts.add(account);
      else accounts.delete(account);
      if (accounts.size > 0) here.set(stream, accounts);
      else here.delete(stream);
    });
    say(stream, false);
  }

  function hear({ stream, node: other, n, accounts, asks }: PresentBell): void {
    if (other === node || !hub.active(stream)) return;
    const nodes = elsewhere.get(stream) ?? new Map<string, Told>();
    if (n <= (nodes.get(other)?.n ?? 0)) return;
    change(stream, () => {
      nodes.set(other, { n, accounts: new Set(accounts) });
      elsewhere.set(stream, nodes);
    });
    if (asks && here.has(stream)) say(stream, false);
  }

  const stopBus = bus.subscribe((bell) => {
    if (bell.kind === "present") hear(bell);
  });

  return {
    /** The account's first or last subscription of a stream on this node came or went. */
    changed(channel: Channel, account: AccountId, on: boolean): void {
      const { stream } = channel;
      if (!stream.startsWith("c_")) return;
      const place = `${stream} ${account}`;
      const timer = going.get(place);
      if (timer !== undefined) {
        clock.clearTimer(timer);
        going.delete(place);
        if (on) return;
      }
      if (on) return set(stream, account, true);
      const leave = () => {
        going.delete(place);
        if (!hub.active(stream)?.subscribers().includes(account)) set(stream, account, false);
      };
      going.set(place, clock.setTimer(leave, presenceGraceMs));
    },
    /** A stream became active here: who is there on other nodes? */
    opened(stream: StreamId): void {
      if (!stream.startsWith("c_")) return;
      change(stream, () => undefined);
      say(stream, true);
    },
    /** A stream is not active here any more. */
    closed(stream: StreamId): void {
      elsewhere.delete(stream);
    },
    /** A node stopped or fell silent. */
    nodeGone(other: string): void {
      for (const [stream, nodes] of elsewhere) if (nodes.has(other)) change(stream, () => nodes.delete(other));
    },
    /** Says again what may have been lost; after an interruption asks the others to do the same. */
    refresh(asks: boolean): void {
      const streams = asks ? hub.ids().filter((id) => id.startsWith("c_")) : [...here.keys()];
      for (const stream of streams) say(stream, asks);
    },
    stop(): void {
      stopBus();
      for (const timer of going.values()) clock.clearTimer(timer);
    },
  };
}
