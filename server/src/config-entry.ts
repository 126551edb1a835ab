/** What defaults may depend on; an argument, so that a test can be another machine. */
export type Machine = { readonly isRoot: boolean; readonly projectRoot: string };

/** `databaseUrl` is known before the other defaults are worked out. */
export type Facts = Machine & { readonly databaseUrl: string };

type Shape = "text" | "integer" | "boolean" | "list" | "choice";

export type Entry = {
  readonly env: string;
  readonly shape: Shape;
  readonly text: string;
  /** As a person would write it; a function where it depends on the machine. */
  readonly fallback: string | ((facts: Facts) => string);
  /** How the guide tells a default that is worked out. */
  readonly fallbackText?: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** Never shown, not even when it is wrong: it may hold a password. */
  readonly secret?: boolean;
  /** A sentence that ends "… must be", when the value is wrong. */
  readonly check?: (value: string) => string | undefined;
};
