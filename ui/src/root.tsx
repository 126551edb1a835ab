import type { Client } from "@aftercare/sdk";
import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import "./tokens.css";
import { type Ui, UiContext } from "./context.tsx";
import type { Language } from "./language.ts";
import { MenuHost } from "./menu.tsx";
import { Toasts } from "./toast.tsx";

/** Around every page: gives the views their client and words, and holds what floats above them. */
export function UiRoot(props: { client: Client; language: Language; children: ComponentChildren }) {
  const { client, language } = props;
  const ui = useMemo<Ui>(() => ({ client, language, menu: signal(undefined), toasts: signal([]) }), [client, language]);
  return (
    <UiContext.Provider value={ui}>
      {props.children}
      <MenuHost />
      <Toasts />
    </UiContext.Provider>
  );
}
