import { limits } from "./limits.ts";
import * as v from "./v.ts";

// Bidirectional overrides and embeddings can make a name or a link read as another one; isolates stay allowed.
// biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is refused here
const forbidden = /[\u0000-\u0008\u000b-\u001f\u007f\u202a-\u202e\ufeff]/;
const marksInRow = (count: number) => new RegExp(`\\p{M}{${count}}`, "u");
const marks = marksInRow(limits.combiningMarks + 1);

/** Whether a string may be stored and shown: well-formed Unicode, no controls but tab and newline, no bidi override, no towers of marks. */
export function isCleanText(text: string): boolean {
  return text.isWellFormed() && !forbidden.test(text) && !marks.test(text);
}

/** Text of 1 to `chars` UTF-16 code units that is not only white space. */
export const cleanText = (chars: number) =>
  v.pipe(
    v.string(),
    v.maxLength(chars),
    v.check((text) => isCleanText(text), "unclean"),
    v.check((text) => text.trim().length > 0, "empty"),
  );

/** Like `cleanText`, but may be empty. */
export const cleanTextOrEmpty = (chars: number) =>
  v.pipe(
    v.string(),
    v.maxLength(chars),
    v.check((text) => isCleanText(text), "unclean"),
  );

/** One line of clean text: names and titles. */
export const cleanLine = (chars: number) =>
  v.pipe(
    cleanText(chars),
    v.check((text) => !/[\n\t\u2028\u2029]/.test(text), "line"),
  );
