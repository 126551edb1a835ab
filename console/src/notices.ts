import type { InboxLine, StreamId } from "@aftercare/sdk";
import { isQuiet, type Prefs } from "./prefs.ts";

/** What the surroundings can do to call somebody. */
export interface Notices {
  /** `unsupported` where there is no such thing. */
  permission(): "default" | "granted" | "denied" | "unsupported";
  request(): Promise<void>;
  show(notice: Notice): void;
  /** Takes back those that are over, where that can be: what they say stays in the system's list otherwise. */
  sweep?(isOver: (notice: Notice) => boolean): void;
  tone(volume: number): void;
}

/** `tag`: the conversation, whose next notice takes the place of this one; `said`: the message it is of. */
export type Notice = { title: string; body: string; tag: string; said: InboxLine["last"]; open: () => void };

/** Two soft notes, made here: nothing to download, nothing to license. */
const toneNotes = [
  { hertz: 660, atMs: 0 },
  { hertz: 880, atMs: 110 },
] as const;
const noteMs = 260;

export function browserNotices(): Notices {
  let audio: AudioContext | undefined;
  const shown = new Map<string, { notice: Notice; close: () => void }>();
  return {
    permission: () => (typeof Notification === "undefined" ? "unsupported" : Notification.permission),
    async request() {
      await Notification.requestPermission();
    },
    show(notice) {
      const { title, body, tag, open } = notice;
      try {
        const made = new Notification(title, { body, tag, silent: true });
        made.onclick = () => {
          focus();
          open();
          made.close();
        };
        shown.set(tag, { notice, close: () => made.close() });
      } catch {
        // Some phones have the name but only service workers may show one.
      }
    },
    sweep(isOver) {
      for (const [tag, { notice, close }] of shown) {
        if (!isOver(notice)) continue;
        shown.delete(tag);
        close();
      }
    },
    tone(volume) {
      if (typeof AudioContext === "undefined") return;
      audio ??= new AudioContext();
      // Silent until somebody has touched the page: the browser decides.
      void audio.resume().catch(() => undefined);
      for (const { hertz, atMs } of toneNotes) play(audio, hertz, audio.currentTime + atMs / 1000, volume);
    },
  };
}

function play(audio: AudioContext, hertz: number, at: number, volume: number): void {
  const source = audio.createOscillator();
  const gain = audio.createGain();
  source.type = "sine";
  source.frequency.value = hertz;
  gain.gain.setValueAtTime(0, at);
  gain.gain.linearRampToValueAtTime(0.25 * volume, at + 0.015);
  gain.gain.exponentialRampToValueAtTime(0.0001, at + noteMs / 1000);
  source.connect(gain).connect(audio.destination);
  source.start(at);
  source.stop(at + noteMs / 1000);
}

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
