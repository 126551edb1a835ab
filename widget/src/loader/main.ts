import { type Loader, optionsOf, run } from "./commands.ts";
import { createLoader, type Defaults } from "./loader.ts";

type Queue = ((...words: unknown[]) => void) & { q?: ArrayLike<unknown>[]; loaded?: true };

/** Put in by the server that serves this file. */
declare const SHOP: Defaults;

// biome-ignore lint/suspicious/noConsole: the page's developer is told here of what is wrong
const warn = (text: string) => console.warn(`aftercare: ${text}`);

/** Takes the place of the stub, does what was asked of it, and starts unless the page wants to do that itself. */
function main(script: HTMLScriptElement | null): void {
  const place = window as unknown as { aftercare?: Queue };
  if (place.aftercare?.loaded) return warn("loaded twice.");
  if (!script?.src) return warn("load it by <script async src>.");
  const waiting = place.aftercare?.q ?? [];
  const loader = createLoader(window, new URL(script.src).origin, SHOP);
  const queue: Queue = (...words) => obey(loader, words);
  queue.loaded = true;
  place.aftercare = queue;
  const { boot: how, ...data } = script.dataset as Record<string, string | undefined>;
  const start = () => {
    if (how !== "manual") {
      const { options, wrong } = optionsOf(data);
      if (wrong) warn(`data-${wrong}`);
      loader.boot(options);
    }
    for (const words of Array.from(waiting)) obey(loader, Array.from(words));
  };
  if (document.body) start();
  else document.addEventListener("DOMContentLoaded", start, { once: true });
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
