import { preChatFields, type WidgetSettings } from "@aftercare/sdk";
import { control, frontWords, useWords } from "@aftercare/ui";
import css from "./designer.module.css";
import { type PartProps, withText } from "./designer.tsx";
import { Inherited } from "./designer-place.tsx";
import page from "./settings.module.css";

type Asked = NonNullable<WidgetSettings["preChat"]>[number];

/** In the order of the form, whatever was ticked first. */
function toggled(asked: readonly Asked[], field: Asked["field"], on: boolean): Asked[] {
  const rest = asked.filter((one) => one.field !== field);
  const next: Asked[] = on ? [...rest, { field, required: false }] : rest;
  return preChatFields.flatMap((one) => next.filter((each) => each.field === one));
}

/** What is asked before the first message, and what one agrees to. */
export function PreChatPart({ draft, locale, set, place }: PartProps) {
  const words = frontWords[useWords().locale].designer;
  const { widget } = draft;
  const asked = widget.preChat ?? [];
  const put = (next: Asked[]) => set({ widget: { ...widget, preChat: next.length === 0 ? undefined : next } });
  const change = (field: Asked["field"], to: Partial<Asked>) =>
    put(asked.map((one) => (one.field === field ? { ...one, ...to } : one)));
  return (
    <section class={css.part} aria-label={words.before}>
      <h3>{words.before}</h3>
      <p class={page.lead}>{words.beforeLead}</p>
      <ul class={`${page.card} ${css.asks}`}>
        {preChatFields.map((field) => {
          const found = asked.find((one) => one.field === field);
          const name = words.fields[field];
          return (
            <li key={field}>
              <label class={css.tick}>
                <input
                  type="checkbox"
                  checked={found !== undefined}
                  aria-label={words.ask(name)}
                  onChange={(event) => put(toggled(asked, field, event.currentTarget.checked))}
                />
                {name}
              </label>
              {found && (
                <>
                  <label class={css.tick}>
                    <input
                      type="checkbox"
                      checked={found.required}
                      aria-label={words.requiredOf(name)}
                      onChange={(event) => change(field, { required: event.currentTarget.checked })}
                    />
                    {words.required}
                  </label>
                  <input
                    class={`${control.input} ${css.label}`}
                    lang={locale}
                    aria-label={words.label(name)}
                    placeholder={words.label(name)}
                    maxLength={100}
                    value={found.label?.[locale] ?? ""}
                    onInput={(event) =>
                      change(field, { label: withText(found.label, locale, event.currentTarget.value) })
                    }
                  />
                </>
              )}
            </li>
          );
        })}
      </ul>
      <Inherited {...{ place, draft, set }} part="preChat" name={words.before} />
      <Consent {...{ draft, locale, set }} />
      <Inherited {...{ place, draft, set }} part="consent" name={words.consent} />
    </section>
  );
}

/** What one agrees to before anything is sent. */
function Consent({ draft, locale, set }: Pick<PartProps, "draft" | "locale" | "set">) {
  const words = frontWords[useWords().locale].designer;
  const { widget } = draft;
  return (
    <label class={control.field}>
      {words.consent}
      <textarea
        class={`${control.input} ${page.area}`}
        lang={locale}
        value={widget.consent?.[locale] ?? ""}
        maxLength={1_000}
        onInput={(event) =>
          set({ widget: { ...widget, consent: withText(widget.consent, locale, event.currentTarget.value) } })
        }
      />
      <span class={page.hint}>{words.consentHint}</span>
    </label>
  );
}
