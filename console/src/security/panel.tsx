import type { Refusal, Said, StaffAccess, StaffSecurity } from "@aftercare/sdk";
import { accessWords, control, Dialog, toast, useUi, useWords } from "@aftercare/ui";
import { useCallback, useEffect, useState } from "preact/hooks";
import { ConfirmSelf } from "./confirm-self.tsx";
import { Devices } from "./devices.tsx";
import { Factor } from "./factor.tsx";
import { Passkeys } from "./passkeys.tsx";
import { Password } from "./password.tsx";
import css from "./security.module.css";
import { useRefusals } from "./steps.tsx";

/** What the parts of the page do with the server. */
export type Acts = {
  security: StaffSecurity;
  /**
   * Asks the server, for a fresh proof first where it wants one, and shows what came of it. Undefined when nothing came:
   * the reason has been told.
   */
  run<T>(path: string, body: object, done?: string): Promise<T | undefined>;
  /** The same, with the refusal for the caller to tell. */
  ask<T>(path: string, body: object): Promise<Said<T>>;
  reload(): Promise<void>;
  tell(problem: string): void;
};

/** One's own ways in: password, passkeys, authenticator app, devices. */
export function SecurityPanel(props: { access: StaffAccess }) {
  const { access } = props;
  const ui = useUi();
  const words = accessWords[useWords().locale];
  const textOf = useRefusals(ui.language);
  const [security, setSecurity] = useState<StaffSecurity>();
  const [problem, setProblem] = useState<string>();
  const [asking, setAsking] = useState<{ answer: (isConfirmed: boolean) => void }>();
  // the words may change without anything being asked again
  const reload = useCallback(async () => {
    const said = await access.own<StaffSecurity>("/v1/security").catch(() => undefined);
    if (said && "value" in said) setSecurity(said.value);
    else setProblem(said ? textOf(said.refusal) : words.failed);
  }, [access]);
  useEffect(() => void reload(), [reload]);

  const needsProof = (refusal: Refusal) => refusal.code === "forbidden" && refusal.path === "confirm";
  async function ask<T>(path: string, body: object): Promise<Said<T>> {
    setProblem(undefined);
    const said = await access.own<T>(path, body);
    if ("value" in said || !needsProof(said.refusal)) return said;
    const isConfirmed = await new Promise<boolean>((answer) => setAsking({ answer }));
    setAsking(undefined);
    return isConfirmed ? access.own<T>(path, body) : said;
  }
  async function run<T>(path: string, body: object, done?: string): Promise<T | undefined> {
    try {
      const said = await ask<T>(path, body);
      if ("refusal" in said) {
        if (!needsProof(said.refusal)) setProblem(textOf(said.refusal));
        return undefined;
      }
      await reload();
      if (done !== undefined) toast(ui, done);
      return said.value;
    } catch {
      setProblem(words.failed);
      return undefined;
    }
  }

  if (!security)
    return (
      <div class={css.panel}>
        {problem === undefined ? (
          <span class={control.spinner} role="status" aria-label={words.panel.loading} />
        ) : (
          <p role="alert" class={control.problem}>
            {problem}
          </p>
        )}
      </div>
    );
  const acts: Acts = { security, run, ask, reload, tell: setProblem };
  return (
    <div class={css.panel} data-testid="security">
      <p>{words.panel.signedInAs(security.email ?? security.login)}</p>
      <p role="alert" class={problem === undefined ? control.hidden : control.problem}>
        {problem}
      </p>
      <Password {...acts} />
      <Passkeys {...acts} />
      <Factor {...acts} />
      <Devices {...acts} />
      {asking && <ConfirmSelf access={access} security={security} answer={asking.answer} />}
    </div>
  );
}

/** The same in a window of its own. */
export function SecurityDialog(props: { access: StaffAccess; close: () => void }) {
  const words = accessWords[useWords().locale];
  return (
    <Dialog title={words.panel.title} wide close={props.close}>
      <SecurityPanel access={props.access} />
    </Dialog>
  );
}
