import { limits, type Seq, SYSTEM } from "@aftercare/protocol";
import {
  type ConversationState,
  isOwn,
  type MessageEvent,
  plainText,
  type Sent,
  type StreamView,
} from "@aftercare/sdk";
import { copyText } from "./clipboard.ts";
import { runCommand } from "./command.ts";
import { refusalText, type Ui } from "./context.tsx";
import type { MenuItem } from "./menu.tsx";
import { spoken } from "./notice.ts";
import { reachOf } from "./reach.ts";
import { reactionSet } from "./reaction.tsx";
import type { MessageRow } from "./rows.ts";
import type { Mode, Talk } from "./talk.ts";
import { toast } from "./toast.tsx";

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
  /** With the message as it stands when the entry is chosen: it may have been changed or taken back under the open menu. */
  const unlessRecalled = (run: (text: string) => void) => () => {
    const now = nowOf(talk, message) ?? (row.pending ? message : undefined);
    if (now && !now.fold?.recalled) run(plainText(spoken(now.body.parts, words)));
  };
  if (reach.write && message.by !== SYSTEM) items.push(...emojis(ui, talk, message, account));
  if (reach.write)
    items.push({
      kind: "action",
      label: act.reply,
      icon: "reply",
      run: unlessRecalled(() => setMode(talk, { kind: "reply", seq })),
    });
  if (reach.edit)
    items.push({
      kind: "action",
      label: act.edit,
      icon: "edit",
      run: unlessRecalled((text) => setMode(talk, { kind: "edit", seq, text })),
    });
  items.push({ kind: "action", label: act.copy, icon: "copy", run: unlessRecalled((text) => void copyText(ui, text)) });
  if (onForward && !row.pending)
    items.push({ kind: "action", label: act.forward, icon: "forward", run: unlessRecalled(() => onForward(seq)) });
  if (reach.pin) {
    const pinned = state.meta.pins.includes(seq);
    const type = pinned ? "message.unpin" : "message.pin";
    const run = () => void runCommand(ui, type, talk.stream, { seq });
    items.push({ kind: "action", label: pinned ? act.unpin : act.pin, icon: "pin", run });
  }
  if (more && !row.pending) items.push(...more(seq));
  if (reach.recall) {
    const run = () => recall(ui, talk, message);
    const detail = recallLeft(ui, message);
    items.push({ kind: "action", label: act.recall, icon: "recall", danger: true, run, ...(detail && { detail }) });
  }
  return items;
}

/** The button that had the focus goes with the message: what is left of it has it then. */
function recall(ui: Ui, talk: Talk, message: MessageEvent): void {
  const { seq } = message;
  const stop = talk.handle.view.subscribe(() => {
    if (!nowOf(talk, message)?.fold?.recalled) return;
    stop();
    requestAnimationFrame(() => {
      const left = document.querySelector<HTMLElement>(`[data-recalled][data-seq="${seq}"]`);
      if (document.activeElement === document.body) left?.focus({ preventScroll: true });
    });
  });
  void runCommand(ui, "message.recall", talk.stream, { seq }).then((isDone) => isDone || stop());
}

/** By its command where it has one: while it waits, its seq is not its own yet. */
const nowOf = (talk: Talk, { commandId, seq }: MessageEvent): MessageEvent | undefined =>
  talk.handle.view.value.state?.items.find(
    (item): item is MessageEvent =>
      item.type === "message.sent" && (commandId === undefined ? item.seq === seq : item.commandId === commandId),
  );

/**
 * An edit that is refused lies in the composer again, where it can be put right; if something else is being written by then,
 * it stays with what failed.
 */
export function editSent(
  ui: Ui,
  talk: Talk,
  sent: Sent,
  edit: Mode,
  input: { current: HTMLTextAreaElement | null },
): void {
  void sent.done.then((answer) => {
    if (!("refusal" in answer)) return;
    toast(ui, refusalText(answer.refusal, ui.language.words.value, ui.language.format.value));
    if (input.current?.value !== "" || talk.mode.peek().kind !== "write") return;
    ui.client.discard(sent.id);
    talk.mode.value = edit;
  });
}

/** Up in an empty composer edits one's last message. */
export function editLast(ui: Ui, talk: Talk, { confirmed }: StreamView): void {
  const account = ui.client.me.value?.account;
  if (!confirmed || account === undefined) return;
  const last = confirmed.items.findLast(
    (item) => item.type === "message.sent" && isOwn(confirmed.members[account], item.by),
  );
  if (last?.type !== "message.sent" || !reachOf(confirmed, account, last, ui.client.serverNow()).edit) return;
  setMode(talk, { kind: "edit", seq: last.seq, text: plainText(last.body.parts) });
}

/** How long one's own message can still be recalled. */
function recallLeft(ui: Ui, message: MessageEvent): string | undefined {
  const leftMs = limits.recallWindowMs - (ui.client.serverNow() - message.at);
  const mine = message.by === ui.client.me.value?.account;
  if (!mine || leftMs <= 0) return undefined;
  return ui.language.words.value.actions.recallLeft(ui.language.format.value.wait(leftMs));
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
