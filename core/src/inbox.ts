import { type Draft, type EventOf, type InboxEntry, inboxOf, notesOf, streamKind } from "@aftercare/protocol";
import type { Decide } from "./decide.ts";
import { refuse } from "./refuse.ts";
import type { InboxState } from "./state.ts";

export type InboxEvent =
  | EventOf<"inbox.joined">
  | EventOf<"inbox.left">
  | EventOf<"inbox.invited">
  | EventOf<"inbox.invitation-ended">
  | EventOf<"inbox.role-set">
  | EventOf<"inbox.settings-set">
  | EventOf<"draft.changed">;

export const decideDraft: Decide<"draft.set"> = (command, facts) => {
  const { stream, text, replyTo } = command.body;
  const kind = streamKind(stream);
  if (kind !== "conversation" && kind !== "notes") return refuse("not-a-member");
  if (!facts.member(stream, facts.actor.account)) return refuse("not-a-member");
  const draft: Draft | null = text === "" ? null : { text, ...(replyTo !== undefined && { replyTo }), at: facts.now };
  return { events: [{ stream: inboxOf(facts.actor.account), type: "draft.changed", body: { stream, draft } }] };
};

export const decideInboxSet: Decide<"inbox.set"> = (command, facts) => {
  const { stream, ...settings } = command.body;
  if (streamKind(stream) !== "conversation" || !facts.member(stream, facts.actor.account))
    return refuse("not-a-member");
  if (Object.keys(settings).length === 0) return refuse("no-change");
  return {
    events: [{ stream: inboxOf(facts.actor.account), type: "inbox.settings-set", body: { stream, settings } }],
  };
};

/** An account's list after an event of its inbox stream. */
export function applyInbox(state: InboxState, event: InboxEvent): InboxState {
  const { stream } = event.body;
  switch (event.type) {
    case "inbox.joined": {
      const { kind, role } = event.body;
      const entry: InboxEntry = { stream, kind, role, settings: {} };
      return { ...state, entries: { ...state.entries, [stream]: entry } };
    }
    case "inbox.left":
      // Whoever leaves a conversation leaves its notes.
      return {
        ...state,
        entries: without(state.entries, stream),
        drafts: without(without(state.drafts, stream), notesOf(stream)),
      };
    case "inbox.invited":
      return { ...state, invitations: { ...state.invitations, [stream]: { ...event.body, at: event.at } } };
    case "inbox.invitation-ended":
      return { ...state, invitations: without(state.invitations, stream) };
    case "inbox.role-set":
      return changeEntry(state, stream, (entry) => ({ ...entry, role: event.body.role }));
    case "inbox.settings-set":
      return changeEntry(state, stream, (entry) => ({
        ...entry,
        settings: { ...entry.settings, ...event.body.settings },
      }));
    case "draft.changed": {
      const { draft } = event.body;
      const drafts = draft === null ? without(state.drafts, stream) : { ...state.drafts, [stream]: draft };
      return { ...state, drafts };
    }
    default:
      return event satisfies never;
  }
}

function changeEntry(state: InboxState, stream: string, change: (entry: InboxEntry) => InboxEntry): InboxState {
  const entry = state.entries[stream];
  return entry ? { ...state, entries: { ...state.entries, [stream]: change(entry) } } : state;
}

function without<V>(record: Readonly<Record<string, V>>, key: string): Record<string, V> {
  const { [key]: _, ...rest } = record;
  return rest;
}
