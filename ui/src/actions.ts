import { limits, type Seq, SYSTEM } from "@aftercare/protocol";
import { type ConversationState, can, isOwn, type MessageEvent, plainText } from "@aftercare/sdk";
import { runCommand } from "./command.ts";
import type { Ui } from "./context.tsx";
import type { MenuItem } from "./menu.tsx";
import { reactionSet } from "./reaction.tsx";
import type { MessageRow } from "./rows.ts";
import type { Talk } from "./talk.ts";
import { toast } from "./toast.tsx";

export type Reach = {
  write: boolean;
  edit: boolean;
  recall: boolean;
  pin: boolean;
};

/** What the reader may do with a message now; the server decides again. */
export function reachOf(
  state: ConversationState,
  account: string | undefined,
  message: MessageEvent,
  now: number,
): Reach {
  const member = account === undefined ? undefined : state.members[account];
  if (!member || message.fold?.recalled) return { write: false, edit: false, recall: false, pin: false };
  const write = member.mutedUntil === undefined || member.mutedUntil <= now;
  const mine = isOwn(member, message.by);
  const text = message.body.parts.length === 1 && message.body.parts[0]?.type === "text";
  return {
    write,
    edit: write && mine && text && !message.body.forwarded,
    recall: can(state.meta.kind, member.role, "recall-any") || (mine && now - message.at <= limits.recallWindowMs),
    pin: can(state.meta.kind, member.role, "pin"),
  };
}

/** The menu of one message. */
export function messageMenu(
  ui: Ui,
  talk: Talk,
  state: ConversationState,
  row: MessageRow,
  onForward: ((seq: Seq) => void) | undefined,
  more: ((seq: Seq) => MenuItem[]) | undefined,
): MenuItem[] {
  const words = ui.language.words.value;
  const account = ui.client.me.value?.account;
  const { message } = row;
  const { seq } = message;
  const reach = row.pending
    ? { write: false, edit: false, recall: false, pin: false }
    : reachOf(state, account, message, ui.client.serverNow());
  const act = words.actions;
  const items: MenuItem[] = [];
  const text = plainText(message.body.parts);
  if (reach.write && message.by !== SYSTEM) items.push(...emojis(ui, talk, message, account));
  if (reach.write)
    items.push({ kind: "action", label: act.reply, icon: "reply", run: () => setMode(talk, { kind: "reply", seq }) });
  if (reach.edit)
    items.push({
      kind: "action",
      label: act.edit,
      icon: "edit",
      run: () => setMode(talk, { kind: "edit", seq, text }),
    });
  items.push({ kind: "action", label: act.copy, icon: "copy", run: () => void copy(ui, text) });
  if (onForward && !row.pending)
    items.push({ kind: "action", label: act.forward, icon: "forward", run: () => onForward(seq) });
  if (reach.pin) {
    const pinned = state.meta.pins.includes(seq);
    const type = pinned ? "message.unpin" : "message.pin";
    const run = () => void runCommand(ui, type, talk.stream, { seq });
    items.push({ kind: "action", label: pinned ? act.unpin : act.pin, icon: "pin", run });
  }
  if (more && !row.pending) items.push(...more(seq));
  if (reach.recall) {
    const run = () => void runCommand(ui, "message.recall", talk.stream, { seq });
    items.push({ kind: "action", label: act.recall, icon: "recall", danger: true, run });
  }
  return items;
}

function setMode(talk: Talk, mode: Talk["mode"]["value"]): void {
  talk.mode.value = mode;
}

function emojis(ui: Ui, talk: Talk, message: MessageEvent, account: string | undefined): MenuItem[] {
  const names = ui.language.words.value.reactions.names;
  const { seq } = message;
  return reactionSet.map((emoji) => {
    const chosen = account !== undefined && (message.fold?.reactions?.[emoji]?.includes(account) ?? false);
    const run = () => void runCommand(ui, "message.react", talk.stream, { seq, emoji, on: !chosen });
    return { kind: "emoji", emoji, label: names[emoji] ?? emoji, chosen, run };
  });
}

async function copy(ui: Ui, text: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    toast(ui, ui.language.words.value.actions.copied);
  } catch {
    // The browser refused; the text can still be selected by hand.
  }
}
