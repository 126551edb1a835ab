import type { TotpOffer } from "@aftercare/sdk";
import { accessWords, Confirm, control, Dialog, toast, useUi, useWords } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { CodeField, TotpOfferView } from "./fields.tsx";
import type { Acts } from "./panel.tsx";
import { RecoveryCodes } from "./recovery-codes.tsx";
import css from "./security.module.css";
import { StepForm, useRefusals } from "./steps.tsx";

type Open =
  | { what: "enrol"; offer: TotpOffer }
  | { what: "codes"; codes: readonly string[] }
  | { what: "off" }
  | { what: "new-codes" };

export function Factor(props: Acts) {
  const { security, run } = props;
  const { secondFactor } = security;
  const words = accessWords[useWords().locale];
  const { factor } = words.panel;
  const [open, setOpen] = useState<Open>();
  const close = () => setOpen(undefined);
  const begin = async () => {
    const offer = await run<TotpOffer>("/v1/security/totp", {});
    if (offer) setOpen({ what: "enrol", offer });
  };
  const newCodes = async () => {
    const made = await run<{ recoveryCodes: string[] }>("/v1/security/recovery-codes", {});
    if (made) setOpen({ what: "codes", codes: made.recoveryCodes });
  };
  return (
    <section class={css.section} data-testid="factor">
      <h3>{factor.title}</h3>
      <p>
        {secondFactor.on ? factor.on : factor.off} {secondFactor.required && factor.required}
      </p>
      {secondFactor.on && <p class={css.hint}>{factor.left(secondFactor.recoveryCodesLeft)}</p>}
      <div class={css.row}>
        {!secondFactor.on && (
          <button type="button" class={control.primary} onClick={() => void begin()}>
            {factor.turnOn}
          </button>
        )}
        {secondFactor.on && (
          <button type="button" class={control.button} onClick={() => setOpen({ what: "new-codes" })}>
            {factor.newCodes}
          </button>
        )}
        {secondFactor.on && !secondFactor.required && (
          <button type="button" class={control.danger} onClick={() => setOpen({ what: "off" })}>
            {factor.turnOff}
          </button>
        )}
      </div>
      {open?.what === "enrol" && (
        <Enrol {...props} offer={open.offer} close={close} done={(codes) => setOpen({ what: "codes", codes })} />
      )}
      {open?.what === "codes" && (
        <Dialog title={words.recovery.title} close={close}>
          <div class={css.form}>
            <RecoveryCodes words={words} codes={open.codes} />
            <button type="button" class={control.primary} onClick={close}>
              {words.recovery.kept}
            </button>
          </div>
        </Dialog>
      )}
      {(open?.what === "off" || open?.what === "new-codes") && (
        <Sure
          what={open.what}
          close={close}
          turnOff={() => void run("/v1/security/totp/remove", {}, factor.turnedOff)}
          newCodes={() => void newCodes()}
        />
      )}
    </section>
  );
}

function Sure(props: { what: "off" | "new-codes"; close: () => void; turnOff: () => void; newCodes: () => void }) {
  const { factor } = accessWords[useWords().locale].panel;
  const isOff = props.what === "off";
  return (
    <Confirm
      title={isOff ? factor.turnOffTitle : factor.newCodesTitle}
      text={isOff ? factor.turnOffText : factor.newCodesText}
      yes={isOff ? factor.turnOff : factor.newCodes}
      close={props.close}
      run={isOff ? props.turnOff : props.newCodes}
    />
  );
}

function Enrol(props: Acts & { offer: TotpOffer; close: () => void; done: (codes: readonly string[]) => void }) {
  const ui = useUi();
  const words = accessWords[useWords().locale];
  const textOf = useRefusals(ui.language);
  return (
    <Dialog title={words.enrol.title} close={props.close}>
      <StepForm
        language={ui.language}
        submit={words.enrol.submit}
        run={async (data) => {
          const said = await props.ask("/v1/security/totp/finish", { code: String(data.get("code")).trim() });
          if ("refusal" in said) return textOf(said.refusal, words.code.wrong);
          await props.reload();
          toast(ui, words.panel.factor.turnedOn);
          props.done(props.offer.recoveryCodes);
          return undefined;
        }}
      >
        <TotpOfferView words={words} uri={props.offer.uri} />
        <CodeField label={words.enrol.label} kind="totp" />
      </StepForm>
    </Dialog>
  );
}
