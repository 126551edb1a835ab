import type { IdentityTest } from "@aftercare/sdk";
import { control, frontWords, Icon, useWords } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { useAsk, useRefusalText } from "../own.ts";
import css from "./front.module.css";
import page from "./settings.module.css";

/** Longer ones are refused by the server without being read. */
const mostChars = 20_000;

/** What is in a token of the shop's site, and in plain words what is wrong with it. */
export function TokenTest() {
  const words = frontWords[useWords().locale].keys;
  const ask = useAsk();
  const textOf = useRefusalText();
  const [token, setToken] = useState("");
  const [found, setFound] = useState<IdentityTest>();
  const [problem, setProblem] = useState<string>();
  const test = async () => {
    setProblem(undefined);
    const said = await ask<IdentityTest>("/v1/identity-keys/test", { token: token.trim() });
    if ("value" in said) setFound(said.value);
    else {
      setFound(undefined);
      setProblem(textOf(said.refusal));
    }
  };
  return (
    <section class={css.stack} aria-label={words.test}>
      <h3>{words.test}</h3>
      <p class={page.lead}>{words.testLead}</p>
      <form
        class={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          if (token.trim() !== "") void test();
        }}
      >
        <label class={control.field}>
          {words.token}
          <textarea
            class={`${control.input} ${page.area} ${css.mono}`}
            value={token}
            maxLength={mostChars}
            spellcheck={false}
            autocapitalize="none"
            onInput={(event) => setToken(event.currentTarget.value)}
          />
        </label>
        <div>
          <button type="submit" class={control.button} disabled={token.trim() === ""}>
            {words.check}
          </button>
        </div>
      </form>
      <div role="status" data-testid="token-test">
        {problem !== undefined && <p class={control.problem}>{problem}</p>}
        {found && <Found found={found} />}
      </div>
    </section>
  );
}

function Found(props: { found: IdentityTest }) {
  const { good, header, claims, problems } = props.found;
  const words = frontWords[useWords().locale].keys;
  return (
    <div class={`${page.card} ${css.verdict}`} data-good={good}>
      <h4>
        <Icon name={good ? "check" : "alert"} size={18} /> {good ? words.good : words.bad(problems.length)}
      </h4>
      {problems.length > 0 && (
        <ul>
          {problems.map(({ reason, path }) => (
            <li key={`${reason} ${path}`}>
              {words.reasons[reason]}
              {path !== undefined && <code>{words.where(path)}</code>}
            </li>
          ))}
        </ul>
      )}
      {(header !== undefined || claims !== undefined) && (
        <>
          <h5>{words.says}</h5>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls, also by the keyboard */}
          <section class={css.scroll} aria-label={words.says} tabIndex={0}>
            <pre>{JSON.stringify({ header, claims }, undefined, 2)}</pre>
          </section>
        </>
      )}
    </div>
  );
}
