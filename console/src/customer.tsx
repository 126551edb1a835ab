import { type AccountId, type CustomerProfile, mayEverywhere, type ProfileField, type StreamId } from "@aftercare/sdk";
import { control, frontWords, Icon, useFormat, useMe, useNow, useWords } from "@aftercare/ui";
import { Fragment, type RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import css from "./customer.module.css";
import { useDeskWords } from "./desk.ts";
import { DeskIcon, type DeskIconName } from "./icons.tsx";
import { lastText } from "./list.tsx";
import { useAsk, useOwn, useRefusalText } from "./own.ts";
import panel from "./panel.module.css";
import { hrefOf } from "./route.ts";
import { useCustomerLines } from "./use-customer-lines.ts";

/** The name is known to everybody who sees the customer at all. */
type Field = ProfileField | "name";
const icons: Record<Field, DeskIconName> = {
  name: "mine",
  phone: "phone",
  email: "direct",
  address: "place",
  notes: "pencil",
};
const mostChars: Record<Field, number> = { name: 60, phone: 40, email: 254, address: 500, notes: 2_000 };
const order = ["name", "phone", "email", "address", "notes"] as const;

/** What is known of the customer, to be changed where one may. A hidden field says so, and is not just missing. */
export function CustomerFields(props: { account: AccountId }) {
  const me = useMe();
  const plain = useWords();
  const words = useDeskWords();
  const front = frontWords[plain.locale].customer;
  const path = `/v1/customers/${props.account}`;
  const found = useOwn<CustomerProfile>(path);
  const { value: known } = found;
  const names: Record<Field, string> = {
    name: front.name,
    phone: words.panel.phone,
    email: words.panel.email,
    address: words.panel.address,
    notes: front.notes,
  };
  const editable = me !== undefined && mayEverywhere(me, "customer.edit");
  if (found.problem !== undefined)
    return (
      <div class={css.trouble}>
        <p role="alert" class={control.problem}>
          {found.problem}
        </p>
        <button type="button" class={`${control.button} ${control.small}`} onClick={() => void found.load()}>
          {plain.common.retry}
        </button>
      </div>
    );
  return (
    <dl class={`${panel.fields} ${css.fields}`} data-testid="customer-fields">
      {order.map((field) => (
        <ProfileLine
          key={`${props.account} ${field}`}
          path={path}
          field={field}
          name={names[field]}
          value={field === "name" ? known?.name : (known?.profile[field] ?? undefined)}
          state={known === undefined ? "loading" : field !== "name" && known.hidden.includes(field) ? "hidden" : "seen"}
          editable={editable}
          changed={found.put}
        />
      ))}
      {known?.hidden.includes("price") && (
        <>
          <dt>
            <DeskIcon name="box" size={16} />
            {front.price}
          </dt>
          <HiddenValue />
        </>
      )}
    </dl>
  );
}

export function HiddenValue() {
  const words = useDeskWords();
  return (
    <dd class={panel.hiddenField} title={words.panel.hiddenHint}>
      <DeskIcon name="hidden" size={15} /> {words.panel.hidden}
    </dd>
  );
}

type Saving =
  | { at: "rest" }
  | { at: "saving" }
  | { at: "saved"; before: string | undefined }
  | { at: "undone" }
  | { at: "failed"; why: string };

type LineProps = {
  path: string;
  field: Field;
  name: string;
  value: string | undefined;
  state: "loading" | "hidden" | "seen";
  editable: boolean;
  changed: (profile: CustomerProfile) => void;
};

/** The button that opened a field: when that goes, and the focus with it, it comes back, unless somebody has moved on. */
function useFocusBack(isOpen: boolean): RefObject<HTMLButtonElement | null> {
  const opener = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);
  useLayoutEffect(() => {
    if (!isOpen && wasOpen.current && document.activeElement === document.body) opener.current?.focus();
    wasOpen.current = isOpen;
  }, [isOpen]);
  return opener;
}

/** Why a field was not saved; an address that is none is said in words of its own. */
function useWhy(field: Field): ReturnType<typeof useRefusalText> {
  const front = frontWords[useWords().locale].customer;
  const textOf = useRefusalText();
  return (refusal) => (field === "email" && refusal.code === "invalid" ? front.wrongEmail : textOf(refusal));
}

