import { isCredential, type LinkAbout, passwordChars, type Refusal, type TotpOffer } from "@aftercare/sdk";
import { type AccessWords, accessWords, control, type Language, refusalText } from "@aftercare/ui";
import type { ComponentChildren } from "preact";
import { useEffect, useState } from "preact/hooks";
import page from "../sign-in.module.css";
import type { SignInAnswer } from "../sign-in.tsx";
import type { Door, StepAnswer } from "./door.ts";
import { CodeField, NewPasswordField, TotpOfferView } from "./fields.tsx";
import { RecoveryCodes } from "./recovery-codes.tsx";
import css from "./security.module.css";
import { Card } from "./signed-out.tsx";

export type Stage =
  | { at: "code"; attempt: string }
  | { at: "enrol"; attempt: string }
  | { at: "forgotten" }
  | { at: "link"; link: string };

export type StepsProps = {
  language: Language;
  door: Door;
  stage: Stage;
  go: (stage: Stage) => void;
  follow: (answer: StepAnswer) => SignInAnswer;
  enter: () => void;
  back: () => void;
};

/** The views between a first proof and the desk, and those that a mail leads to. */
export function StepViews(props: StepsProps) {
  const { stage } = props;
  switch (stage.at) {
    case "code":
      return <CodeStep {...props} attempt={stage.attempt} />;
    case "enrol":
      return <EnrolStep {...props} attempt={stage.attempt} />;
    case "forgotten":
      return <ForgottenStep {...props} />;
    case "link":
      return <LinkStep {...props} link={stage.link} />;
    default:
      return stage satisfies never;
  }
}

type Told = { text: string } | undefined;

/** The words for a refusal in these views. */
export function useRefusals(language: Language): (refusal: Refusal, unauthorised?: string) => string {
  const words = accessWords[language.words.value.locale];
  const format = language.format.value;
  return (refusal, unauthorised) => {
    if (refusal.code === "unauthorised" && unauthorised !== undefined) return unauthorised;
    if (refusal.code === "too-late") return words.overdue;
    if (refusal.code === "already-a-member") return words.link.taken;
    if (refusal.path === "passkey") return words.passkeyFirst;
    if (refusal.path === "password.short") return words.weak.short(format.number(passwordChars.min));
    if (refusal.path === "password.common") return words.weak.common;
    if (refusal.path === "password.personal") return words.weak.personal;
    return refusalText(refusal, language.words.value, format);
  };
}

/** A form that is busy while its answer is awaited, and says what went wrong. */
export function StepForm(props: {
  language: Language;
  submit: string;
  run: (data: FormData) => Promise<string | undefined>;
  children: ComponentChildren;
  after?: ComponentChildren;
}) {
  const words = accessWords[props.language.words.value.locale];
  const [busy, setBusy] = useState(false);
  const [told, tell] = useState<Told>();
  const submit = async (form: HTMLFormElement) => {
    setBusy(true);
    tell(undefined);
    const problem = await props.run(new FormData(form)).catch(() => words.failed);
    if (problem !== undefined) tell({ text: problem });
    setBusy(false);
  };
  return (
    <form
      class={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) void submit(event.currentTarget);
      }}
    >
      {props.children}
      <p role="alert" class={told === undefined ? control.hidden : control.problem}>
        {told?.text}
      </p>
      <button type="submit" class={control.primary} aria-busy={busy}>
        {props.submit}
      </button>
      {props.after}
    </form>
  );
}

function Back(props: { words: AccessWords; back: () => void }) {
  return (
    <button type="button" class={page.link} onClick={props.back}>
      {props.words.backToSignIn}
    </button>
  );
}

function CodeStep(props: StepsProps & { attempt: string }) {
  const { language, door, attempt, follow } = props;
  const words = accessWords[language.words.value.locale];
  const textOf = useRefusals(language);
  const [kind, setKind] = useState<"totp" | "recovery">("totp");
  const isApp = kind === "totp";
  return (
    <Card title={words.code.title}>
      <p class={page.lead}>{isApp ? words.code.lead : words.code.recoveryLead}</p>
      <StepForm
        key={kind}
        language={language}
        submit={words.code.submit}
        run={async (data) => {
          const { refusal } = follow(await door.code(attempt, String(data.get("code")).trim(), kind));
          return refusal && textOf(refusal, words.code.wrong);
        }}
        after={
          <>
            <button type="button" class={page.link} onClick={() => setKind(isApp ? "recovery" : "totp")}>
              {isApp ? words.code.useRecovery : words.code.useApp}
            </button>
            <Back words={words} back={props.back} />
          </>
        }
      >
        <CodeField label={isApp ? words.code.label : words.code.recoveryLabel} kind={kind} />
      </StepForm>
    </Card>
  );
}

