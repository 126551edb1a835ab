import { useEffect, useState } from "preact/hooks";
import { useDesk } from "./desk.ts";
import type { ListLine } from "./list-types.ts";

const places = ["all", "closed"] as const;

/** The conversations whose customer or title goes by this name, open and closed, newest first. An empty name finds none. */
export function useCustomerLines(name: string): { lines: readonly ListLine[]; loading: boolean } {
  const { source } = useDesk();
  const [found, setFound] = useState<{ name: string; lines: ListLine[]; loading: boolean }>();
  useEffect(() => {
    if (name === "") return;
    const query = name.slice(0, 60);
    const lists = places.map((view) => source.open({ view, query }));
    const take = () => {
      const all = lists.flatMap(({ view }) => [...view.value.lines]);
      const lines = [...new Map(all.map((line) => [line.stream, line])).values()].sort((a, b) => b.lastAt - a.lastAt);
      setFound({ name, lines, loading: lists.some(({ view }) => view.value.status === "loading") });
    };
    take();
    const stops = lists.map(({ view }) => view.subscribe(take));
    return () => {
      for (const stop of stops) stop();
      for (const { close } of lists) close();
    };
  }, [source, name]);
  if (name === "") return { lines: [], loading: false };
  return found?.name === name ? found : { lines: [], loading: true };
}
