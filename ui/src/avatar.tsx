import css from "./avatar.module.css";

/** A colour that stays the same for one account; all of them carry white text well. */
const hues = [212, 262, 330, 12, 150, 185, 286, 36];

function hueOf(id: string): number {
  let sum = 0;
  for (let i = 0; i < id.length; i++) sum = (sum * 31 + id.charCodeAt(i)) >>> 0;
  return hues[sum % hues.length] ?? 212;
}

/** The family name of a Chinese name, else the first letters of the first and last word. */
export function initials(name: string): string {
  const clean = name.trim();
  if (/\p{Script=Han}/u.test(clean)) return [...clean.replace(/\s/g, "")].slice(0, 1).join("");
  const wordList = clean.split(/\s+/).filter((word) => /[\p{L}\p{N}]/u.test(word));
  const letters = [wordList[0], wordList.length > 1 ? wordList.at(-1) : undefined];
  return (
    letters
      .map((word) => (word ? ([...word][0] ?? "") : ""))
      .join("")
      .toUpperCase() || "?"
  );
}

export function Avatar(props: { id: string; name: string; size?: number; online?: boolean | undefined }) {
  const size = props.size ?? 40;
  return (
    <span
      class={css.avatar}
      style={{ width: `${size}px`, height: `${size}px`, fontSize: `${size * 0.4}px`, "--hue": hueOf(props.id) }}
      aria-hidden="true"
    >
      {initials(props.name)}
      {props.online && <span class={css.dot} />}
    </span>
  );
}
