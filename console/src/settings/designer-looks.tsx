import { control, frontWords, Icon, useFormat, useWords } from "@aftercare/ui";
import { contrastOf, isColour, textOn } from "./contrast.ts";
import css from "./designer.module.css";
import type { PartProps } from "./designer.tsx";
import { Inherited } from "./designer-place.tsx";
import page from "./settings.module.css";

/** As in ui's tokens: what the button stands on when the shop says nothing else. */
const ours = { brand: "#0a5bd3", light: "#ffffff", dark: "#0e1116" };
/** Of WCAG 2.2 AA, for text and for what is no text. */
const needed = { text: 4.5, mark: 3 };

export function Looks({ draft, set, place }: PartProps) {
  const words = frontWords[useWords().locale].designer;
  const colour = draft.brandColour ?? ours.brand;
  const right = isColour(colour);
  const setColour = (text: string) => set({ brandColour: text === "" ? undefined : text.trim().toLowerCase() });
  return (
    <section class={css.part} aria-label={words.looks}>
      <h3>{words.looks}</h3>
      <div class={css.colour}>
        <input
          class={css.well}
          type="color"
          aria-label={words.colour}
          value={right ? colour : ours.brand}
          onInput={(event) => setColour(event.currentTarget.value)}
        />
        <label class={control.field}>
          {words.colour}
          <input
            class={`${control.input} ${css.hex}`}
            name="colour"
            value={draft.brandColour ?? ""}
            placeholder={ours.brand}
            maxLength={7}
            spellcheck={false}
            aria-invalid={!right}
            onInput={(event) => setColour(event.currentTarget.value)}
          />
          <span class={page.hint}>{right ? words.colourHint : words.colourWrong}</span>
        </label>
      </div>
      {right && <Contrast colour={colour} />}
      <Inherited {...{ place, draft, set }} part="colour" name={words.colour} />
      <Launcher {...{ draft, set }} />
      <Inherited {...{ place, draft, set }} part="launcher" name={words.position} />
    </section>
  );
}

/** Where the button stands on the shop's site. */
function Launcher({ draft, set }: Pick<PartProps, "draft" | "set">) {
  const words = frontWords[useWords().locale].designer;
  const { widget } = draft;
  const launcher = widget.launcher ?? {};
  return (
    <>
      <fieldset class={page.choice}>
        <legend>{words.position}</legend>
        {(["end", "start"] as const).map((position) => (
          <label key={position} class={page.option}>
            <input
              type="radio"
              name="position"
              checked={(launcher.position ?? "end") === position}
              onChange={() => set({ widget: { ...widget, launcher: { ...launcher, position } } })}
            />
            {words.positions[position]}
          </label>
        ))}
      </fieldset>
      <label class={control.field}>
        {words.bottom}
        <input
          class={`${control.input} ${css.hex}`}
          type="number"
          min={0}
          max={400}
          step={1}
          value={launcher.bottomPx ?? ""}
          placeholder="20"
          onInput={(event) => {
            const { value, valueAsNumber } = event.currentTarget;
            const { bottomPx: _, ...rest } = launcher;
            const next = value === "" ? rest : { ...rest, bottomPx: Math.round(valueAsNumber) };
            set({ widget: { ...widget, launcher: next } });
          }}
        />
      </label>
    </>
  );
}

/** The numbers as they are, and what they mean. */
function Contrast(props: { colour: string }) {
  const words = frontWords[useWords().locale].designer;
  const format = useFormat();
  const text = textOn(props.colour);
  const rows = [
    [words.onColour(text === "#ffffff" ? words.white : words.black), contrastOf(props.colour, text), needed.text],
    [words.onLight, contrastOf(props.colour, ours.light), needed.mark],
    [words.onDark, contrastOf(props.colour, ours.dark), needed.mark],
  ] as const;
  const ratio = (value: number) => `${format.number(Math.floor(value * 10) / 10)}:1`;
  return (
    <div class={css.contrast}>
      <span class={css.sample} style={{ background: props.colour, color: text }} aria-hidden="true">
        Aa 文
      </span>
      <dl aria-label={words.contrast} data-testid="contrast">
        {rows.map(([name, value, least]) => (
          <div key={name} data-pass={value >= least}>
            <dt>{name}</dt>
            <dd>
              <Icon name={value >= least ? "check" : "alert"} size={15} /> {ratio(value)} ·{" "}
              {value >= least ? `${words.pass} (AA)` : `${words.weak}, ${words.needs(ratio(least))}`}
            </dd>
          </div>
        ))}
      </dl>
    </div>
  );
}
