import type { FactorReset, Refusal, StaffMember, StaffSecurity } from "@aftercare/sdk";
import { control, Dialog, Icon, useUi, useWords } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { useDesk } from "../desk.ts";
import { ConfirmSelf } from "../security/confirm-self.tsx";
import css from "./admin.module.css";
import { useAdminWords, useRefusals } from "./admin.tsx";
import { note } from "./note.ts";

const needsProof = ({ code, path }: Refusal) => code === "forbidden" && path === "confirm";

/** Takes the second factor of somebody who lost it, once whoever does so has shown again who they are. */
export function ResetFactor(props: { person: StaffMember }) {
  const { name } = props.person;
  const words = useAdminWords().staff;
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <button
        type="button"
        class={`${control.icon} ${css.pen}`}
        aria-label={words.resetNamed(name)}
        title={words.resetNamed(name)}
        onClick={() => setOpen(true)}
      >
        <Icon name="lock" size={16} />
      </button>
      {isOpen && <ResetDialog {...props} close={() => setOpen(false)} />}
    </>
  );
}

function ResetDialog(props: { person: StaffMember; close: () => void }) {
  const { account, name } = props.person;
  const { access } = useDesk();
  const { language } = useUi();
  const { staff: words, shared } = useAdminWords();
  const plain = useWords();
  const say = useRefusals();
  const [passkeys, setPasskeys] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const [proving, setProving] = useState<StaffSecurity>();

  async function ask(): Promise<void> {
    const body = { passkeys, locale: language.words.value.locale };
    const said = await access.own<FactorReset>(`/v1/staff/${account}/reset-factor`, body);
    if ("value" in said) {
      note.value = { text: said.value.mailed ? words.resetDone(name) : words.resetDoneNoMail(name) };
      return props.close();
    }
    if (!needsProof(said.refusal))
      return setProblem(said.refusal.code === "no-change" ? words.resetNothing(name) : say(said.refusal));
    const own = await access.own<StaffSecurity>("/v1/security");
    if ("refusal" in own) return setProblem(say(own.refusal));
    return setProving(own.value);
  }
  const run = () => {
    setProblem(undefined);
    setBusy(true);
    return ask()
      .catch(() => setProblem(shared.notSaved))
      .finally(() => setBusy(false));
  };

  if (proving)
    return (
      <ConfirmSelf
        access={access}
        security={proving}
        answer={(isConfirmed) => {
          setProving(undefined);
          if (isConfirmed) void run();
        }}
      />
    );
  return (
    <Dialog
      title={words.resetTitle(name)}
      close={props.close}
      footer={
        <>
          <button type="button" class={control.button} onClick={props.close}>
            {plain.common.cancel}
          </button>
          <button type="button" class={control.danger} disabled={isBusy} onClick={() => void run()}>
            {words.reset}
          </button>
        </>
      }
    >
      <p>{words.resetText}</p>
      <label class={css.right}>
        <input type="checkbox" checked={passkeys} onChange={(event) => setPasskeys(event.currentTarget.checked)} />
        <span>{words.resetPasskeys}</span>
      </label>
      <p role="alert" class={problem === undefined ? control.hidden : control.problem}>
        {problem}
      </p>
    </Dialog>
  );
}