function ProfileLine(props: LineProps) {
  const { field, name, value, state } = props;
  const words = useDeskWords();
  const front = frontWords[useWords().locale].customer;
  const ask = useAsk();
  const whyOf = useWhy(field);
  const [draft, setDraft] = useState<string>();
  const [saving, setSaving] = useState<Saving>({ at: "rest" });
  const edit = useFocusBack(draft !== undefined);
  const save = async (next: string | undefined, undo: boolean) => {
    setSaving({ at: "saving" });
    const said = await ask<CustomerProfile>(props.path, { [field]: next?.trim() || null }, "PATCH");
    if ("refusal" in said) return setSaving({ at: "failed", why: whyOf(said.refusal) });
    props.changed(said.value);
    // What was typed during the save is not in it.
    setDraft((now) => (now === draft ? undefined : now));
    setSaving(undo ? { at: "undone" } : { at: "saved", before: value });
  };
  return (
    <Fragment>
      <dt>
        <DeskIcon name={icons[field]} size={16} />
        {name}
      </dt>
      {state === "hidden" ? (
        <HiddenValue />
      ) : (
        <dd class={css.value}>
          {draft === undefined ? (
            <span class={css.shown}>
              <span class={value === undefined ? panel.unknown : css.text} data-testid={`customer-${field}`}>
                {state === "loading" ? "…" : (value ?? words.panel.unknown)}
              </span>
              {props.editable && state === "seen" && (
                <button
                  ref={edit}
                  type="button"
                  class={`${control.icon} ${css.edit}`}
                  aria-label={front.edit(name)}
                  title={front.edit(name)}
                  onClick={() => {
                    setSaving({ at: "rest" });
                    setDraft(value ?? "");
                  }}
                >
                  <Icon name="edit" size={16} />
                </button>
              )}
            </span>
          ) : (
            <Edit
              field={field}
              name={name}
              draft={draft}
              busy={saving.at === "saving"}
              set={setDraft}
              save={() => (draft.trim() === (value ?? "") ? setDraft(undefined) : void save(draft, false))}
              cancel={() => {
                setDraft(undefined);
                setSaving({ at: "rest" });
              }}
            />
          )}
          <Told name={name} saving={saving} undo={(before) => void save(before, true)} />
        </dd>
      )}
    </Fragment>
  );
}

function Told(props: { name: string; saving: Saving; undo: (before: string | undefined) => void }) {
  const { name, saving } = props;
  const { list, locale } = useWords();
  const front = frontWords[locale].customer;
  return (
    <>
      <span role="status" class={css.state} data-bad={saving.at === "failed"}>
        {saving.at === "saving" && front.saving}
        {saving.at === "saved" && front.saved(name)}
        {saving.at === "undone" && front.undone}
        {saving.at === "failed" && list.said(front.failed, saving.why)}
      </span>
      {saving.at === "saved" && (
        <button type="button" class={css.undo} onClick={() => props.undo(saving.before)}>
          {front.undo}
        </button>
      )}
    </>
  );
}

function Edit(props: {
  field: Field;
  name: string;
  draft: string;
  busy: boolean;
  set: (text: string) => void;
  save: () => void;
  cancel: () => void;
}) {
  const { field, name, draft, busy } = props;
  const plain = useWords();
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  useEffect(() => input.current?.focus(), []);
  const shared = {
    ref: input,
    class: `${control.input} ${css.input}`,
    "aria-label": name,
    value: draft,
    maxLength: mostChars[field],
    onInput: (event: { currentTarget: { value: string } }) => props.set(event.currentTarget.value),
    onKeyDown: (event: KeyboardEvent) => {
      if (event.key !== "Escape") return;
      event.stopPropagation();
      props.cancel();
    },
  };
  return (
    <form
      class={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        props.save();
      }}
    >
      {field === "notes" || field === "address" ? (
        <textarea {...shared} rows={3} />
      ) : (
        <input
          {...shared}
          type="text"
          inputMode={field === "phone" ? "tel" : "email"}
          autocomplete="off"
          list={undefined}
        />
      )}
      <div class={css.buttons}>
        <button type="submit" class={`${control.primary} ${control.small}`} disabled={busy}>
          {plain.common.save}
        </button>
        <button type="button" class={`${control.button} ${control.small}`} onClick={props.cancel}>
          {plain.common.cancel}
        </button>
      </div>
    </form>
  );
}

const mostEarlier = 6;

/** The other conversations of the same customer, newest first. */
export function Earlier(props: { account: AccountId; name: string; here: StreamId }) {
  const front = frontWords[useWords().locale].customer;
  const plain = useWords();
  const format = useFormat();
  const now = useNow();
  const words = useDeskWords();
  const { lines, loading } = useCustomerLines(props.name);
  const theirs = lines.filter(({ customer, stream }) => customer?.account === props.account && stream !== props.here);
  if (loading) return <span class={`${control.spinner} ${css.wait}`} role="status" aria-label={plain.common.loading} />;
  if (theirs.length === 0) return <p class={css.quiet}>{front.noEarlier}</p>;
  return (
    <>
      <ul class={css.list} data-testid="earlier">
        {theirs.slice(0, mostEarlier).map(({ stream, title, last, lastAt, closed }) => (
          <li key={stream}>
            <a class={css.link} href={hrefOf(stream)}>
              <b>{(title ?? (last && lastText(last, plain))) || plain.kinds.support}</b>
              <span>
                {format.brief(lastAt, now)} · {closed ? words.panel.isClosed : words.panel.isOpen}
              </span>
            </a>
          </li>
        ))}
      </ul>
      {theirs.length > mostEarlier && <p class={css.quiet}>{front.more}</p>}
    </>
  );
}
