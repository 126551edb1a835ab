/** For what can only be wrong by a bug of ours: it is thrown, never handled. */
export function assert(condition: unknown, what: string): asserts condition {
  if (!condition) throw new Error(`bug: ${what}`);
}
