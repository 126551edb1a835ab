import { type ConversationState, mayEverywhere, type StreamId } from "@aftercare/sdk";
import { deskWords, runCommand, toast, type Ui } from "@aftercare/ui";
import { type Desk, viewNow } from "./desk.ts";
import type { Act } from "./keys.ts";
import { wideWidth } from "./media.ts";
import { sideToOpen } from "./mentions.ts";
import { deskRoute, go, goTo, hrefOfView, hrefWith, type Side } from "./route.ts";
import { undoToast } from "./undo-toast.tsx";

type Meta = ConversationState["meta"];

const wordsOf = (ui: Ui) => deskWords[ui.language.words.value.locale];

/** The settings that the account has for a conversation. */
export function settingsOf(ui: Ui, stream: StreamId) {
  return ui.client.inbox.value.state?.entries[stream]?.settings ?? {};
}

export function toggle(ui: Ui, stream: StreamId, name: "muted" | "pinned"): Promise<boolean> {
  const on = !settingsOf(ui, stream)[name];
  return runCommand(ui, "inbox.set", undefined, { stream, [name]: on });
}

/** What the device knows of a conversation now. */
export function metaOf(ui: Ui, stream: StreamId): Meta | undefined {
  const handle = ui.client.stream(stream);
  const meta = handle.view.value.state?.meta;
  handle.close();
  return meta;
}

/** A line of the list says it, too: of a conversation that was not opened here nothing else is known. */
const isSupport = ({ ui, lines }: Desk, stream: StreamId): boolean =>
  (metaOf(ui, stream) ?? lines.value.find((line) => line.stream === stream))?.kind === "support";

export async function closeOrReopen(ui: Ui, stream: StreamId): Promise<void> {
  const meta = metaOf(ui, stream);
  if (meta?.kind !== "support") return toast(ui, wordsOf(ui).act.notHere);
  if (meta.closed) return void (await runCommand(ui, "conversation.reopen", stream, {}));
  if (await runCommand(ui, "conversation.close", stream, {}))
    undoToast(ui, wordsOf(ui).act.closed, () => void runCommand(ui, "conversation.reopen", stream, {}));
}

export async function archiveOrBack(ui: Ui, stream: StreamId): Promise<void> {
  const archived = !settingsOf(ui, stream).archived;
  if (!(await runCommand(ui, "inbox.set", undefined, { stream, archived }))) return;
  const { act } = wordsOf(ui);
  undoToast(ui, archived ? act.archived : act.unarchived, () => {
    void runCommand(ui, "inbox.set", undefined, { stream, archived: !archived });
  });
}

/** What a key, a menu or the palette asked for. */
export function perform(desk: Desk, act: Act): void {
  if (typeof act === "object") {
    const view = desk.source.views[act.view];
    if (view) goTo(hrefOfView(view));
    return;
  }
  switch (act) {
    case "palette":
      desk.layer.value = desk.layer.value === "palette" ? undefined : "palette";
      return;
    case "sheet":
      desk.layer.value = "sheet";
      return;
    case "settings":
      return goTo("#/settings/");
    case "next":
      return choose(desk, 1);
    case "previous":
      return choose(desk, -1);
    case "openNext":
      return walk(desk, 1);
    case "openPrevious":
      return walk(desk, -1);
    case "unread": {
      const { filters } = deskRoute();
      return goTo(hrefWith({ filters: { ...filters, unread: !filters.unread } }));
    }
    case "search":
      document.querySelector<HTMLElement>("[data-desk=search]")?.focus();
      return;
    case "escape":
      return leave(desk);
    case "panel":
      if (deskRoute().stream !== undefined) toggleDetails(desk, matchMedia(wideWidth).matches);
      return;
    case "split":
      return split(desk);
    default: {
      const stream = subject();
      if (stream !== undefined) ofConversation(desk, act, stream);
    }
  }
}

/** Which conversation a key is for: the one with the focus, be it on screen or a line of the list; else the open one. */
function subject(): StreamId | undefined {
  const { stream, beside } = deskRoute();
  const focused = document.activeElement;
  if (focused?.closest("[data-place=second]")) return beside;
  if (focused?.closest("[data-place]")) return stream;
  return focused?.closest("li")?.querySelector<HTMLElement>("a[data-stream]")?.dataset.stream ?? stream;
}

type ConversationAct = "reply" | "note" | "close" | "assign" | "mute" | "pin" | "archive";

function ofConversation(desk: Desk, act: ConversationAct, stream: StreamId): void {
  const { ui } = desk;
  switch (act) {
    case "reply":
      return write(stream, "chat");
    case "note":
      return write(stream, isSupport(desk, stream) ? "notes" : "chat");
    case "mute":
      return void toggle(ui, stream, "muted");
    case "pin":
      return void toggle(ui, stream, "pinned");
    case "archive":
      return void archiveOrBack(ui, stream);
    case "assign":
      if (!isSupport(desk, stream)) return toast(ui, wordsOf(ui).act.notHere);
      return openAssign(desk, stream);
    case "close":
      return void closeOrReopen(ui, stream);
    default:
      return act satisfies never;
  }
}

