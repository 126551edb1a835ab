import { limits, type PasskeyAsk, type StaffPasskey } from "@aftercare/sdk";
import { accessWords, Confirm, control, Dialog, toast, useFormat, useUi, useWords } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { canPasskey } from "./door.ts";
import type { Acts } from "./panel.tsx";
import { makePasskey } from "./passkey.ts";
import css from "./security.module.css";
import { StepForm, useRefusals } from "./steps.tsx";

export function Passkeys(props: Acts) {
  const { security, run, ask } = props;
  const ui = useUi();
  const words = accessWords[useWords().locale];
  const { passkeys } = words.panel;
  const textOf = useRefusals(ui.language);
  const [renaming, setRenaming] = useState<StaffPasskey>();
  const [removing, setRemoving] = useState<StaffPasskey>();
  const add = async () => {
    const begun = await ask<PasskeyAsk>("/v1/security/passkeys", {});
    if ("refusal" in begun) return begun.refusal.path === "confirm" ? undefined : props.tell(textOf(begun.refusal));
    const response = await makePasskey(begun.value.options);
    if (!response) return props.tell(words.passkeyFailed);
    const given = { attempt: begun.value.attempt, response, name: passkeys.defaultName };
    return run("/v1/security/passkeys/finish", given, passkeys.saved);
  };
  const remove = async (id: string) => {
    const said = await ask("/v1/security/passkeys/remove", { id });
    if ("refusal" in said) {
      if (said.refusal.path === "last") props.tell(passkeys.last);
      else if (said.refusal.path !== "confirm") props.tell(textOf(said.refusal));
      return;
    }
    await props.reload();
    toast(ui, passkeys.removed);
  };
  return (
    <section class={css.section} data-testid="passkeys">
      <h3>{passkeys.title}</h3>
      <p class={css.hint}>{passkeys.text}</p>
      {security.passkeys.length === 0 && <p>{passkeys.none}</p>}
      <ul class={css.list}>
        {security.passkeys.map((one) => (
          <PasskeyItem key={one.id} passkey={one} rename={() => setRenaming(one)} remove={() => setRemoving(one)} />
        ))}
      </ul>
      {canPasskey() ? (
        <div class={css.row}>
          <button type="button" class={control.button} onClick={() => void add().catch(() => props.tell(words.failed))}>
            {passkeys.add}
          </button>
        </div>
      ) : (
        <p class={css.hint}>{passkeys.cannot}</p>
      )}
      {renaming && (
        <Rename
          passkey={renaming}
          close={() => setRenaming(undefined)}
          save={(name) => run("/v1/security/passkeys/rename", { id: renaming.id, name }, passkeys.saved)}
        />
      )}
      {removing && (
        <Confirm
          title={passkeys.removeTitle}
          text={passkeys.removeText(removing.name)}
          yes={passkeys.remove}
          close={() => setRemoving(undefined)}
          run={() => void remove(removing.id).catch(() => props.tell(words.failed))}
        />
      )}
    </section>
  );
}

function PasskeyItem(props: { passkey: StaffPasskey; rename: () => void; remove: () => void }) {
  const { name, createdAt, usedAt } = props.passkey;
  const { passkeys } = accessWords[useWords().locale].panel;
  const format = useFormat();
  return (
    <li class={css.item}>
      <div class={css.what}>
        <b>{name}</b>
        <p>
          {usedAt === undefined
            ? passkeys.added(format.dateTime(createdAt, Date.now()))
            : passkeys.used(format.dateTime(usedAt, Date.now()))}
        </p>
      </div>
      <button
        type="button"
        class={`${control.button} ${control.small}`}
        aria-label={`${passkeys.rename}: ${name}`}
        onClick={props.rename}
      >
        {passkeys.rename}
      </button>
      <button
        type="button"
        class={`${control.danger} ${control.small}`}
        aria-label={`${passkeys.remove}: ${name}`}
        onClick={props.remove}
      >
        {passkeys.remove}
      </button>
    </li>
  );
}

function Rename(props: { passkey: StaffPasskey; close: () => void; save: (name: string) => Promise<unknown> }) {
  const ui = useUi();
  const words = useWords();
  const { passkeys } = accessWords[words.locale].panel;
  return (
    <Dialog title={passkeys.rename} close={props.close}>
      <StepForm
        language={ui.language}
        submit={words.common.save}
        run={async (data) => {
          props.close();
          await props.save(String(data.get("name")).trim());
          return undefined;
        }}
      >
        <label class={control.field}>
          {passkeys.name}
          <input
            class={control.input}
            name="name"
            defaultValue={props.passkey.name}
            maxLength={limits.nameChars}
            pattern=".*\S.*"
            required
          />
        </label>
      </StepForm>
    </Dialog>
  );
}
