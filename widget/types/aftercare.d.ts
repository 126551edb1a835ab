/**
 * Types of `window.aftercare`, the command queue of the chat's loader. Copy this file into your project, or refer to it:
 * `/// <reference path="./aftercare.d.ts" />`.
 */

declare namespace Aftercare {
  type Locale = "en" | "zh-Hant" | "zh-Hans";
  type Theme = "auto" | "light" | "dark";
  /** `#rrggbb`. */
  type Colour = `#${string}`;

  interface Context {
    /** An http address; its query and fragment are never sent. */
    page?: string;
    product?: string;
    order?: string;
  }

  interface Options {
    shop?: string;
    /** A language tag such as `zh-HK`; without it the page's own language. */
    locale?: string;
    theme?: Theme;
    brand?: Colour;
    side?: "left" | "right";
    product?: string;
    order?: string;
  }

  interface Events {
    ready: undefined;
    open: undefined;
    close: undefined;
    unread: { count: number };
    /** A message of the shop arrived. Its text stays in the chat. */
    message: Record<string, never>;
    /** The customer's credential or token has ended: ask your server for a fresh token, and `identify` with it. */
    "token-needed": undefined;
    error: { code: string; text: string };
  }

  type Listener<E extends keyof Events> = (detail: Events[E]) => void;

  interface Queue {
    (command: "boot", options?: Options): void;
    /** `token` was signed by your server. */
    (command: "identify", token: string): void;
    (command: "open" | "close" | "toggle" | "reset" | "shutdown"): void;
    (command: "setContext", context: Context): void;
    (command: "setLocale", locale: Locale): void;
    (command: "setTheme", theme: Theme | { brand: Colour }): void;
    <E extends keyof Events>(command: "on", event: E, listener: Listener<E>): void;
    <E extends keyof Events>(command: "off", event: E, listener?: Listener<E>): void;
    /** Calls made before the loader is there. */
    q?: ArrayLike<unknown>[];
  }
}

interface Window {
  aftercare: Aftercare.Queue;
}
declare var aftercare: Aftercare.Queue;
