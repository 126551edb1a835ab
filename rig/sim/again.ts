import type { MessageEvent } from "@aftercare/core";
import {
  type AccountId,
  type CommandId,
  type Event,
  type Seq,
  type Snapshot,
  type StreamId,
  streamKind,
} from "@aftercare/protocol";
import type { Device } from "./device.ts";
import type { Wire } from "./network.ts";
import type { Tables } from "./tables.ts";
import { Violation } from "./violation.ts";
import type { World } from "./world.ts";

/** What a device did of late, was acknowledged, and went with the end of a log. */
type Lost = {
  device: Device;
  account: AccountId;
  id: CommandId;
  event: Event;
  /** The message that it is, or names. */
  message: MessageEvent;
  /** Something of the same log took its place: a recall, a later edit, the same reaction once more. */
  replaced: boolean;
  /** The last seq that both logs have. */
  cut: Seq;
  /** The device was given a snapshot that does not reach back to there: it cannot tell what was lost. */
  blind: boolean;
  /** The conversation was taken away from the device since: in a log that may be lost as well by now. */
  taken: boolean;
};

type Act = Event & { type: "message.edited" | "message.recalled" | "message.reacted" };
const acts: readonly string[] = ["message.edited", "message.recalled", "message.reacted"] satisfies Act["type"][];

/** Holds devices to it that what was acknowledged and lost with a log comes back, as far as it still can. */
export class Again {
  readonly #world: World;
  #lost: Lost[] = [];
  readonly #recalled = new Set<string>();
  count = 0;

  constructor(world: World) {
    this.#world = world;
  }

