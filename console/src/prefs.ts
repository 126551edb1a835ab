import type { Signal } from "@preact/signals";
import { isRecord, type Keep, kept, numberIn } from "./keep.ts";

/** What one account chose. */
export type Prefs = {
  /** Undefined: not asked yet. */
  desktop: boolean | undefined;
  preview: boolean;
  sound: boolean;
  /** 0 to 1. */
  volume: number;
  badge: boolean;
  quiet: { on: boolean; from: string; to: string };
  /** Shortcuts of single keys (WCAG 2.1.4: they can be turned off). */
  keys: boolean;
  toured: boolean;
};

const clockForm = /^([01]\d|2[0-3]):[0-5]\d$/;
const clockOr = (value: unknown, otherwise: string): string =>
  typeof value === "string" && clockForm.test(value) ? value : otherwise;
const flagOr = (value: unknown, otherwise: boolean): boolean => (typeof value === "boolean" ? value : otherwise);

export function readPrefs(found: unknown): Prefs {
  const from = isRecord(found) ? found : {};
  const quiet = isRecord(from.quiet) ? from.quiet : {};
  return {
    desktop: typeof from.desktop === "boolean" ? from.desktop : undefined,
    preview: flagOr(from.preview, true),
    sound: flagOr(from.sound, true),
    volume: numberIn(from.volume, 0, 1, 0.5),
    badge: flagOr(from.badge, true),
    quiet: { on: flagOr(quiet.on, false), from: clockOr(quiet.from, "22:00"), to: clockOr(quiet.to, "08:00") },
    keys: flagOr(from.keys, true),
    toured: flagOr(from.toured, false),
  };
}

export const prefsOf = (keep: Keep): Signal<Prefs> => kept(keep, "prefs", readPrefs);

const minutesOf = (clock: string): number => Number(clock.slice(0, 2)) * 60 + Number(clock.slice(3));

/** Whether the hour lies in the quiet hours, which may go over midnight. */
export function isQuiet({ on, from, to }: Prefs["quiet"], at: Date): boolean {
  const [start, end, now] = [minutesOf(from), minutesOf(to), at.getHours() * 60 + at.getMinutes()];
  if (!on || start === end) return false;
  return start < end ? now >= start && now < end : now >= start || now < end;
}
