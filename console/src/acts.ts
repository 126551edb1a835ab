import { type ConversationState, mayEverywhere, type StreamId } from "@aftercare/sdk";
import { deskWords, runCommand, toast, type Ui } from "@aftercare/ui";
import { type Desk, viewNow } from "./desk.ts";
import type { Act } from "./keys.ts";
import type { ListLine } from "./list-types.ts";
import { wideWidth } from "./media.ts";
import { sideToOpen } from "./mentions.ts";
import { deskRoute, go, goTo, hrefOfView, hrefWith } from "./route.ts";

type Meta = ConversationState["meta"];

const wordsOf = (ui: Ui) => deskWords[ui.language.words.value.locale];

/** The settings that the account has for a conversation. */
export function settingsOf(ui: Ui, stream: StreamId) {
  return ui.client.inbox.value.state?.entries[stream]?.settings ?? {};
}

export function toggle(ui: Ui, stream: StreamId, name: "muted" | "pinned" | "archived"): Promise<boolean> {
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

const isSupport = (ui: Ui, stream: StreamId): boolean => metaOf(ui, stream)?.kind === "support";

export async function closeOrReopen(ui: Ui, stream: StreamId): Promise<void> {
  const meta = metaOf(ui, stream);
  if (meta?.kind !== "support") return toast(ui, wordsOf(ui).act.notHere);
  if (meta.closed) return void (await runCommand(ui, "conversation.reopen", stream, {}));
  if (await runCommand(ui, "conversation.close", stream, {})) toast(ui, wordsOf(ui).act.closed);
}

/** What a key, a menu or the palette asked for. */
export function perform(desk: Desk, act: Act): void {
  if (typeof act === "object") {
    const view = desk.source.views[act.view];
    if (view) goTo(hrefOfView(view));
    return;
  }
  const { stream } = deskRoute();
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
    default:
      if (stream !== undefined) ofConversation(desk, act, stream);
  }
}

type ConversationAct = "reply" | "note" | "close" | "assign" | "mute" | "pin" | "archive" | "panel" | "split";

function ofConversation(desk: Desk, act: ConversationAct, stream: StreamId): void {
  const { ui } = desk;
  switch (act) {
    case "reply":
      go(stream, "chat");
      return focusComposer();
    case "note":
      if (isSupport(ui, stream)) go(stream, "notes");
      return focusComposer();
    case "mute":
      return void toggle(ui, stream, "muted");
    case "pin":
      return void toggle(ui, stream, "pinned");
    case "archive":
      return void toggle(ui, stream, "archived");
    case "panel":
      return toggleDetails(desk, matchMedia(wideWidth).matches);
    case "split":
      return split(desk, stream);
    case "assign":
      if (!isSupport(ui, stream)) return toast(ui, wordsOf(ui).act.notHere);
      return openAssign(desk, stream);
    case "close":
      return void closeOrReopen(ui, stream);
    default:
      return act satisfies never;
  }
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
function split(desk: Desk, stream: StreamId): void {
  if (deskRoute().beside !== undefined) return goTo(hrefWith({ beside: undefined }));
  const cursor = desk.cursor.value;
  const other =
    cursor !== undefined && cursor !== stream ? cursor : desk.recent.value.findLast((one) => one !== stream);
  const next = other ?? desk.lines.value.find((line) => line.stream !== stream)?.stream;
  if (next !== undefined) goTo(hrefWith({ beside: next }));
}

/** The composer of the open conversation, once it is there. */
export function focusComposer(): void {
  requestAnimationFrame(() =>
    document.querySelector<HTMLElement>("[data-place=first] [data-testid=composer]")?.focus(),
  );
}

function neighbour(lines: readonly ListLine[], of: StreamId | undefined, step: 1 | -1): StreamId | undefined {
  const at = lines.findIndex((line) => line.stream === of);
  if (at < 0) return (step > 0 ? lines[0] : lines.at(-1))?.stream;
  return lines[Math.max(0, Math.min(lines.length - 1, at + step))]?.stream;
}

/** Moves the choice in the list; Enter opens it. */
function choose(desk: Desk, step: 1 | -1): void {
  const from = desk.cursor.value ?? deskRoute().stream;
  desk.cursor.value = neighbour(desk.lines.value, from, step);
}

/** Opens the conversation after or before the open one. */
function walk(desk: Desk, step: 1 | -1): void {
  const next = neighbour(desk.lines.value, deskRoute().stream, step);
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

export const viewTitle = (desk: Desk): string => wordsOf(desk.ui).views[viewNow(desk)];
