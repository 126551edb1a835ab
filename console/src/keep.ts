import { type Signal, signal } from "@preact/signals";

/** Small things kept for one account, on this device. */
export interface Keep {
  get(key: string): unknown;
  set(key: string, value: unknown): void;
  /** What comes from elsewhere. */
  hear?(key: string, listener: (found: unknown) => void): void;
}

export type LocalKeep = Keep & {
  /** Tells what another tab of this browser keeps, until the returned function is called. */
  follow(heard: (key: string) => void): () => void;
};

export function localKeep(account: string): LocalKeep {
  const name = (key: string) => `aftercare.desk.${account}.${key}`;
  return {
    get(key) {
      try {
        return JSON.parse(localStorage.getItem(name(key)) ?? "null");
      } catch {
        // Storage is refused, or somebody else wrote there: as good as nothing.
        return null;
      }
    },
    set(key, value) {
      try {
        if (value === undefined) localStorage.removeItem(name(key));
        else localStorage.setItem(name(key), JSON.stringify(value));
      } catch {
        // The choice then holds for this page only.
      }
    },
    follow(heard) {
      const onStorage = ({ key }: StorageEvent) => {
        if (key?.startsWith(name(""))) heard(key.slice(name("").length));
      };
      addEventListener("storage", onStorage);
      return () => removeEventListener("storage", onStorage);
    },
  };
}

/** A signal whose value is kept. `read` makes a right value of whatever is found. */
export function kept<T>(keep: Keep, key: string, read: (found: unknown) => T): Signal<T> {
  const made = signal<T>(read(keep.get(key)));
  let first = true;
  keep.hear?.(key, (found) => {
    made.value = read(found);
  });
  made.subscribe((value) => {
    if (first) first = false;
    else keep.set(key, value);
  });
  return made;
}

export const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
export const numberIn = (value: unknown, low: number, high: number, otherwise: number): number =>
  typeof value === "number" && Number.isFinite(value) ? Math.min(high, Math.max(low, value)) : otherwise;
