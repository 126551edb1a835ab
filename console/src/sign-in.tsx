import type { Refusal } from "@aftercare/sdk";
import { control, FrontPreferences, Icon, type Language, refusalText } from "@aftercare/ui";
import type { ComponentChildren } from "preact";
import { useState } from "preact/hooks";
import css from "./sign-in.module.css";

export type SignInAnswer = { refusal: Refusal } | { refusal?: undefined };

/** Login and password. The page that holds it decides what comes after. */
export function SignIn(props: {
  language: Language;
  signIn: (login: string, password: string) => Promise<SignInAnswer>;
  /** Other ways in. */
  more?: ComponentChildren;
}) {
  const words = props.language.words.value;
  const format = props.language.format.value;
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const submit = async (form: HTMLFormElement) => {
    const data = new FormData(form);
    setBusy(true);
    setProblem(undefined);
    try {
      const { refusal } = await props.signIn(String(data.get("login")).trim(), String(data.get("password")));
      if (refusal?.code === "unauthorised" || refusal?.code === "invalid") setProblem(words.signIn.wrong);
      else if (refusal) setProblem(refusalText(refusal, words, format));
    } catch {
      setProblem(words.signIn.failed);
    }
    setBusy(false);
  };
  return (
    <main class={css.page}>
      <div class={css.corner}>
        <FrontPreferences />
      </div>
      <form
        class={css.card}
        // Before its script was there it must not put a password into the address.
        method="post"
        onSubmit={(event) => {
          event.preventDefault();
          if (!busy) void submit(event.currentTarget);
        }}
      >
        <span class={css.logo} aria-hidden="true">
          <Icon name="chat" size={28} />
        </span>
        <h1>{words.console.title}</h1>
        <p class={css.lead}>{words.signIn.lead}</p>
        <label class={control.field}>
          {words.signIn.login}
          <input
            class={control.input}
            name="login"
            autocomplete="username"
            autocapitalize="none"
            spellcheck={false}
            required
          />
        </label>
        <label class={control.field}>
          {words.signIn.password}
          <input class={control.input} name="password" type="password" autocomplete="current-password" required />
        </label>
        <p role="alert" class={problem === undefined ? control.hidden : control.problem}>
          {problem}
        </p>
        <button type="submit" class={control.primary} aria-busy={busy}>
          {words.signIn.submit}
        </button>
        {props.more}
      </form>
    </main>
  );
}
