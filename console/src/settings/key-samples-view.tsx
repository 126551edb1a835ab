import { frontWords, useWords } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { Copied } from "./copied.tsx";
import css from "./front.module.css";
import { keySamples } from "./key-samples.ts";
import page from "./settings.module.css";

/** How the shop's server signs, to copy. */
export function KeySamples() {
  const words = frontWords[useWords().locale].keys;
  const [name, setName] = useState<(typeof keySamples)[number]["name"]>("Node");
  const code = keySamples.find((one) => one.name === name)?.code ?? "";
  return (
    <section class={css.stack} aria-label={words.code}>
      <h3>{words.code}</h3>
      <p class={page.lead}>{words.codeLead}</p>
      <fieldset class={css.segments}>
        <legend class={css.hidden}>{words.language}</legend>
        {keySamples.map((one) => (
          <label key={one.name}>
            <input type="radio" name="sample" checked={name === one.name} onChange={() => setName(one.name)} />
            {one.name}
          </label>
        ))}
      </fieldset>
      <Copied block text={code} label={name} />
    </section>
  );
}
