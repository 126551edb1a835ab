import type { ShopRow, StreamId } from "@aftercare/sdk";
import { useEffect } from "preact/hooks";
import { useDesk } from "./desk.ts";
import { useAsk } from "./own.ts";

/** Keeps the shops known as long as it is on screen; a line of a shop or desk that was made since has them asked for again. */
export function useShopsKept(): void {
  const desk = useDesk();
  const ask = useAsk();
  const known = new Set(desk.shops.value?.flatMap(({ id, desks }) => [id, ...desks.map((one) => one.id)]));
  const missing = [...new Set(desk.lines.value.flatMap((line) => [line.desk ?? [], line.shop ?? []].flat()))].filter(
    (id) => !known.has(id),
  );
  const wanted = missing.sort().join();
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

type Asked = { desk?: StreamId | undefined; shop?: string | undefined };

/** The shop that a conversation was asked of: the one that was named, else its desk's. */
export const shopOf = (shops: readonly ShopRow[] | undefined, asked: Asked): ShopRow | undefined =>
  shops?.find(({ id }) => id === asked.shop) ?? shops?.find(({ desks }) => desks.some(({ id }) => id === asked.desk));

/** What the shop is called that a conversation was asked of: its desk's, unless another shop's desk hears it. */
export function useShopName(asked: Asked): string | undefined {
  const shops = useDesk().shops.value ?? [];
  const ofDesk = useDeskNames().find(({ id }) => id === asked.desk)?.name;
  const shop = shops.find(({ id }) => id === asked.shop);
  return !shop || shop.desks.some(({ id }) => id === asked.desk) ? ofDesk : shop.name;
}
