import { limits } from "./limits.ts";
import { cleanLine, cleanText } from "./text.ts";
import * as v from "./v.ts";
import type { Locale } from "./workspace.ts";

const text = cleanText(limits.snippetChars);

/** A reply that all staff share; `name` is what one types after the slash. `texts` where it is said in a language of its own. */
export const snippetWrite = v.strictObject({
  name: v.pipe(cleanLine(limits.snippetNameChars), v.regex(/^[\p{L}\p{N}][\p{L}\p{N}_-]*$/u)),
  text,
  texts: v.optional(v.strictObject({ en: v.optional(text), "zh-Hant": v.optional(text), "zh-Hans": v.optional(text) })),
});

export type SharedSnippet = { id: string; name: string; text: string; texts: { [L in Locale]?: string | undefined } };
export type SharedSnippets = { version: number; snippets: SharedSnippet[] };
