import { type AccessWords, AnyIcon, control } from "@aftercare/ui";
import { useState } from "preact/hooks";
import css from "./security.module.css";

/** Shown once. */
export function RecoveryCodes(props: { words: AccessWords; codes: readonly string[] }) {
  const { recovery } = props.words;
  const [isCopied, setCopied] = useState(false);
  const text = `${props.codes.join("\n")}\n`;
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => setCopied(true),
      () => setCopied(false),
    );
  return (
    <div class={css.stack}>
      <p>{recovery.lead}</p>
      <ul class={css.codes} aria-label={recovery.list} data-testid="recovery-codes">
        {props.codes.map((code) => (
          <li key={code}>
            <code>{code}</code>
          </li>
        ))}
      </ul>
      <div class={css.row}>
        <button type="button" class={control.button} onClick={() => void copy()}>
          <AnyIcon name={isCopied ? "check" : "copy"} size={18} />
          <span role="status">{isCopied ? recovery.copied : recovery.copy}</span>
        </button>
        <a
          class={control.button}
          href={`data:text/plain;charset=utf-8,${encodeURIComponent(text)}`}
          download={recovery.file}
        >
          <AnyIcon name="down" size={18} />
          {recovery.download}
        </a>
      </div>
    </div>
  );
}
