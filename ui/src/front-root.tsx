import { signal } from "@preact/signals";
import type { ComponentChildren } from "preact";
import { useMemo } from "preact/hooks";
import "./tokens.css";
import { type Ui, UiContext } from "./context.tsx";
import type { Language } from "./language.ts";
import { Toasts } from "./toast.tsx";

/** Around a page that nobody has signed in to yet: views have words, and no client to ask. */
export function FrontRoot(props: { language: Language; children: ComponentChildren }) {
  const { language } = props;
  const ui = useMemo<Ui>(
    () => ({
      get client(): never {
        throw new Error("nobody has signed in");
      },
      language,
      menu: signal(undefined),
      toasts: signal([]),
    }),
    [language],
  );
  return (
    <UiContext.Provider value={ui}>
      {props.children}
      <Toasts />
    </UiContext.Provider>
  );
}
