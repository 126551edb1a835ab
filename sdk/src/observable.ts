import type { Observable } from "./types.ts";

/** A listener's bug is its own: it is reported as uncaught, and the others are still told. */
function tell<T>(listeners: ReadonlySet<(value: T) => void>, value: T): void {
  for (const listener of [...listeners]) {
    try {
      listener(value);
    } catch (error) {
      queueMicrotask(() => {
        throw error;
      });
    }
  }
}

/** A value that is set. */
export class Source<T> implements Observable<T> {
  #value: T;
  readonly #listeners = new Set<(value: T) => void>();

  constructor(value: T) {
    this.#value = value;
  }

  get value(): T {
    return this.#value;
  }

  set(value: T): void {
    if (Object.is(value, this.#value)) return;
    this.#value = value;
    tell(this.#listeners, value);
  }

  subscribe(listener: (value: T) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}

/** A value that is computed when somebody looks, and again only after `touch`. Listeners hear of it at `emit`. */
export class Derived<T> implements Observable<T> {
  readonly #compute: () => T;
  readonly #listeners = new Set<(value: T) => void>();
  #known: { value: T } | undefined;
  #told: T | undefined;

  constructor(compute: () => T) {
    this.#compute = compute;
  }

  get value(): T {
    this.#known ??= { value: this.#compute() };
    return this.#known.value;
  }

  touch(): void {
    this.#known = undefined;
  }

  emit(): void {
    if (this.#listeners.size === 0) return;
    const value = this.value;
    if (Object.is(value, this.#told)) return;
    this.#told = value;
    tell(this.#listeners, value);
  }

  subscribe(listener: (value: T) => void): () => void {
    if (this.#listeners.size === 0) this.#told = this.value;
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }
}
