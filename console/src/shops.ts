import type { ShopRow, StreamId } from "@aftercare/sdk";
import { useEffect } from "preact/hooks";
import { useDesk } from "./desk.ts";
import { useAsk } from "./own.ts";

/** Keeps the shops known as long as it is on screen; a line of a desk that was made since has them asked for again. */
export function useShopsKept(): void {
  const desk = useDesk();
  const ask = useAsk();
  const known = new Set(desk.shops.value?.flatMap(({ desks }) => desks.map(({ id }) => id)));
  const missing = [...new Set(desk.lines.value.flatMap((line) => line.desk ?? []))].filter((id) => !known.has(id));
  const wanted = missing.sort().join();
  // biome-ignore lint/correctness/useExhaustiveDependencies: asked once for those that are missing
  useEffect(() => {
    void ask<{ shops: ShopRow[] }>("/v1/shops").then((said) => {
      if ("value" in said) desk.shops.value = said.value.shops;
    });
  }, [desk, ask, wanted]);
}

/** Every desk, called as its shop; with its own name where the shop has several. */
export function useDeskNames(): { id: StreamId; name: string }[] {
  const shops = useDesk().shops.value ?? [];
  return shops.flatMap(({ name, desks }) =>
    desks.map(({ id, title }) => ({ id, name: desks.length > 1 ? `${name} · ${title}` : name })),
  );
}
