import { mayEverywhere, type ShopRow, type ShopWidget, type Workspace } from "@aftercare/sdk";
import { control, frontWords, type Locale, languageNames, locales, toast, useMe, useUi, useWords } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { useDraft } from "../drafts.ts";
import { useAsk, useOwn, useRefusalText } from "../own.ts";
import { isColour } from "./contrast.ts";
import css from "./designer.module.css";
import { Looks } from "./designer-looks.tsx";
import {
  draftWith,
  Inherited,
  type Kept,
  keptOf,
  type Place,
  PlacePicker,
  shopPlace,
  wholePlace,
} from "./designer-place.tsx";
import { PreChatPart } from "./designer-prechat.tsx";
import { Preview } from "./designer-preview.tsx";
import { TakeAway } from "./designer-take.tsx";
import front from "./front.module.css";
import page from "./settings.module.css";
import { Waiting } from "./waiting.tsx";

export type Draft = Omit<Workspace, "id">;
export type PartProps = { draft: Draft; locale: Locale; set: (change: Partial<Draft>) => void; place: Place };

/** An empty text is none: then the shop's default language is shown, or our own words. */
export function withText<T extends { readonly [L in Locale]?: string | undefined }>(
  texts: T | undefined,
  locale: Locale,
  text: string,
): T | undefined {
  const { [locale]: _, ...rest } = texts ?? ({} as T);
  const next = text === "" ? rest : { ...rest, [locale]: text };
  return Object.keys(next).length === 0 ? undefined : (next as T);
}

/** What customers meet: texts, colour and questions, seen at once on the real page, and the ways to it. */
export function Designer() {
  const words = frontWords[useWords().locale];
  const workspace = useOwn<Workspace>("/v1/workspace");
  const shops = useOwn<{ shops: ShopRow[] }>("/v1/shops");
  const [chosen = "", setChosen] = useDraft<string>("designer");
  const shop = shops.value?.shops.find(({ id }) => id === chosen);
  const own = useOwn<ShopWidget>(shop && `/v1/shops/${shop.id}/widget`);
  if (!workspace.value) return <Waiting problem={workspace.problem} retry={() => void workspace.load()} />;
  let place = wholePlace(workspace.value, workspace.put);
  if (shop && own.value) place = shopPlace(workspace.value, shop, own.value, own.put);
  return (
    <>
      <p class={page.lead}>{words.designer.lead}</p>
      <PlacePicker shops={shops.value?.shops ?? []} shop={chosen} choose={(id) => setChosen(() => id)} />
      {shop && !own.value ? (
        <Waiting problem={own.problem} retry={() => void own.load()} />
      ) : (
        <Form key={chosen} place={place} />
      )}
      <TakeAway shop={shop} />
    </>
  );
}

function Form({ place }: { place: Place }) {
  const ui = useUi();
  const me = useMe();
  const plain = useWords();
  const words = frontWords[plain.locale];
  const own = words.designer;
  const ask = useAsk();
  const textOf = useRefusalText();
  const [kept, keep] = useDraft<Kept>(place.path);
  const draft = draftWith(place, kept);
  const [locale, setLocale] = useState<Locale>(plain.locale);
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const dirty = JSON.stringify(place.bodyOf(draft)) !== JSON.stringify(place.bodyOf(place.before));
  const wrong = draft.brandColour !== undefined && !isColour(draft.brandColour);
  const may = me !== undefined && mayEverywhere(me, "settings.manage");
  const set = (change: Partial<Draft>) => keep((now) => keptOf(place, now, change));
  const save = async () => {
    setBusy(true);
    setProblem(undefined);
    const said = await ask<unknown>(place.path, place.bodyOf(draft), place.method);
    setBusy(false);
    if ("refusal" in said) return setProblem(textOf(said.refusal));
    // What was changed during the save is not in it.
    keep((now) => (now === kept ? undefined : now));
    place.taken(said.value);
    toast(ui, own.saved);
  };
  const part = { draft, locale, set, place };
  return (
    <div class={css.columns}>
      <form
        class={css.form}
        aria-label={own.shopPart}
        onSubmit={(event) => {
          event.preventDefault();
          if (dirty && !wrong && !busy) void save();
        }}
      >
        {!may && <p class={front.warn}>{words.forbidden}</p>}
        <fieldset class={css.fields} disabled={!may}>
          {!place.shop && <Name {...part} />}
          <TextLanguage locale={locale} choose={setLocale} />
          <Texts {...part} />
          <Looks {...part} />
          <PreChatPart {...part} />
        </fieldset>
        <Save problem={problem} dirty={dirty} ready={may && !wrong && !busy} undo={() => keep(() => undefined)} />
      </form>
      <Preview draft={draft} locale={locale} />
    </div>
  );
}

function Name({ draft, set }: PartProps) {
  const words = frontWords[useWords().locale].designer;
  return (
    <label class={control.field}>
      {words.name}
      <input
        class={control.input}
        value={draft.name}
        maxLength={60}
        required
        onInput={(event) => set({ name: event.currentTarget.value })}
      />
    </label>
  );
}

function TextLanguage(props: { locale: Locale; choose: (locale: Locale) => void }) {
  const words = frontWords[useWords().locale].designer;
  return (
    <fieldset class={front.segments}>
      <legend class={css.legend}>{words.texts}</legend>
      {locales.map((one) => (
        <label key={one}>
          <input type="radio" name="texts" checked={props.locale === one} onChange={() => props.choose(one)} />
          {languageNames[one]}
        </label>
      ))}
    </fieldset>
  );
}

function Save(props: { problem: string | undefined; dirty: boolean; ready: boolean; undo: () => void }) {
  const words = frontWords[useWords().locale].designer;
  return (
    <>
      <p role="alert" class={props.problem === undefined ? control.hidden : control.problem}>
        {props.problem}
      </p>
      <div class={css.save}>
        <button type="submit" class={control.primary} disabled={!props.dirty || !props.ready}>
          {words.save}
        </button>
        {props.dirty && (
          <button type="button" class={control.button} onClick={props.undo}>
            {words.undo}
          </button>
        )}
        <span role="status" class={front.quiet}>
          {props.dirty ? words.dirty : ""}
        </span>
      </div>
    </>
  );
}

function Texts({ draft, locale, set, place }: PartProps) {
  const words = frontWords[useWords().locale].designer;
  const { widget } = draft;
  return (
    <>
      <label class={control.field}>
        {words.title}
        <input
          class={control.input}
          lang={locale}
          value={widget.title?.[locale] ?? ""}
          maxLength={100}
          onInput={(event) =>
            set({ widget: { ...widget, title: withText(widget.title, locale, event.currentTarget.value) } })
          }
        />
      </label>
      <Inherited {...{ place, draft, set }} part="title" name={words.title} />
      <label class={control.field}>
        {words.greeting}
        <textarea
          class={`${control.input} ${page.area}`}
          lang={locale}
          value={widget.greeting?.[locale] ?? ""}
          maxLength={1_000}
          onInput={(event) =>
            set({ widget: { ...widget, greeting: withText(widget.greeting, locale, event.currentTarget.value) } })
          }
        />
        <span class={page.hint}>{words.greetingHint}</span>
      </label>
      <Inherited {...{ place, draft, set }} part="greeting" name={words.greeting} />
    </>
  );
}