/** To where one writes in a conversation; the one beside has its side for itself, without an address. */
function write(stream: StreamId, side: Side): void {
  if (stream !== deskRoute().beside) {
    go(stream, side);
    return focusComposer();
  }
  document.querySelector<HTMLElement>(`[data-place=second] [data-testid=side-${side}]`)?.click();
  focusComposer("second");
}

/** Asks who shall answer a conversation. */
export function openAssign(desk: Desk, stream: StreamId): void {
  desk.subject.value = stream;
  desk.layer.value = "assign";
}

/** Whether one is in a conversation. */
export const isIn = (ui: Ui, stream: StreamId): boolean => ui.client.inbox.value.state?.entries[stream] !== undefined;

/** Whether one may say who answers a customer's conversation: in it, or by right. */
export function mayAssign(ui: Ui, stream: StreamId): boolean {
  const me = ui.client.me.value;
  const byRight = me && mayEverywhere(me, "conversation.assign") && mayEverywhere(me, "conversation.read-any");
  return isIn(ui, stream) || byRight === true;
}

export const mayJoin = (ui: Ui): boolean => {
  const me = ui.client.me.value;
  return me !== undefined && mayEverywhere(me, "conversation.join-any");
};

/** On narrow screens the details lie above the conversation, and are closed again with everything that floats. */
export function toggleDetails(desk: Desk, wide: boolean): void {
  if (!wide) desk.layer.value = desk.layer.value === "details" ? undefined : "details";
  else desk.panes.value = { ...desk.panes.value, details: !desk.panes.value.details };
}

/** Opens the chosen line, or the newest recent one, beside the conversation; or closes it. */
function split(desk: Desk): void {
  const { stream, beside } = deskRoute();
  if (stream === undefined) return;
  if (beside !== undefined) return goTo(hrefWith({ beside: undefined }));
  const cursor = desk.cursor.value;
  const other =
    cursor !== undefined && cursor !== stream ? cursor : desk.recent.value.findLast((one) => one !== stream);
  const next = other ?? desk.lines.value.find((line) => line.stream !== stream)?.stream;
  if (next !== undefined) goTo(hrefWith({ beside: next }));
}

/** The composer of the open conversation, or of the one beside it, once it is there. */
export function focusComposer(place: "first" | "second" = "first"): void {
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>(`[data-place=${place}] [data-testid=composer]`)?.focus(),
  );
}

/** The line after or before a conversation. Where that has left the list, the next one stands in its place. */
function neighbour({ lines, places }: Desk, of: StreamId | undefined, step: 1 | -1): StreamId | undefined {
  const all = lines.value;
  const at = all.findIndex((line) => line.stream === of);
  const left = places.get(of ?? "") ?? (step > 0 ? 0 : all.length);
  const next = at >= 0 ? at + step : step > 0 ? left : left - 1;
  return all[Math.max(0, Math.min(all.length - 1, next))]?.stream;
}

/** Moves the choice in the list; Enter opens it. */
function choose(desk: Desk, step: 1 | -1): void {
  const from = desk.cursor.value ?? deskRoute().stream;
  desk.cursor.value = neighbour(desk, from, step);
}

/** Opens the conversation after or before the open one. */
function walk(desk: Desk, step: 1 | -1): void {
  const next = neighbour(desk, deskRoute().stream, step);
  if (next !== undefined) go(next, sideToOpen(desk, viewNow(desk), next));
}

/** Escape: out of the text into the list, then out of the second conversation, then of the first (on phones). */
function leave(desk: Desk): void {
  if (desk.layer.value !== undefined) {
    desk.layer.value = undefined;
    return;
  }
  const active = document.activeElement;
  if (active instanceof HTMLElement && active !== document.body && active.matches("textarea, input")) {
    const row = active.closest("[data-place]")?.querySelector<HTMLElement>("[data-testid=message][tabindex='0']");
    if (row) row.focus({ preventScroll: true });
    else active.blur();
    return;
  }
  if (deskRoute().beside !== undefined) goTo(hrefWith({ beside: undefined }));
}

/** The focus of a line goes along to the one that is opened: what is pressed next is meant for that. */
export function followOpen(desk: Desk, stream: StreamId | undefined): void {
  const focused = document.activeElement;
  if (stream === undefined || !(focused instanceof HTMLElement) || !focused.matches("a[data-stream]")) return;
  if (focused.dataset.stream === stream) return;
  if (desk.lines.peek().some((line) => line.stream === stream)) desk.cursor.value = stream;
  else focused.blur();
}

export const viewTitle = (desk: Desk): string => wordsOf(desk.ui).views[viewNow(desk)];
