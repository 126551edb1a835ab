import { type ConversationState, canonical, type InboxState } from "@aftercare/core";
import type { AccountId, CommandId, Event, StreamId } from "@aftercare/protocol";
import type { Tab } from "./device.ts";
import { readInbox, readSnapshot } from "./model-reads.ts";
import { withoutFingerprint } from "./tables.ts";
import { type Law, Violation } from "./violation.ts";
import type { World } from "./world.ts";

const short = (id: string): string => `${id.slice(0, 2)}${id.slice(-4)}`;

/** What must hold of the log itself, at any time. */
export function judgeLog(world: World): void {
  const { tables } = world.database;
  const ids = new Map<string, string>();
  for (const [stream, row] of tables.streams) {
    const events = tables.events(stream);
    for (const [index, event] of events.entries()) {
      if (event.seq !== index + 1)
        throw new Violation("dense", `${short(stream)} has ${event.seq} as its number ${index + 1}`);
      if (event.commandId === undefined) continue;
      const key = `${event.by} ${event.commandId}`;
      const where = `${short(stream)} ${event.seq}`;
      if (ids.has(key)) throw new Violation("once", `${key} is at ${ids.get(key)} and at ${where}`);
      ids.set(key, where);
    }
    if (row.lastSeq !== events.length)
      throw new Violation("dense", `${short(stream)} says ${row.lastSeq}, and has ${events.length} events`);
  }
  for (const [key, { ack }] of world.watch.acks)
    if (ack.seq > 0 && !ids.has(key))
      throw new Violation("lost", `${key} was acknowledged at ${short(ack.stream)} ${ack.seq}`);
  judgeErased(world);
}

/** A recalled message has no text anywhere in the log. */
function judgeErased(world: World): void {
  const { tables } = world.database;
  for (const stream of tables.streams.keys())
    for (const event of tables.events(stream) as readonly Event[]) {
      if (event.type !== "message.recalled") continue;
      for (const other of tables.events(stream) as readonly Event[]) {
        const named = other.type === "message.edited" && other.body.seq === event.body.seq;
        if ((named || (other.type === "message.sent" && other.seq === event.body.seq)) && other.body.parts.length > 0)
          throw new Violation("erased", `${short(stream)} ${other.seq} still has its text`);
      }
    }
}

/** What must hold of every device once everything works and has come to rest. Throws the first thing that does not. */
export function judgeDevices(world: World): void {
  for (const tab of world.tabs) {
    judgeInbox(world, tab);
    for (const { stream } of world.tabs.length > 0 ? readable(world, tab.device.actor.account) : [])
      judgeStream(world, tab, stream);
    judgeAlong(world, tab);
    judgePending(tab);
  }
  judgePromises(world);
  world.again.judge();
  judgeOrder(world);
  judgeDrafts(world);
}

function readable(world: World, account: AccountId): { stream: StreamId }[] {
  const { tables } = world.database;
  return tables.memberships(account).filter(({ status, stream }) => status === "joined" && /^[cn]_/.test(stream));
}

/** What somebody reads by right is as whole as what members read; one that ended with a leaving is asked for anew. */
function judgeAlong(world: World, tab: Tab): void {
  const { account } = tab.device.actor;
  const inside = new Set(readable(world, account).map(({ stream }) => stream));
  for (const [stream, handle] of tab.handles)
    if (!inside.has(stream) && world.watch.readsByRight(stream, account) && handle.view.value.status !== "gone")
      judgeStream(world, tab, stream);
}

const differ = (law: Law, who: string, what: string, shown: unknown, expected: unknown): never => {
  throw new Violation(law, `${who}: ${what} is ${canonical(shown)}, should be ${canonical(expected)}`);
};

function same(law: Law, who: string, what: string, shown: unknown, expected: unknown): void {
  if (!Bun.deepEquals(shown, expected) && canonical(shown) !== canonical(expected))
    differ(law, who, what, shown, expected);
}

function judgeInbox(world: World, tab: Tab): void {
  const { account } = tab.device.actor;
  const { tables } = world.database;
  const shown: InboxState | undefined = tab.client.inbox.value.state;
  const rows = readInbox(tables, account, Number.MAX_SAFE_INTEGER);
  const who = tab.life.name;
  if (!shown || !rows) throw new Violation("converged", `${who} has no inbox`);
  const byStream = <T extends { stream: StreamId }>(values: readonly T[]) =>
    Object.fromEntries(values.map((value) => [value.stream, value]));
  same("converged", who, "inbox cursor", [shown.epoch, shown.seq], [tables.epoch, rows.seq]);
  same("converged", who, "inbox entries", shown.entries, byStream(rows.entries));
  same("converged", who, "invitations", shown.invitations, byStream(rows.invitations));
  same("draft", who, "inbox drafts", shown.drafts, rows.drafts);
}

