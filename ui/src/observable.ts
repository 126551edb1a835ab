import type { Observable } from "@aftercare/sdk";
import { type ReadonlySignal, signal } from "@preact/signals";

const known = new WeakMap<Observable<unknown>, ReadonlySignal<unknown>>();

/** An SDK observable as a signal: it listens only while somebody watches. */
export function toSignal<T>(observable: Observable<T>): ReadonlySignal<T> {
  const before = known.get(observable as Observable<unknown>);
  if (before) return before as ReadonlySignal<T>;
  let stop: (() => void) | undefined;
  const made = signal<T>(observable.value, {
    watched() {
      made.value = observable.value;
      stop = observable.subscribe((value) => {
        made.value = value;
      });
    },
    unwatched() {
      stop?.();
      stop = undefined;
    },
  });
  known.set(observable as Observable<unknown>, made);
  return made;
}

/** The value now; the component that asks is drawn again when it changes. */
export function useObservable<T>(observable: Observable<T>): T {
  return toSignal(observable).value;
}
