import { accessWords, control, toast, useUi, useWords } from "@aftercare/ui";
import type { RefObject } from "preact";
import { useLayoutEffect, useRef, useState } from "preact/hooks";
import { NewPasswordField } from "./fields.tsx";
import type { Acts } from "./panel.tsx";
import css from "./security.module.css";
import { StepForm, useRefusals } from "./steps.tsx";

/** What had the focus goes when the form opens or closes: its first field has it, and then the button that comes back. */
function useFocusKept(isOpen: boolean): RefObject<HTMLElement | null> {
  const host = useRef<HTMLElement>(null);
  const wasOpen = useRef(isOpen);
  useLayoutEffect(() => {
    if (wasOpen.current !== isOpen && document.activeElement === document.body)
      host.current?.querySelector<HTMLElement>("input:not([type=hidden]), button")?.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);
  return host;
}

export function Password(props: Acts) {
  const { security } = props;
  const ui = useUi();
  const plain = useWords();
  const words = accessWords[plain.locale];
  const { password } = words.panel;
  const textOf = useRefusals(ui.language);
  const [isOpen, setOpen] = useState(false);
  const host = useFocusKept(isOpen);
  return (
    <section ref={host} class={css.section}>
      <h3>{password.title}</h3>
      <p class={css.hint}>{security.hasPassword ? password.text : password.none}</p>
      {isOpen ? (
        <StepForm
          language={ui.language}
          submit={words.panel.confirm.submit}
          run={async (data) => {
            const current = security.hasPassword ? { current: String(data.get("current")) } : {};
            const said = await props.ask("/v1/security/password", { ...current, next: String(data.get("next")) });
            if ("refusal" in said)
              return said.refusal.code === "no-change" ? password.same : textOf(said.refusal, password.wrong);
            setOpen(false);
            await props.reload();
            toast(ui, password.saved);
            return undefined;
          }}
          after={
            <button type="button" class={control.button} onClick={() => setOpen(false)}>
              {plain.common.cancel}
            </button>
          }
        >
          <input type="hidden" autocomplete="username" value={security.login} />
          {security.hasPassword && (
            <label class={control.field}>
              {password.current}
              <input class={control.input} name="current" type="password" autocomplete="current-password" required />
            </label>
          )}
          <NewPasswordField language={ui.language} label={password.next} name="next" />
        </StepForm>
      ) : (
        <div class={css.row}>
          <button type="button" class={control.button} onClick={() => setOpen(true)}>
            {security.hasPassword ? password.change : password.set}
          </button>
        </div>
      )}
    </section>
  );
}
