import { line } from "./line.ts";

const titleChars = 120;

/** The title of a conversation that begins on a product's page: one line, in UTF-16 units as the protocol counts. */
export function subjectOf(product: unknown, order: unknown): string | undefined {
  const text = [product, order].flatMap((part) => line(part, titleChars) ?? []).join(" · ");
  if (text.length <= titleChars) return text || undefined;
  const cut = text.slice(0, titleChars - 1);
  // Not between the two halves of a character.
  return `${/[\uD800-\uDBFF]$/.test(cut) ? cut.slice(0, -1) : cut}…`;
}
