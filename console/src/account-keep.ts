import {
  type Client,
  type Preference,
  type Preferences,
  preferenceNames,
  type Refusal,
  type SharedSnippets,
  type StaffAccess,
} from "@aftercare/sdk";
import { type Signal, signal } from "@preact/signals";
import type { Keep, LocalKeep } from "./keep.ts";

/** What is the same on all devices of an account. The rest, like the widths of panes, is of the device. */
const shared = preferenceNames;
type Shared = (typeof shared)[number];

/** How late a change on another device is seen here at the latest, while somebody looks: the server's word may be lost. */
const lookEveryMs = 20_000;

export type AccountKeep = Keep & {
  /** Whether it is known what the account has, or that it cannot be known now. */
  readonly known: Signal<boolean>;
  /** A change that the server does not take, and why. */
  readonly refused: Signal<Refusal | undefined>;
  /** Looks at once and now and then, until the returned function is called. */
  follow(): () => void;
};

/**
 * Kept on the device first and sent to the account as soon as it can be: what was changed without a network goes when there is
 * one, also after a reload. What was said last holds; what a device had before the account had anything is taken over once.
 */
export function accountKeep(local: LocalKeep, access: StaffAccess, me: Client["me"]): AccountKeep {
  const known = signal(false);
  const refused = signal<Refusal | undefined>(undefined);
  const parts = makeParts(local);
  const edits = new Map<string, number>();
  let working: Promise<void> = Promise.resolve();

  const take = (name: Shared, { value, version }: Preference) => {
    local.set(name, value);
    local.set(`version.${name}`, version);
    parts.tell(name, value);
  };
  async function send(name: Shared, first: boolean): Promise<void> {
    const edit = edits.get(name);
    const said = await access.own<Preference>(`/v1/preferences/${name}`, { value: local.get(name), first }, "PUT");
    if (edits.get(name) !== edit) return send(name, false);
    // What is refused would be refused again: it stays on this device.
    local.set(`unsent.${name}`, undefined);
    refused.value = "refusal" in said ? said.refusal : undefined;
    if ("refusal" in said) return;
    if (first) take(name, said.value);
    else local.set(`version.${name}`, said.value.version);
  }
  async function look(): Promise<void> {
    const said = await access.own<Preferences>("/v1/preferences");
    if ("refusal" in said) return;
    for (const name of shared) {
      const found = said.value.preferences[name];
      if (local.get(`unsent.${name}`)) await send(name, false);
      else if (found && found.version !== local.get(`version.${name}`)) take(name, found);
      else if (!found && local.get(name) !== null) await send(name, true);
    }
    if (said.value.snippets === local.get("version.shared")) return;
    const replies = await readShared(local, access);
    if (replies) parts.tell("shared", replies);
  }
  // One after the other. A server that is not there is asked again later.
  const next = (work: () => Promise<void>) => {
    working = working.then(work).catch(() => undefined);
    return working;
  };

  const lookSoon = oneWaiting(look, next);

  return {
    known,
    refused,
    get: (key) => local.get(key),
    set(key, value) {
      local.set(key, value);
      const name = shared.find((one) => one === key);
      if (!name || parts.areTold()) return;
      edits.set(name, (edits.get(name) ?? 0) + 1);
      local.set(`unsent.${name}`, true);
      void next(async () => {
        if (local.get(`unsent.${name}`)) await send(name, false);
      });
    },
    hear: parts.hear,
    follow() {
      void lookSoon().then(() => {
        known.value = true;
      });
      const stops = [parts.follow(), nowAndThen(() => void lookSoon(), me)];
      return () => {
        for (const stop of stops) stop();
      };
    },
  };
}

/** The parts of the page that have what is kept. What they are told is not theirs to send. */
function makeParts(local: LocalKeep) {
  const heard = new Map<string, (found: unknown) => void>();
  let telling = false;
  const tell = (key: string, found: unknown) => {
    telling = true;
    heard.get(key)?.(found);
    telling = false;
  };
  return {
    tell,
    areTold: () => telling,
    hear: (key: string, listener: (found: unknown) => void) => void heard.set(key, listener),
    /** What one changes next is made of what one has: another tab's change must be in it. */
    follow: () =>
      local.follow((key) => {
        if (key === "shared" || shared.some((one) => one === key)) tell(key, local.get(key));
      }),
  };
}

/** What all staff share is only read here, and kept for a start without a network. */
async function readShared(local: Keep, access: StaffAccess): Promise<SharedSnippets["snippets"] | undefined> {
  const said = await access.own<SharedSnippets>("/v1/snippets");
  if ("refusal" in said) return undefined;
  const { snippets, version } = said.value;
  local.set("shared", snippets);
  local.set("version.shared", version);
  return snippets;
}

/** A slider that is moved elsewhere is many changes, and one look: who waits already stands for all. */
function oneWaiting(work: () => Promise<void>, next: (work: () => Promise<void>) => Promise<void>) {
  let waiting: Promise<void> | undefined;
  return () => {
    waiting ??= next(() => {
      waiting = undefined;
      return work();
    });
    return waiting;
  };
}

/** While somebody looks, whenever they come back, and when the server says who one is again: what the account keeps has changed. */
function nowAndThen(work: () => void, me: Client["me"]): () => void {
  const now = () => {
    if (!document.hidden) work();
  };
  const names = ["focus", "online", "visibilitychange"];
  const timer = setInterval(now, lookEveryMs);
  for (const name of names) addEventListener(name, now);
  const stopHearing = me.subscribe(work);
  return () => {
    stopHearing();
    clearInterval(timer);
    for (const name of names) removeEventListener(name, now);
  };
}
