import type { IdentityKey, NewIdentityKey } from "@aftercare/sdk";
import { AnyIcon, control, Empty, frontWords, toast, useFormat, useNow, useUi, useWords } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { useAsk, useOwn, useRefusalText } from "../own.ts";
import { Copied } from "./copied.tsx";
import css from "./front.module.css";
import { NewKey, Revoke, Rotate } from "./key-forms.tsx";
import { KeySamples } from "./key-samples-view.tsx";
import { TokenTest } from "./key-test.tsx";
import page from "./settings.module.css";
import { Waiting } from "./waiting.tsx";

export type Keys = { workspace: string; keys: IdentityKey[] };

/** The keys by which the shop's site says who a customer is, and what a token of it is worth. */
export function KeysPage() {
  const { keys: own } = frontWords[useWords().locale];
  const ui = useUi();
  const ask = useAsk();
  const textOf = useRefusalText();
  const found = useOwn<Keys>("/v1/identity-keys");
  const [making, setMaking] = useState(false);
  const [made, setMade] = useState<NewIdentityKey>();
  if (!found.value) return <Waiting problem={found.problem} retry={() => void found.load()} />;
  /** Undefined when it went well. */
  const send = async <T,>(path: string, body: object, done: (value: T) => void): Promise<string | undefined> => {
    const said = await ask<T>(path, body);
    if ("refusal" in said)
      return said.refusal.code === "invalid" && said.refusal.path === "publicKey" ? own.badKey : textOf(said.refusal);
    done(said.value);
    await found.load();
    return undefined;
  };
  const showMade = (value: NewIdentityKey) => {
    setMaking(false);
    setMade(value);
  };
  const { workspace, keys } = found.value;
  return (
    <>
      <p class={page.lead}>{own.lead}</p>
      <div class={css.pair}>
        <b>{own.workspace}</b>
        <Copied text={workspace} label={own.workspace} />
      </div>
      {made && <Made made={made} close={() => setMade(undefined)} />}
      {making ? (
        <NewKey close={() => setMaking(false)} send={(body) => send("/v1/identity-keys", body, showMade)} />
      ) : (
        <div>
          <button type="button" class={control.primary} onClick={() => setMaking(true)}>
            <AnyIcon name="plus" size={18} /> {own.add}
          </button>
        </div>
      )}
      {keys.length === 0 && !making && <Empty icon="lock" title={own.none} hint={own.noneHint} />}
      {keys.length > 0 && (
        <ul class={`${page.card} ${css.list}`} aria-label={own.list} data-testid="keys">
          {keys.map((key) => (
            <KeyLine
              key={key.kid}
              one={key}
              rotate={(body) => send(`/v1/identity-keys/${key.kid}/rotate`, body, showMade)}
              revoke={(body) =>
                send<{ devicesEnded: number }>(`/v1/identity-keys/${key.kid}/revoke`, body, ({ devicesEnded }) =>
                  toast(ui, own.revoked(devicesEnded)),
                )
              }
            />
          ))}
        </ul>
      )}
      <TokenTest />
      <KeySamples />
    </>
  );
}

function Made(props: { made: NewIdentityKey; close: () => void }) {
  const { key, secret } = props.made;
  const { list, locale } = useWords();
  const words = frontWords[locale].keys;
  return (
    <section class={`${page.card} ${css.made}`} aria-label={words.made} data-testid="key-made">
      <h3>
        <AnyIcon name="check" size={18} />
        <span role="status">{list.said(words.made, key.name)}</span>
      </h3>
      <b>kid</b>
      <Copied text={key.kid} label="kid" />
      {secret !== undefined && (
        <>
          <b>{words.secret}</b>
          <Copied text={secret} label={words.secret} />
          <p class={css.warn}>{words.secretOnce}</p>
        </>
      )}
      <div>
        <button type="button" class={control.button} onClick={props.close}>
          {words.kept}
        </button>
      </div>
    </section>
  );
}

type Act = (body: object) => Promise<string | undefined>;

function KeyLine(props: { one: IdentityKey; rotate: Act; revoke: Act }) {
  const { one } = props;
  const words = frontWords[useWords().locale].keys;
  const format = useFormat();
  const now = useNow();
  const [asking, ask] = useState<"rotate" | "revoke">();
  const state =
    one.revokedAt !== undefined
      ? "revoked"
      : one.expiresAt !== undefined && one.expiresAt <= now
        ? "expired"
        : "active";
  const when =
    one.revokedAt !== undefined
      ? words.ended(format.dateTime(one.revokedAt, now))
      : one.expiresAt !== undefined
        ? words.until(format.dateTime(one.expiresAt, now))
        : words.created(format.dateTime(one.createdAt, now));
  return (
    <li class={css.key} data-state={state}>
      <p class={css.keyName}>
        <b>{one.name}</b>
        <span class={css.badge}>{one.algorithm === "EdDSA" ? "Ed25519" : "HS256"}</span>
        <span class={css.badge} data-state={state}>
          {words.states[state]}
        </span>
      </p>
      <Copied text={one.kid} label="kid" />
      <p class={css.quiet}>{when}</p>
      {state !== "revoked" && (
        <div class={page.inline}>
          {state === "active" && (
            <button
              type="button"
              class={`${control.button} ${control.small}`}
              aria-label={words.rotateOf(one.name)}
              onClick={() => ask("rotate")}
            >
              {words.rotate}
            </button>
          )}
          <button
            type="button"
            class={`${control.danger} ${control.small}`}
            aria-label={`${words.revoke}: ${one.name}`}
            onClick={() => ask("revoke")}
          >
            {words.revoke}
          </button>
        </div>
      )}
      {asking === "rotate" && <Rotate one={one} send={props.rotate} close={() => ask(undefined)} />}
      {asking === "revoke" && <Revoke one={one} send={props.revoke} close={() => ask(undefined)} />}
    </li>
  );
}
