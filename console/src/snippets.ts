import { limits, type SharedSnippet } from "@aftercare/sdk";
import type { DeskWords } from "@aftercare/ui";
import { isRecord } from "./keep.ts";

/** An answer that is written often; `name` is what one types after the slash. */
export type Snippet = { name: string; text: string };

export const snippetLimits = {
  count: 200,
  nameChars: limits.snippetNameChars,
  textChars: limits.snippetChars,
} as const;
const nameForm = /^[\p{L}\p{N}][\p{L}\p{N}_-]*$/u;

export const isSnippetName = (name: string): boolean => name.length <= snippetLimits.nameChars && nameForm.test(name);

/** What was kept, or the first few in the reader's language where nothing was. */
export function readSnippets(found: unknown, words: DeskWords): Snippet[] {
  if (!Array.isArray(found)) return words.snippets.seeds.map(([name, text]) => ({ name, text }));
  return found
    .filter(
      (one): one is Snippet =>
        isRecord(one) && typeof one.name === "string" && isSnippetName(one.name) && typeof one.text === "string",
    )
    .slice(0, snippetLimits.count);
}

/** What the server said and this device kept. */
export const readShared = (found: unknown): SharedSnippet[] =>
  (Array.isArray(found) ? found : []).filter(
    (one): one is SharedSnippet =>
      isRecord(one) && typeof one.name === "string" && typeof one.text === "string" && isRecord(one.texts),
  );

export type SnippetFacts = { customer: string; agent: string; shop: string };

/**
 * The text with the names filled in. What is not known is left out with the space before it, and with the comma that only
 * set it off: the one after it where a sentence begins, the one before it where other punctuation follows.
 */
export function fillSnippet(text: string, facts: SnippetFacts): string {
  const keys = ["customer", "agent", "shop"] as const;
  const unknown = keys.filter((key) => facts[key] === "").join("|");
  const hole = `\\{(?:${unknown})\\}`;
  const begins = new RegExp(`(^|\\n|[.!?。！？] *)(?:${hole} *[,，、]? *)+`, "g");
  const setOff = new RegExp(`[,，、] *${hole} *(?=[,，、.!?;:。！？；：\\n]|$)`, "g");
  const known = unknown
    ? text
        .replace(begins, "$1")
        .replace(setOff, "")
        .replace(new RegExp(` ?${hole}`, "g"), "")
    : text;
  return known.replace(/\{(customer|agent|shop)\}/g, (_, key: keyof SnippetFacts) => facts[key]);
}

/** The word that stands before the caret and begins with the sign, at the start of a line for a slash. */
export function wordAt(text: string, caret: number): { sign: "/" | "@"; word: string; from: number } | undefined {
  const before = text.slice(0, caret);
  const slash = /(?:^|\n)\/([\p{L}\p{N}_-]*)$/u.exec(before);
  if (slash) return { sign: "/", word: slash[1] ?? "", from: caret - (slash[1] ?? "").length - 1 };
  const at = /(?:^|[\s(（，。、：])@([^\s@]*)$/u.exec(before);
  if (at) return { sign: "@", word: at[1] ?? "", from: caret - (at[1] ?? "").length - 1 };
  return undefined;
}
