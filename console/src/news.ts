import type { InboxLine, Mention, StreamId } from "@aftercare/sdk";
import type { Notices } from "./notices.ts";
import { isQuiet, type Prefs } from "./prefs.ts";

/**
 * What somebody else said since it was looked last. By which message is the newest, not by when: the time of day of a server
 * may be wrong, and would silence all the others.
 */
export class News {
  /** The newest message of each conversation; undefined while only the conversation is known. */
  readonly #told = new Map<StreamId, string | undefined>();
  #isOpen = false;

  take(lines: readonly InboxLine[], me: string): InboxLine[] {
    const news = lines.filter((line) => this.#isNew(line) && isCalling(line, me));
    this.#isOpen = true;
    return news;
  }

  #isNew({ entry: { stream }, last, state }: InboxLine): boolean {
    const isKnown = this.#told.has(stream);
    const told = this.#told.get(stream);
    const newest = last ? `${last.seq} ${last.by}` : state && "nothing";
    // What was there when the page opened is no news, also where it is read later.
    if (newest !== undefined || !this.#isOpen) this.#told.set(stream, newest);
    if (newest === undefined || newest === told) return false;
    return isKnown ? told !== undefined : this.#isOpen;
  }
}

/** Whether somebody else said it, and whoever is meant wants to hear of it. */
function isCalling({ last, entry, unread }: InboxLine, me: string): boolean {
  return (
    last?.type === "message.sent" && last.by !== me && last.by !== "system" && unread.count > 0 && !isQuietLine(entry)
  );
}

/** Whether one wants to hear nothing of a conversation. */
export const isQuietLine = ({ settings }: InboxLine["entry"]): boolean =>
  settings.muted === true || settings.archived === true;

/** What to do about news now. */
export function howToTell(prefs: Prefs, permission: ReturnType<Notices["permission"]>, at: Date, looking: boolean) {
  if (isQuiet(prefs.quiet, at)) return { sound: false, notice: false };
  return { sound: prefs.sound && !looking, notice: prefs.desktop === true && permission === "granted" && !looking };
}

/** Who called since it was looked last. */
export class Calls {
  readonly #told = new Set<string>();
  #isOpen = false;

  /** `mentions`: those not read, newest first. What was there when the page opened is no news. */
  take(mentions: readonly Mention[]): Mention[] {
    const known = mentions.findIndex((one) => this.#told.has(keyOf(one)));
    // Behind one that is known nothing is new: only the page of them moved on.
    const news = this.#isOpen ? mentions.slice(0, known < 0 ? mentions.length : known) : [];
    for (const one of mentions) this.#told.add(keyOf(one));
    this.#isOpen = true;
    return news;
  }
}

const keyOf = ({ message: { stream, seq } }: Mention): string => `${stream} ${seq}`;
