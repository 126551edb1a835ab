import type { WidgetSettings } from "@aftercare/sdk";
import { type ReadonlySignal, signal } from "@preact/signals";

/** After this nobody waits for the shop's settings any more: the page works without. */
const settingsTimeoutMs = 8_000;

/** The shop's settings once they are here. A page that cannot have them asks for nothing before the first message. */
export function loadSettings(base: string, shop: string | null): ReadonlySignal<WidgetSettings | undefined> {
  const settings = signal<WidgetSettings | undefined>(undefined);
  const query = shop === null ? "" : `?shop=${encodeURIComponent(shop)}`;
  const signalOf = AbortSignal.timeout(settingsTimeoutMs);
  fetch(`${base}/v1/widget-settings${query}`, { signal: signalOf, credentials: "omit" })
    .then(async (response) => {
      settings.value = response.ok ? ((await response.json()) as WidgetSettings) : {};
    })
    .catch(() => {
      settings.value = {};
    });
  return settings;
}
