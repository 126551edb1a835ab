import type { IdentityKey } from "@aftercare/sdk";
import { control, Dialog, frontWords, useWords } from "@aftercare/ui";
import { useId, useState } from "preact/hooks";
import { FormEnd } from "./form-end.tsx";
import css from "./front.module.css";
import page from "./settings.module.css";

type Algorithm = IdentityKey["algorithm"];
type Send = (body: object) => Promise<string | undefined>;

/** The text of a JWK is sent as what it is; all else is taken for PEM. */
function publicKeyOf(text: string): string | object {
  try {
    const found: unknown = JSON.parse(text);
    if (typeof found === "object" && found !== null) return found;
  } catch {
    // PEM is no JSON.
  }
  return text.trim();
}

function useSending(send: Send, close: () => void) {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string>();
  const run = async (body: object) => {
    setBusy(true);
    setProblem(undefined);
    const told = await send(body);
    if (told === undefined) return close();
    setBusy(false);
    setProblem(told);
  };
  return { busy, problem, run };
}

const Problem = (props: { text: string | undefined }) => (
  <p role="alert" class={props.text === undefined ? control.hidden : control.problem}>
    {props.text}
  </p>
);

export function NewKey(props: { close: () => void; send: Send }) {
  const plain = useWords();
  const words = frontWords[plain.locale].keys;
  const [algorithm, setAlgorithm] = useState<Algorithm>("HS256");
  const sending = useSending(props.send, props.close);
  return (
    <form
      class={`${page.card} ${page.form}`}
      aria-label={words.add}
      onSubmit={(event) => {
        event.preventDefault();
        const data = new FormData(event.currentTarget);
        const day = String(data.get("expires") ?? "");
        const ends = day === "" ? undefined : new Date(`${day}T23:59:59`).getTime();
        void sending.run({
          algorithm,
          name: String(data.get("name")).trim(),
          ...(algorithm === "EdDSA" && { publicKey: publicKeyOf(String(data.get("publicKey"))) }),
          ...(ends !== undefined && { expiresAt: ends }),
        });
      }}
    >
      <label class={control.field}>
        {words.name}
        <input class={control.input} name="name" maxLength={60} required />
        <span class={page.hint}>{words.nameHint}</span>
      </label>
      <fieldset class={page.choice}>
        <legend>{words.kind}</legend>
        {(["HS256", "EdDSA"] as const).map((one) => (
          <label key={one} class={page.option}>
            <input type="radio" name="algorithm" checked={algorithm === one} onChange={() => setAlgorithm(one)} />
            <span class={page.text}>
              <b>{one === "HS256" ? words.hs256 : words.eddsa}</b>
              <span>{one === "HS256" ? words.hs256Hint : words.eddsaHint}</span>
            </span>
          </label>
        ))}
      </fieldset>
      {algorithm === "EdDSA" && <PublicKey />}
      <label class={control.field}>
        {words.expires}
        <input class={`${control.input} ${page.clock}`} name="expires" type="date" />
      </label>
      <Problem text={sending.problem} />
      <FormEnd submit={words.create} disabled={sending.busy} close={props.close} />
    </form>
  );
}

function PublicKey() {
  const words = frontWords[useWords().locale].keys;
  return (
    <label class={control.field}>
      {words.publicKey}
      <textarea
        class={`${control.input} ${page.area} ${css.mono}`}
        name="publicKey"
        maxLength={2_000}
        placeholder="-----BEGIN PUBLIC KEY-----"
        spellcheck={false}
        required
      />
    </label>
  );
}

const hourMs = 3_600_000;
const overlaps = { hour: hourMs, day: 24 * hourMs, week: 168 * hourMs, none: 0 } as const;

export function Rotate(props: { one: IdentityKey; send: Send; close: () => void }) {
  const { one } = props;
  const plain = useWords();
  const words = frontWords[plain.locale].keys;
  const sending = useSending(props.send, props.close);
  return (
    <Dialog title={words.rotateOf(one.name)} close={props.close}>
      <form
        class={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          const data = new FormData(event.currentTarget);
          const chosen = overlaps[String(data.get("overlap")) as keyof typeof overlaps];
          const publicKey = one.algorithm === "EdDSA" ? publicKeyOf(String(data.get("publicKey"))) : undefined;
          void sending.run({ overlapMs: chosen, ...(publicKey !== undefined && { publicKey }) });
        }}
      >
        <p>{words.rotateLead}</p>
        {one.algorithm === "EdDSA" && <PublicKey />}
        <label class={control.field}>
          {words.overlap}
          <select class={control.input} name="overlap" defaultValue="day">
            {(Object.keys(overlaps) as (keyof typeof overlaps)[]).map((name) => (
              <option key={name} value={name} selected={name === "day"}>
                {words.overlaps[name]}
              </option>
            ))}
          </select>
        </label>
        <Problem text={sending.problem} />
        <button type="submit" class={control.primary} disabled={sending.busy}>
          {words.rotate}
        </button>
      </form>
    </Dialog>
  );
}

export function Revoke(props: { one: IdentityKey; send: Send; close: () => void }) {
  const { one } = props;
  const words = frontWords[useWords().locale].keys;
  const hint = useId();
  const sending = useSending(props.send, props.close);
  return (
    <Dialog title={words.revokeOf(one.name)} close={props.close}>
      <form
        class={css.stack}
        onSubmit={(event) => {
          event.preventDefault();
          void sending.run({ endDevices: new FormData(event.currentTarget).has("endDevices") });
        }}
      >
        <p>{words.revokeLead}</p>
        <label class={css.tick}>
          <input type="checkbox" name="endDevices" aria-describedby={hint} />
          <span class={page.text}>
            <b>{words.endDevices}</b>
            <span id={hint}>{words.endDevicesHint}</span>
          </span>
        </label>
        <Problem text={sending.problem} />
        <button type="submit" class={control.danger} disabled={sending.busy}>
          {words.revoke}
        </button>
      </form>
    </Dialog>
  );
}
