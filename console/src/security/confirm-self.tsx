import type { PasskeyAsk, StaffAccess, StaffSecurity } from "@aftercare/sdk";
import { accessWords, control, Dialog, useUi, useWords } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { canPasskey } from "./door.ts";
import { askPasskey } from "./passkey.ts";
import css from "./security.module.css";
import { StepForm, useRefusals } from "./steps.tsx";

/** Asks once more for a proof, before ways in are changed. */
export function ConfirmSelf(props: {
  access: StaffAccess;
  security: StaffSecurity;
  answer: (isConfirmed: boolean) => void;
}) {
  const { access, security, answer } = props;
  const { language } = useUi();
  const words = accessWords[useWords().locale];
  const textOf = useRefusals(language);
  const [problem, setProblem] = useState<string>();
  const byPasskey = async () => {
    setProblem(undefined);
    const asked = await access.own<PasskeyAsk>("/v1/security/confirm/passkey", {});
    if ("refusal" in asked) return setProblem(textOf(asked.refusal));
    const response = await askPasskey(asked.value.options);
    if (!response) return undefined;
    const { attempt } = asked.value;
    const said = await access.own("/v1/security/confirm/passkey/finish", { attempt, response });
    if ("refusal" in said) return setProblem(textOf(said.refusal, words.passkeyFailed));
    return answer(true);
  };
  return (
    <Dialog title={words.panel.confirm.title} close={() => answer(false)}>
      <div class={css.form}>
        <p>{words.panel.confirm.text}</p>
        {security.hasPassword && (
          <StepForm
            language={language}
            submit={words.panel.confirm.submit}
            run={async (data) => {
              const said = await access.own("/v1/security/confirm", { password: String(data.get("password")) });
              if ("refusal" in said) return textOf(said.refusal, words.panel.password.wrong);
              answer(true);
              return undefined;
            }}
          >
            <label class={control.field}>
              {words.panel.confirm.password}
              <input class={control.input} name="password" type="password" autocomplete="current-password" required />
            </label>
          </StepForm>
        )}
        <p role="alert" class={problem === undefined ? control.hidden : control.problem}>
          {problem}
        </p>
        {security.passkeys.length > 0 && canPasskey() && (
          <button
            type="button"
            class={control.button}
            onClick={() => void byPasskey().catch(() => setProblem(words.failed))}
          >
            {words.panel.confirm.passkey}
          </button>
        )}
      </div>
    </Dialog>
  );
}