function EnrolStep(props: StepsProps & { attempt: string }) {
  const { language, door, attempt } = props;
  const words = accessWords[language.words.value.locale];
  const textOf = useRefusals(language);
  const [offer, setOffer] = useState<TotpOffer>();
  const [problem, setProblem] = useState<string>();
  const [isDone, setDone] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: each attempt asks once: every asking makes a new secret
  useEffect(() => {
    door.enrol(attempt).then(
      (said) => ("value" in said ? setOffer(said.value) : setProblem(textOf(said.refusal))),
      () => setProblem(words.failed),
    );
  }, [attempt]);
  if (isDone && offer)
    return (
      <Card title={words.recovery.title}>
        <RecoveryCodes words={words} codes={offer.recoveryCodes} />
        <button type="button" class={control.primary} onClick={props.enter}>
          {words.recovery.kept}
        </button>
      </Card>
    );
  return (
    <Card title={words.enrol.title}>
      <p class={page.lead}>{words.enrol.required}</p>
      {problem !== undefined && (
        <p role="alert" class={control.problem}>
          {problem}
        </p>
      )}
      {offer && (
        <StepForm
          language={language}
          submit={words.enrol.submit}
          run={async (data) => {
            const said = await door.enrolled(attempt, String(data.get("code")).trim());
            if ("refusal" in said) return textOf(said.refusal, words.code.wrong);
            // The desk waits until the codes were kept: they are shown this once.
            if (isCredential(said.value)) setDone(true);
            return undefined;
          }}
        >
          <TotpOfferView words={words} uri={offer.uri} />
          <CodeField label={words.enrol.label} kind="totp" />
        </StepForm>
      )}
      <Back words={words} back={props.back} />
    </Card>
  );
}

function ForgottenStep(props: StepsProps) {
  const { language, door } = props;
  const words = accessWords[language.words.value.locale];
  const textOf = useRefusals(language);
  const [isSent, setSent] = useState(false);
  if (isSent)
    return (
      <Card title={words.forgotten.sentTitle}>
        <p class={page.lead} role="status">
          {words.forgotten.sent}
        </p>
        <Back words={words} back={props.back} />
      </Card>
    );
  return (
    <Card title={words.forgotten.title}>
      <p class={page.lead}>{words.forgotten.lead}</p>
      <StepForm
        language={language}
        submit={words.forgotten.submit}
        run={async (data) => {
          const said = await door.forgotten(String(data.get("email")).trim(), words.locale);
          if ("refusal" in said) return textOf(said.refusal);
          setSent(true);
          return undefined;
        }}
        after={<Back words={words} back={props.back} />}
      >
        <label class={control.field}>
          {words.forgotten.email}
          <input class={control.input} name="email" type="email" autocomplete="email" required />
        </label>
      </StepForm>
    </Card>
  );
}

function LinkStep(props: StepsProps & { link: string }) {
  const { language, door, link } = props;
  const words = accessWords[language.words.value.locale];
  const [about, setAbout] = useState<LinkAbout | "over" | "failed">();
  useEffect(() => {
    door.look(link).then(
      (said) => setAbout("value" in said ? said.value : "over"),
      () => setAbout("failed"),
    );
  }, [door, link]);
  if (about === undefined)
    return (
      <Card title={language.words.value.console.title}>
        <span class={control.spinner} role="status" aria-label={language.words.value.common.loading} />
      </Card>
    );
  if (typeof about === "string")
    return (
      <Card title={about === "over" ? words.link.overTitle : language.words.value.console.title}>
        <p class={page.lead}>{about === "over" ? words.link.over : words.failed}</p>
        <Back words={words} back={props.back} />
      </Card>
    );
  return <LinkForm {...props} about={about} />;
}

function LinkForm(props: StepsProps & { link: string; about: LinkAbout }) {
  const { language, door, link, about, follow } = props;
  const words = accessWords[language.words.value.locale];
  const textOf = useRefusals(language);
  const isReset = about.kind === "reset";
  const lead = isReset
    ? words.link.resetLead(about.login)
    : about.kind === "owner"
      ? words.link.ownerLead
      : words.link.joinLead(about.email);
  return (
    <Card title={isReset ? words.link.resetTitle : words.link.joinTitle}>
      <p class={page.lead}>{lead}</p>
      <StepForm
        language={language}
        submit={isReset ? words.link.reset : words.link.join}
        run={async (data) => {
          const field = (name: string) => (data.has(name) ? { [name]: String(data.get(name)).trim() } : {});
          const given = { link, password: String(data.get("password")), ...field("name"), ...field("email") };
          const { refusal } = follow(await door.accept(given));
          if (!refusal) history.replaceState(null, "", location.pathname);
          return refusal && textOf(refusal);
        }}
        after={<Back words={words} back={props.back} />}
      >
        {about.kind === "owner" && about.email === "" ? (
          <label class={control.field}>
            {words.link.email}
            <input class={control.input} name="email" type="email" autocomplete="email" required />
          </label>
        ) : (
          // Password managers learn which login the password is for.
          <input type="hidden" autocomplete="username" value={about.login} />
        )}
        {!isReset && (
          <label class={control.field}>
            {words.link.name}
            <input class={control.input} name="name" autocomplete="name" maxLength={60} required />
          </label>
        )}
        <NewPasswordField language={language} label={words.link.password} />
      </StepForm>
    </Card>
  );
}
