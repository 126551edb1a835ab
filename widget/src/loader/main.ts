import { type Loader, optionsOf, run } from "./commands.ts";
import { createLoader, type Defaults } from "./loader.ts";

type Queue = ((...words: unknown[]) => unknown) & {
  q?: ArrayLike<unknown>[];
  loaded?: true;
  /** Waits for how the shop looks. */
  look?: (shop: Defaults) => unknown;
};

/** Of the shop that the script was asked for. Put in by the server that serves this file. */
declare const SHOP: Defaults;

// biome-ignore lint/suspicious/noConsole: the page's developer is told here of what is wrong
const warn = (text: string) => console.warn(`aftercare: ${text}`);

/**
 * Takes the place of the stub, does what was asked of it, and starts unless the page wants to do that itself. Where the line
 * names a shop and the script is not that shop's, this very script is asked for again as the shop's: it hands over how the
 * shop looks. So the page needs no other permission, and the button never shows in another shop's colour.
 */
function main(script: HTMLScriptElement | null): void {
  const place = window as unknown as { aftercare?: Queue };
  const before = place.aftercare;
  if (before?.loaded) return void (before.look ? before.look(SHOP) : warn("twice."));
  if (!script?.src) return warn("no src.");
  const { origin } = new URL(script.src);
  const waiting: ArrayLike<unknown>[] = [...(before?.q ?? [])];
  let loader: Loader | undefined;
  const queue: Queue = (...words) => (loader ? obey(loader, words) : waiting.push(words));
  queue.loaded = true;
  place.aftercare = queue;
  const { boot: how, ...data } = script.dataset as Record<string, string | undefined>;
  const start = (shop: Defaults): void => {
    if (loader) return;
    if (!document.body) return document.addEventListener("DOMContentLoaded", () => start(shop));
    loader = createLoader(window, origin, shop);
    if (how !== "manual") {
      const { options, wrong } = optionsOf(data);
      if (wrong) warn(`data-${wrong}`);
      loader.boot(options);
    }
    for (const words of waiting) obey(loader, [...(words as unknown[])]);
  };
  if (!data.shop?.startsWith("s_") || data.shop === SHOP.shop) return start(SHOP);
  queue.look = start;
  const own = document.createElement("script");
  own.src = `${origin}/loader.js?shop=${data.shop}`;
  own.onerror = () => start(SHOP);
  document.head.append(own);
}

function obey(loader: Loader, words: readonly unknown[]): void {
  try {
    const wrong = run(loader, words);
    if (wrong) warn(wrong);
  } catch (error) {
    warn(String(error));
  }
}

main(document.currentScript as HTMLScriptElement | null);
