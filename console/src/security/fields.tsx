import { passwordChars } from "@aftercare/sdk";
import { type AccessWords, accessWords, control, type Language } from "@aftercare/ui";
import { useId } from "preact/hooks";
import { QrCode } from "./qr.tsx";
import css from "./security.module.css";

/** Phones offer the code from the app or the message by `one-time-code`. */
export function CodeField(props: { label: string; kind: "totp" | "recovery" }) {
  const isApp = props.kind === "totp";
  return (
    <label class={control.field}>
      {props.label}
      <input
        class={`${control.input} ${css.code}`}
        name="code"
        autocomplete={isApp ? "one-time-code" : "off"}
        inputMode={isApp ? "numeric" : "text"}
        {...(isApp && { pattern: "[0-9 ]{6,7}", maxLength: 7 })}
        autocapitalize="none"
        spellcheck={false}
        required
      />
    </label>
  );
}

export function NewPasswordField(props: { language: Language; label: string; name?: string }) {
  const words = accessWords[props.language.words.value.locale];
  const hint = useId();
  return (
    <div class={css.stack}>
      <label class={control.field}>
        {props.label}
        <input
          class={control.input}
          name={props.name ?? "password"}
          type="password"
          autocomplete="new-password"
          maxLength={passwordChars.max}
          aria-describedby={hint}
          required
        />
      </label>
      <p id={hint} class={css.hint}>
        {words.link.hint(props.language.format.value.number(passwordChars.min))}
      </p>
    </div>
  );
}

/** What the authenticator app needs: to scan, or to type. */
export function TotpOfferView(props: { words: AccessWords; uri: string }) {
  const { enrol } = props.words;
  const secret = new URL(props.uri).searchParams.get("secret") ?? "";
  return (
    <>
      <p>{enrol.lead}</p>
      <QrCode text={props.uri} label={enrol.qr} />
      <p class={css.hint}>
        {enrol.byHand} <code class={css.secret}>{secret.replace(/(.{4})(?=.)/g, "$1 ")}</code>
      </p>
    </>
  );
}
