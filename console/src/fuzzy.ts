/**
 * How well `words` matches `text`: undefined when it does not. Each word must be found: as a piece of the text, better at
 * the start of a word, or else as its letters in order ("gc" finds "Grace Chan").
 */
export function match(text: string, words: string): number | undefined {
  const wanted = words.trim().toLowerCase();
  if (wanted === "") return 0;
  const inside = text.toLowerCase();
  let total = 0;
  for (const word of wanted.split(/\s+/)) {
    const found = piece(inside, word) ?? letters(inside, word);
    if (found === undefined) return undefined;
    total += found;
  }
  return total;
}

const startsWord = (text: string, at: number): boolean => at === 0 || /[\s\-_/.,:(（]/.test(text[at - 1] ?? "");

function piece(text: string, word: string): number | undefined {
  const at = text.indexOf(word);
  if (at < 0) return undefined;
  const start = startsWord(text, at) ? 40 : 0;
  return 100 + start + (at === 0 ? 20 : 0) - Math.min(20, at / 4);
}

function letters(text: string, word: string): number | undefined {
  let at = 0;
  let score = 0;
  for (const letter of word) {
    const next = text.indexOf(letter, at);
    if (next < 0) return undefined;
    score += startsWord(text, next) ? 8 : next === at ? 3 : 0;
    at = next + letter.length;
  }
  // Letters scattered over a long text are no match.
  return score >= word.length * 3 ? score : undefined;
}

/** The best first; those as good stay in their order. */
export function rank<T>(all: readonly T[], words: string, textOf: (one: T) => string, most: number): T[] {
  const found: { one: T; score: number }[] = [];
  for (const one of all) {
    const score = match(textOf(one), words);
    if (score !== undefined) found.push({ one, score });
  }
  return found
    .sort((a, b) => b.score - a.score)
    .slice(0, most)
    .map(({ one }) => one);
}
