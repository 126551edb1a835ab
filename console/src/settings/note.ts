import type { Refusal, Said } from "@aftercare/sdk";
import { signal } from "@preact/signals";

/** What came of the last change; with `undo`, how to take it back. */
export type Note = { text: string; problem?: boolean; undo?: (() => Promise<unknown>) | undefined };

/** Of the settings that are open: there is one bar for all changes, and it stays until the next one. */
export const note = signal<Note | undefined>(undefined);

export type Asked<T> = () => Promise<Said<T>>;
export type Told<T> = {
  /** Said when it is done. */
  done: string | ((value: T) => string);
  /** The change that takes it back. */
  undo?: Asked<unknown>;
  /** What shows it. */
  show: (value: T) => void | Promise<void>;
  /** A refusal in the words of the page; undefined: in everybody's. */
  why?: (refusal: Refusal) => string | undefined;
};