  /** Before the database goes back to `backup`. */
  note(backup: Tables): void {
    const { database, watch, promised } = this.#world;
    // What came again since the loss before may be lost with this one, and is noted anew; what was refused has ended.
    this.#lost = this.#lost.filter(
      ({ account, id, event }) =>
        !watch.refusals.has(`${account} ${id}`) && !database.tables.command(event.stream, account, id),
    );
    for (const stream of database.tables.streams.keys()) {
      if (streamKind(stream) !== "conversation") continue;
      // One that was begun since then is gone with all that was said in it.
      if (backup.events(stream).length === 0) continue;
      for (const event of database.tables.events(stream).slice(backup.events(stream).length) as readonly Event[]) {
        const id = event.commandId;
        const device = id === undefined ? undefined : promised.get(id)?.device;
        if (id !== undefined && device) this.#note(device, id, event, backup);
      }
    }
  }

  /** Somebody saw it wait once more, and discarded it or sent it anew. */
  giveUp(given: CommandId): void {
    this.#lost = this.#lost.filter(({ id }) => id !== given);
  }

  /** What was sent to a device. */
  told({ caller: { life } }: Wire, text: string): void {
    const its = (stream: StreamId) =>
      this.#lost.filter(({ device, event }) => event.stream === stream && life.name.startsWith(`${device.name}.`));
    if (this.#lost.length === 0) return;
    if (text.startsWith('{"t":"gone"'))
      for (const lost of its((JSON.parse(text) as { stream: StreamId }).stream)) lost.taken = true;
    if (!text.startsWith('{"t":"reset"')) return;
    const { snapshot } = JSON.parse(text) as { snapshot: Snapshot };
    if (snapshot.kind !== "conversation") return;
    for (const lost of its(snapshot.stream)) lost.blind ||= !snapshot.items.some(({ seq }) => seq <= lost.cut);
  }

  #note(device: Device, id: CommandId, event: Event, backup: Tables): void {
    const { tables } = this.#world.database;
    const { account } = device.actor;
    const { stream, seq } = event;
    const message = event.type === "message.sent" ? event : messageOf(tables, event);
    const kept = [...device.disk.rows].flatMap(([key, text]) => (key.startsWith(`stream/${stream}/`) ? [text] : []));
    // It was sent where the device had let go of the conversation, and never shown.
    if (kept.length === 0) return;
    // No text is kept of what is older than the window.
    const isKept = kept.some((text) => text.includes(message?.commandId ?? ""));
    if (event.type === "message.edited" && !isKept) return;
    // Whose joining is lost too has the conversation taken away.
    const isMember = [tables, backup].every((log) =>
      log.memberships(account).some((one) => one.stream === stream && one.status === "joined"),
    );
    if (!message || !isMember || message.body.forwarded || !this.#world.watch.acks.has(`${account} ${id}`)) return;
    const later = (tables.events(stream) as readonly Event[]).slice(seq);
    // It was out of the conversation since then, and let go of what it had of it.
    if (later.some(endsFor(account))) return;
    const replaced = later
      .filter(isAct)
      .some(
        (one) =>
          one.body.seq === message.seq &&
          (one.type === "message.recalled" ||
            (one.type === event.type &&
              (one.type === "message.edited" || (one.by === account && emojiOf(one) === emojiOf(event))))),
      );
    this.#lost.push({
      device,
      account,
      id,
      event: structuredClone(event),
      message: structuredClone(message),
      replaced,
      cut: backup.events(stream).length,
      blind: false,
      taken: false,
    });
  }

  judge(): void {
    const { database, watch } = this.#world;
    const { tables } = database;
    this.count = 0;
    for (const { device, account, id, event, message, replaced, blind, taken } of this.#lost) {
      const { stream } = event;
      // Found in the outbox without its answer, it was told as refused.
      // So are the words of an edit, where another device had brought the message back without it.
      const words = event.type === "message.edited" ? message.commandId : id;
      const pending = device.tabs.some((tab) =>
        tab.client.pending.value.some((one) => one.id === id || one.id === words),
      );
      if (replaced || pending || device.forgetful || watch.refusals.has(`${account} ${id}`)) continue;
      if (tables.command(stream, account, id) || this.#wasAway(stream, account)) {
        this.count++;
        continue;
      }
      if (taken) continue;
      // A message is sent again as it was first, and the log knows whether it has it.
      if (blind && (event.type !== "message.sent" || message.fold?.editedAt !== undefined)) continue;
      if (event.type === "message.sent" && this.#recalled.has(`${account} ${stream} ${message.seq}`)) continue;
      if (event.type === "message.sent") throw new Violation("again", `the message ${id} of ${device.name} is gone`);
      const now = (tables.events(stream) as readonly Event[]).find(
        (one) => one.type === "message.sent" && one.commandId === message.commandId && one.by === message.by,
      ) as MessageEvent | undefined;
      if (message.commandId === undefined || !now || now.fold?.recalled) continue;
      // It came again with its last text, or somebody has changed it since.
      if (event.type === "message.edited" && (now.fold?.editedAt || Bun.deepEquals(now.body.parts, event.body.parts)))
        continue;
      if (event.type === "message.reacted" && (isOn(now, event) === event.body.on || this.#reactedSince(now, event)))
        continue;
      throw new Violation("again", `${event.type} ${id} of ${device.name} on ${stream} ${now.seq} is gone`);
    }
  }

  /** A recall waits in an outbox: while it does, its message is left out. */
  recalls(account: AccountId, stream: StreamId | undefined, seq: Seq | undefined): void {
    this.#recalled.add(`${account} ${stream} ${seq}`);
  }

  /** Who left and came again has read the new log as if it were the first. */
  #wasAway(stream: StreamId, account: AccountId): boolean {
    const { tables } = this.#world.database;
    const member = tables.memberships(account).some((one) => one.stream === stream && one.status === "joined");
    return !member || (tables.events(stream) as readonly Event[]).some(endsFor(account));
  }

  #reactedSince(now: MessageEvent, event: Event): boolean {
    return (this.#world.database.tables.events(now.stream) as readonly Event[]).some(
      (one) =>
        one.type === "message.reacted" &&
        one.body.seq === now.seq &&
        one.by === event.by &&
        emojiOf(one) === emojiOf(event),
    );
  }
}

const isAct = (event: Event): event is Act => acts.includes(event.type);
const endsFor =
  (account: AccountId) =>
  (event: Event): boolean =>
    (event.type === "member.left" && event.by === account) ||
    (event.type === "member.removed" && event.body.account === account);
/** A reaction that was given and taken back, both in what was lost, is not there in the end either. */
const isOn = ({ fold }: MessageEvent, { by, body }: Event & { type: "message.reacted" }): boolean =>
  fold?.reactions?.[body.emoji]?.includes(by as AccountId) ?? false;
const emojiOf = (event: Event): string | undefined => (event.type === "message.reacted" ? event.body.emoji : undefined);

function messageOf(tables: Tables, event: Event): MessageEvent | undefined {
  if (!isAct(event)) return undefined;
  const found = tables.event(event.stream, event.body.seq as Seq) as Event | undefined;
  return found?.type === "message.sent" ? found : undefined;
}