function judgeStream(world: World, tab: Tab, stream: StreamId): void {
  const { tables } = world.database;
  const who = `${tab.life.name} ${short(stream)}`;
  const view = world.look(tab, stream).view.value;
  const shown: ConversationState | undefined = view.confirmed;
  const expected = readSnapshot(tables, stream);
  if (!shown || !expected) throw new Violation("converged", `${who} shows nothing (${view.status})`);
  same("converged", who, "cursor", [shown.epoch, shown.seq], [tables.epoch, expected.row.lastSeq]);
  if (view.status !== "live") throw new Violation("quiet", `${who} is ${view.status}`);
  same("converged", who, "meta", shown.meta, expected.row.meta);
  const members = Object.fromEntries(expected.members.map((member) => [member.account, member]));
  same("converged", who, "members", shown.members, members);
  const floor = members[tab.device.actor.account]?.fromSeq ?? 1;
  if (shown.from < floor) throw new Violation("member", `${who} goes back to ${shown.from}, below ${floor}`);
  const items = world.watch.chronicle.items(stream).filter((seq) => seq >= shown.from);
  same(
    "converged",
    who,
    "order",
    shown.items.map(({ seq }) => seq),
    items,
  );
  for (const item of shown.items) same("converged", who, `item ${item.seq}`, item, rowOf(world, stream, item.seq));
  for (const ref of Object.values(shown.refs))
    same("converged", who, `ref ${ref.seq}`, ref, rowOf(world, stream, ref.seq));
}

function rowOf(world: World, stream: StreamId, seq: number): Event | undefined {
  const row = world.database.tables.event(stream, seq);
  return row && withoutFingerprint(row);
}

/** What names a message that was lost waits for the device that has it, and that may have given it up. */
const waitsForAnother = (body: unknown): boolean => (body as { seq?: number }).seq === 0;

function judgePending(tab: Tab): void {
  for (const { id, type, status, body } of tab.client.pending.value)
    if (status.state !== "failed" && !waitsForAnother(body))
      throw new Violation("outbox", `${tab.life.name} still has ${type} ${id} ${status.state}`);
}

/** Whatever a device showed as waiting has been sent, or stands there as refused. */
function judgePromises(world: World): void {
  const { tables } = world.database;
  for (const [id, promised] of world.promised) {
    const { device, account, type } = promised;
    if (type === "draft.set" || device.forgetful || tables.command(world.homeOf(promised), account, id)) continue;
    const key = `${account} ${id}`;
    const pending = device.tabs.some((tab) => tab.client.pending.value.some((one) => one.id === id));
    if (pending || world.watch.refusals.has(key) || world.watch.acks.get(key)?.ack.seq === 0) continue;
    throw new Violation("outbox", `${type} ${id} of ${device.name} is gone`);
  }
}

function judgeOrder(world: World): void {
  const { tables } = world.database;
  for (const [key, ids] of world.sentInOrder) {
    const [deviceName = "", stream = ""] = key.split(" ");
    const device = world.devices.find(({ name }) => name === deviceName);
    let last: { id: CommandId; seq: number } = { id: "", seq: 0 };
    for (const id of ids) {
      // One that was refused for good, unheard, and sent again has no place in the order.
      if (device && world.watch.refusals.has(`${device.actor.account} ${id}`)) continue;
      const seq = device && tables.command(stream, device.actor.account, id)?.seq;
      if (seq === undefined) continue;
      if (seq < last.seq)
        throw new Violation(
          "order",
          `${deviceName} sent ${last.id} before ${id}, they are ${short(stream)} ${last.seq} and ${seq}`,
        );
      last = { id, seq };
    }
  }
}

/** What is typed is the same everywhere, but for a device whose own draft was refused. */
function judgeDrafts(world: World): void {
  const { tables } = world.database;
  for (const tab of world.tabs) {
    const { account } = tab.device.actor;
    const refused = tab.client.pending.value.filter(({ type }) => type === "draft.set");
    for (const { stream } of readable(world, account)) {
      if (refused.some(({ body }) => (body as { stream?: StreamId }).stream === stream)) continue;
      const row = tables.member(stream, account);
      const shown = world.look(tab, stream).draft.value;
      if ((shown?.text ?? "") !== (row?.draft?.text ?? ""))
        differ("draft", `${tab.life.name} ${short(stream)}`, "draft", shown?.text, row?.draft?.text);
    }
  }
}

/** What every node would tell somebody who asks now. */
export function askNodes(world: World): void {
  for (const { node } of world.hosts)
    for (const actor of world.actors) {
      const principal = { ...actor, credential: "oracle" };
      for (const { stream } of readable(world, actor.account))
        void node.read(principal, { type: "snapshot", stream }).then((answer) => {
          if (!("answer" in answer)) return;
          const snapshot = answer.answer as {
            kind: string;
            seq: number;
            items: Event[];
            meta: unknown;
            members: object[];
          };
          world.guard(() => {
            world.watch.answer(actor.account, snapshot);
            const expected = readSnapshot(world.database.tables, stream);
            const who = `a node's snapshot of ${short(stream)}`;
            same("converged", who, "seq", snapshot.seq, expected?.row.lastSeq);
            same("converged", who, "meta", snapshot.meta, expected?.row.meta);
            const byAccount = (rows: readonly object[]) =>
              [...rows].sort((a, b) => (canonical(a) < canonical(b) ? -1 : 1));
            same("converged", who, "members", byAccount(snapshot.members), byAccount(expected?.members ?? []));
            for (const item of snapshot.items)
              same("converged", who, `item ${item.seq}`, item, rowOf(world, stream, item.seq));
          });
        });
    }
}
