import type { CustomerProfile, ProfileField } from "@aftercare/sdk";
import { composes, control, frontWords, Icon, useWords } from "@aftercare/ui";
import { Fragment, type RefObject } from "preact";
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import css from "./customer.module.css";
import { useDeskWords } from "./desk.ts";
import { useDraft } from "./drafts.ts";
import { DeskIcon, type DeskIconName } from "./icons.tsx";
import { useAsk, useRefusalText } from "./own.ts";
import panel from "./panel.module.css";

/** The name is known to everybody who sees the customer at all. */
export type Field = ProfileField | "name";
const icons: Record<Field, DeskIconName> = {
  name: "mine",
  phone: "phone",
  email: "direct",
  address: "place",
  notes: "pencil",
};
export const fieldOf = (known: CustomerProfile, field: Field): string | undefined =>
  field === "name" ? known.name : (known.profile[field] ?? undefined);

const mostChars: Record<Field, number> = { name: 60, phone: 40, email: 254, address: 500, notes: 2_000 };

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
  /** Reads anew; undefined without an answer. */
  load: () => Promise<CustomerProfile | undefined>;
};

/** What is being typed, and what the field said when that began. Left with Escape it is kept, and waits behind the pen. */
type Draft = { text: string; seen: string | undefined; isOpen: boolean };
type SetDraft = (next: (now: Draft | undefined) => Draft | undefined) => void;

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

/** Saves what is typed, unless somebody else has saved something that was not seen here: then both are shown. */
function useSave(props: LineProps, draft: Draft | undefined, setDraft: SetDraft) {
  const { field, value } = props;
  const ask = useAsk();
  const whyOf = useWhy(field);
  const [saving, setSaving] = useState<Saving>({ at: "rest" });
  const save = async (next: string | undefined, undo: boolean) => {
    setSaving({ at: "saving" });
    const body = { [field]: next?.trim() || null, seen: { [field]: value ?? null } };
    const said = await ask<CustomerProfile>(props.path, body, "PATCH");
    if ("refusal" in said) {
      const isOvertaken = said.refusal.code === "too-late";
      if (isOvertaken) setDraft((now) => now ?? { text: next ?? "", seen: value, isOpen: true });
      const isTold = isOvertaken && (await props.load()) !== undefined;
      return setSaving(isTold ? { at: "rest" } : { at: "failed", why: whyOf(said.refusal) });
    }
    props.changed(said.value);
    // What was typed during the save is not in it.
    setDraft((now) => (now && now.text !== draft?.text ? { ...now, seen: fieldOf(said.value, field) } : undefined));
    setSaving(undo ? { at: "undone" } : { at: "saved", before: value });
  };
  return { saving, save, rest: () => setSaving({ at: "rest" }) };
}

export function ProfileLine(props: LineProps) {
  return (
    <Fragment>
      <dt>
        <DeskIcon name={icons[props.field]} size={16} />
        {props.name}
      </dt>
      {props.state === "hidden" ? <HiddenValue /> : <Value {...props} />}
    </Fragment>
  );
}

function Value(props: LineProps) {
  const { field, name, value, state } = props;
  const words = useDeskWords();
  const { customer: front, designer } = frontWords[useWords().locale];
  const [draft, setDraft] = useDraft<Draft>(`${props.path} ${field}`);
  const { saving, save, rest } = useSave(props, draft, setDraft);
  const open = props.editable && state === "seen" && draft?.isOpen ? draft : undefined;
  const edit = useFocusBack(open !== undefined);
  // A field that was left open stands open again, but takes the focus only from who asks for it.
  const isAsked = useRef(false);
  const leave = (next: (now: Draft | undefined) => Draft | undefined) => {
    setDraft(next);
    rest();
  };
  return (
    <dd class={css.value}>
      {!open ? (
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
                isAsked.current = true;
                leave((now) => ({ ...(now ?? { text: value ?? "", seen: value }), isOpen: true }));
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
          draft={open.text}
          focus={isAsked.current}
          busy={saving.at === "saving"}
          set={(text) => setDraft(() => ({ ...open, text }))}
          save={() => (open.text.trim() === (value ?? "") ? leave(() => undefined) : void save(open.text, false))}
          cancel={() => leave(() => undefined)}
          leave={() => leave(() => (open.text === (open.seen ?? "") ? undefined : { ...open, isOpen: false }))}
        />
      )}
      {open && open.seen !== value && <Newer value={value} />}
      <Told
        name={name}
        saving={saving}
        unsaved={draft && !open && state === "seen" ? designer.dirty : undefined}
        undo={(before) => {
          isAsked.current = true;
          void save(before, true);
        }}
      />
    </dd>
  );
}

/** What somebody else saved while one was typing: beside that, for whoever types to choose. */
function Newer(props: { value: string | undefined }) {
  const words = useDeskWords();
  const { newer } = frontWords[useWords().locale].customer;
  return (
    <p role="alert" class={css.newer} data-testid="customer-newer">
      {newer} <b class={css.text}>{props.value ?? words.panel.unknown}</b>
    </p>
  );
}

function Told(props: {
  name: string;
  saving: Saving;
  unsaved: string | undefined;
  undo: (before: string | undefined) => void;
}) {
  const { name, saving } = props;
  const { list, locale } = useWords();
  const front = frontWords[locale].customer;
  return (
    <>
      <span role="status" class={css.state} data-bad={saving.at === "failed"}>
        {saving.at === "rest" && props.unsaved}
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
  focus: boolean;
  busy: boolean;
  set: (text: string) => void;
  save: () => void;
  cancel: () => void;
  leave: () => void;
}) {
  const { field, name, draft, busy } = props;
  const plain = useWords();
  const input = useRef<HTMLInputElement & HTMLTextAreaElement>(null);
  useEffect(() => {
    if (props.focus) input.current?.focus();
  }, []);
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
      // One that ends a composition ends nothing else.
      if (!composes(event)) props.leave();
    },
  };
  return (
    <form
      class={css.form}
      onSubmit={(event) => {
        event.preventDefault();
        if (!busy) props.save();
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
        <button type="submit" class={`${control.primary} ${control.small}`} aria-disabled={busy}>
          {plain.common.save}
        </button>
        <button type="button" class={`${control.button} ${control.small}`} onClick={props.cancel}>
          {plain.common.cancel}
        </button>
      </div>
    </form>
  );
}
