import { effect, signal } from "@preact/signals";
import { remember, remembered } from "./locale.ts";

export const themes = ["auto", "light", "dark"] as const;
export type Theme = (typeof themes)[number];

const storageKey = "aftercare.theme";
const isTheme = (value: string | null): value is Theme => themes.includes(value as Theme);

export const theme = signal<Theme>("auto");

/** Puts the remembered appearance on the page; `auto` leaves it to the device. */
export function startTheme(): void {
  const stored = remembered(storageKey);
  if (isTheme(stored)) theme.value = stored;
  effect(() => {
    if (theme.value === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = theme.value;
  });
}

export function chooseTheme(value: Theme): void {
  theme.value = value;
  remember(storageKey, value === "auto" ? null : value);
}
