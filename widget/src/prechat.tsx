import { control, useWords } from "@aftercare/ui";
import type { TargetedEvent } from "preact";
import { useId, useRef, useState } from "preact/hooks";
import type { Answers } from "./first.ts";
import css from "./prechat.module.css";
import { answersOf, type Problem, problemsOf, type Values } from "./prechat-check.ts";
import { preChatWords } from "./prechat-words.ts";
import { inLanguage, type PreChat, type PreChatFieldName } from "./settings.ts";

const storageKey = "aftercare.form";

/** For this tab only: a phone that is handed on must not tell who asked before. */
function stored(): Values {
  try {
    const values: unknown = JSON.parse(sessionStorage.getItem(storageKey) ?? "{}");
    return typeof values === "object" && values !== null ? (values as Values) : {};
  } catch {
    return {};
  }
}

function store(values: Values | undefined): void {
  try {
    if (values) sessionStorage.setItem(storageKey, JSON.stringify(values));
    else sessionStorage.removeItem(storageKey);
  } catch {
    // Kept for this page only.
  }
}

const kinds: Record<PreChatFieldName, { type: "text" | "tel" | "email"; autocomplete: string }> = {
  name: { type: "text", autocomplete: "name" },
  phone: { type: "tel", autocomplete: "tel" },
  email: { type: "email", autocomplete: "email" },
  order: { type: "text", autocomplete: "off" },
  question: { type: "text", autocomplete: "off" },
};

/** What the shop asks before the first message goes: the message is written already, and waits above. */
export function PreChatForm(props: { form: PreChat; answer: (answers: Answers | undefined) => void }) {
  const { form } = props;
  const { locale } = useWords();
  const words = preChatWords[locale];
  const [values, setValues] = useState(stored);
  const [agreed, setAgreed] = useState(false);
  const [tried, setTried] = useState(false);
  const host = useRef<HTMLFormElement>(null);
  const problems = problemsOf(form, values);
  const labels = { ...words.fields };
  for (const { name, label } of form.fields) labels[name] = inLanguage(label, locale) ?? labels[name];
  const consent = inLanguage(form.consent, locale);
  const consentMissing = consent !== undefined && !agreed;
  const set = (name: PreChatFieldName, value: string) => {
    const next = { ...values, [name]: value };
    setValues(next);
    store(next);
  };
  const onSubmit = (event: TargetedEvent<HTMLFormElement>) => {
    event.preventDefault();
    setTried(true);
    const [first] = form.fields.filter(({ name }) => problems[name] !== undefined);
    if (first || consentMissing) {
      host.current?.querySelector<HTMLElement>(`[name=${first?.name ?? "consent"}]`)?.focus();
      return;
    }
    store(undefined);
    props.answer(answersOf(form, values, { ...words, fields: labels }, consent));
  };
  return (
    <form ref={host} class={css.form} noValidate aria-label={words.title} data-testid="prechat" onSubmit={onSubmit}>
      <h2>{words.title}</h2>
      <p>{words.lead}</p>
      {form.fields.map((field) => (
        <Field
          key={field.name}
          name={field.name}
          required={field.required}
          label={labels[field.name]}
          value={values[field.name] ?? ""}
          problem={tried ? problems[field.name] : undefined}
          onText={(value) => set(field.name, value)}
        />
      ))}
      {consent && <Consent text={consent} agreed={agreed} missing={tried && consentMissing} onAgree={setAgreed} />}
      <button type="submit" class={control.primary}>
        {words.send}
      </button>
    </form>
  );
}

function Field(props: {
  name: PreChatFieldName;
  required: boolean;
  label: string;
  value: string;
  problem: Problem | undefined;
  onText: (value: string) => void;
}) {
  const { name, required, problem } = props;
  const words = preChatWords[useWords().locale];
  const id = useId();
  const { type, autocomplete } = kinds[name];
  const hint = words.hints[name];
  const wrong = problem === "missing" ? words.missing(props.label) : problem && words.wrong[problem];
  return (
    <div class={css.field}>
      <label for={id}>
        {props.label}
        {!required && <span> ({words.optional})</span>}
      </label>
      <input
        id={id}
        class={control.input}
        name={name}
        type={type}
        list={undefined}
        inputMode={type}
        autocomplete={autocomplete}
        autocapitalize={name === "name" ? "words" : "off"}
        maxLength={200}
        required={required}
        value={props.value}
        aria-invalid={problem !== undefined}
        aria-describedby={`${id}h`}
        onInput={(event) => props.onText(event.currentTarget.value)}
      />
      <span id={`${id}h`} class={wrong ? css.wrong : css.hint}>
        {wrong ?? hint}
      </span>
    </div>
  );
}

function Consent(props: { text: string; agreed: boolean; missing: boolean; onAgree: (on: boolean) => void }) {
  const words = preChatWords[useWords().locale];
  const id = useId();
  return (
    <div class={css.consent}>
      <p id={`${id}t`}>{props.text}</p>
      <label class={css.agree}>
        <input
          type="checkbox"
          name="consent"
          checked={props.agreed}
          aria-invalid={props.missing}
          aria-describedby={`${id}t ${id}w`}
          onChange={(event) => props.onAgree(event.currentTarget.checked)}
        />
        {words.consent}
      </label>
      <span id={`${id}w`} class={css.wrong}>
        {props.missing && words.consentMissing}
      </span>
    </div>
  );
}
