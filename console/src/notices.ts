import type { InboxLine } from "@aftercare/sdk";

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
