import { useEffect, useState } from "preact/hooks";

/** At these widths the desk changes its form; the style sheets say the same numbers. */
export const phoneWidth = "(max-width: 760px)";
export const wideWidth = "(min-width: 1100px)";
export const roomyWidth = "(min-width: 1360px)";

export function useMedia(query: string): boolean {
  const [holds, setHolds] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const look = () => setHolds(list.matches);
    look();
    list.addEventListener("change", look);
    return () => list.removeEventListener("change", look);
  }, [query]);
  return holds;
}
