import type { Client, PublicWidgetSettings } from "@aftercare/sdk";
import { type Language, UiRoot } from "@aftercare/ui";
import { signal } from "@preact/signals";
import { render } from "preact";
import css from "./app.module.css";
import type { First, FirstMessage } from "./first.ts";
import { Header } from "./header.tsx";
import { inLanguage, settingsOf } from "./settings.ts";
import { Start } from "./start.tsx";

type Told = {
  settings: Omit<PublicWidgetSettings, "shop">;
  colour: string;
  /** Of what stands on the colour. */
  text: string;
  theme: "light" | "dark";
  screen: "start" | "form";
};

const toldOf = (data: unknown): Told | undefined =>
  typeof data === "object" && data !== null && "aftercarePreview" in data ? (data.aftercarePreview as Told) : undefined;

/**
 * The page as the shop's settings would make it, for the designer of the console around it. The client is never started:
 * nobody becomes a customer. Nothing takes the keyboard, and nothing is kept. Never done, as nothing may come after it.
 */
export function showPreview(client: Client, language: Language): Promise<never> {
  const root = document.getElementById("app");
  if (!root) throw new Error("the page has no #app");
  const told = signal<Told | undefined>(undefined);
  // The small composer of the first moments has nobody to give its words to.
  document.getElementById("early")?.remove();
  root.inert = true;
  addEventListener("message", ({ origin, source, data }) => {
    const next = origin === location.origin && source === parent ? toldOf(data) : undefined;
    if (!next) return;
    told.value = next;
    const { dataset, style } = document.documentElement;
    dataset.theme = next.theme;
    style.setProperty("--brand", next.colour);
    style.setProperty("--on-brand", next.text);
  });
  const Page = () => {
    if (!told.value) return null;
    const { settings } = told.value;
    const { locale } = language.words.value;
    const shop = settingsOf(settings);
    // Nothing is asked: there are no questions to show.
    const screen = shop.preChat ? told.value.screen : "start";
    const greeting = inLanguage(shop.greeting, locale);
    const first = firstOf(screen, language);
    return (
      <UiRoot client={client} language={language}>
        <div class={css.app}>
          <Header settings={shop} />
          <Start key={screen} first={first} now={first.now.value} greeting={greeting} form={shop.preChat} />
        </div>
      </UiRoot>
    );
  };
  render(<Page />, root);
  parent.postMessage("aftercare:preview", location.origin);
  return new Promise(() => undefined);
}

function firstOf(screen: Told["screen"], language: Language): FirstMessage {
  const [text = ""] = language.words.value.start.topics;
  const now = signal<First | undefined>(screen === "form" ? { state: "asking", texts: [text] } : undefined);
  const nothing = () => undefined;
  return { now, send: nothing, answer: nothing, retry: nothing, discard: nothing, resume: nothing };
}
