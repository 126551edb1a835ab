/** One line without control characters and marks of direction, cut to `maxChars`; undefined for what is no text. */
export function line(value: unknown, maxChars: number): string | undefined {
  if (typeof value !== "string") return undefined;
  const clean = value
    .slice(0, maxChars * 2)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\s]+/gu, " ")
    // Marks in heaps paint over the neighbours; the protocol refuses them too.
    .replace(/(\p{M}{4})\p{M}+/gu, "$1")
    .trim();
  return [...clean].slice(0, maxChars).join("") || undefined;
}
