import { useDesk } from "./desk.ts";

/** What is typed and not saved stays while the desk does: to look elsewhere and come back loses nothing. */
export function useDraft<T>(path: string): [T | undefined, (next: (now: T | undefined) => T | undefined) => void] {
  const { drafts } = useDesk();
  const set = (next: (now: T | undefined) => T | undefined) => {
    const all = new Map(drafts.peek());
    const value = next(all.get(path) as T | undefined);
    if (value === undefined) all.delete(path);
    else all.set(path, value);
    drafts.value = all;
  };
  return [drafts.value.get(path) as T | undefined, set];
}
