/** A text beyond both of the first is folded to the second: a fold that hides two lines would only be in the way. */
const foldFrom = { lines: 15, chars: 1_400 };
const foldTo = { lines: 12, chars: 1_200 };

/** What is shown of a long text before "show all"; undefined when it is not long. */
export function foldedText(text: string): string | undefined {
  let end = text.length > foldFrom.chars ? foldTo.chars : text.length;
  let lineEnd = -1;
  let cut = text.length;
  for (let line = 1; line <= foldFrom.lines; line++) {
    lineEnd = text.indexOf("\n", lineEnd + 1);
    if (lineEnd < 0) break;
    if (line === foldTo.lines) cut = lineEnd;
    if (line === foldFrom.lines) end = Math.min(end, cut);
  }
  if (end === text.length) return undefined;
  // Not through the middle of a character, nor of a word where one ends near.
  if (text[end] === "\n") return `${text.slice(0, end).trimEnd()}…`;
  const space = text.lastIndexOf(" ", end);
  if (space > Math.max(0, end - 40)) end = space;
  else if (/[\udc00-\udfff]/.test(text[end] as string)) end -= 1;
  return `${text.slice(0, end).trimEnd()}…`;
}

const emojiOnly = /^(?:\p{Extended_Pictographic}|\p{Regional_Indicator}|\p{Emoji_Modifier}|[\u200d\ufe0f])+$/u;
const emojiEach =
  /\p{Regional_Indicator}{2}|\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})*(?:\u200d\p{Extended_Pictographic}(?:\ufe0f|\p{Emoji_Modifier})*)*/gu;

/** One to three emoji and nothing else: drawn large. */
export const isBigEmoji = (text: string): boolean =>
  text.length <= 40 && emojiOnly.test(text) && (text.match(emojiEach)?.length ?? 0) <= 3;
