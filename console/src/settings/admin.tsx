import {
  type AccountId,
  mayGive,
  type Refusal,
  type RoleRow,
  type Said,
  type StaffAccess,
  type StaffMember,
  type StaffPage,
} from "@aftercare/sdk";
import {
  AnyIcon,
  adminWords,
  composes,
  control,
  Empty,
  refusalText,
  rightsWords,
  useFormat,
  useMe,
  useWords,
} from "@aftercare/ui";
import type { ComponentChildren } from "preact";
import { useCallback, useEffect, useRef, useState } from "preact/hooks";
import { useDesk } from "../desk.ts";
import { phoneWidth, useMedia } from "../media.ts";
import css from "./admin.module.css";
import { type Asked, note, type Told } from "./note.ts";

export const useAdminWords = () => adminWords[useWords().locale];
export const useMay = (): readonly string[] => useMe()?.may ?? [];

export type Loaded<T> = { value?: T; problem?: string };
export type Ask = StaffAccess["own"];

/** What a page shows, asked for when it opens and whenever `reload` is called; it stands until the new one is there. */
export function useLoaded<T>(load: (ask: Ask) => Promise<Said<T>>): Loaded<T> & {
  reload: () => Promise<void>;
  set: (value: T) => void;
} {
  const { access } = useDesk();
  const say = useRefusals();
  const words = useAdminWords();
  const [found, setFound] = useState<Loaded<T>>({});
  const reload = useCallback(async () => {
    const said = await load(access.own.bind(access)).catch(() => undefined);
    if (said && "value" in said) setFound({ value: said.value });
    else setFound((before) => ({ ...before, problem: said ? say(said.refusal) : words.shared.failed }));
  }, [access]);
  useEffect(() => void reload(), [reload]);
  return { ...found, reload, set: (value) => setFound({ value }) };
}

/** Several questions at once; the first refusal is that of all. */
export async function together<T extends object>(asked: { [K in keyof T]: Promise<Said<T[K]>> }): Promise<Said<T>> {
  const entries = Object.entries(asked) as [string, Promise<Said<unknown>>][];
  const answers = await Promise.all(entries.map(([, one]) => one));
  const refused = answers.find((one) => "refusal" in one);
  if (refused && "refusal" in refused) return refused;
  const values = answers.map((one, index) => [entries[index]?.[0], "value" in one ? one.value : undefined]);
  return { value: Object.fromEntries(values) as T };
}

/** Enough for any page that lets one choose a person; a longer list ends here. */
const mostPages = 30;

export async function allStaff(ask: Ask): Promise<Said<StaffMember[]>> {
  const staff: StaffMember[] = [];
  let next: AccountId | undefined;
  for (let page = 0; page < mostPages; page++) {
    const said = await ask<StaffPage>(staffPath(next));
    if ("refusal" in said) return said;
    staff.push(...said.value.staff);
    next = said.value.next;
    if (next === undefined) break;
  }
  return { value: staff };
}

export const staffPath = (after: AccountId | undefined): string =>
  after === undefined ? "/v1/staff" : `/v1/staff?after=${after}`;

export function useRefusals(): (refusal: Refusal) => string {
  const plain = useWords();
  const format = useFormat();
  const words = useAdminWords();
  return (refusal) => words.shared.refusals[refusal.code] ?? refusalText(refusal, plain, format);
}

/** Makes a change and tells what came of it, with the way back where there is one. Gives whether it was made. */
export function useChange(): <T>(asked: Asked<T>, told: Told<T>) => Promise<boolean> {
  const say = useRefusals();
  const words = useAdminWords().shared;
  return async function change<T>(asked: Asked<T>, told: Told<T>): Promise<boolean> {
    const said = await asked().catch(() => undefined);
    if (!said || "refusal" in said) {
      note.value = { text: said ? (told.why?.(said.refusal) ?? say(said.refusal)) : words.notSaved, problem: true };
      return false;
    }
    await told.show(said.value);
    const { undo } = told;
    note.value = {
      text: typeof told.done === "string" ? told.done : told.done(said.value),
      undo: undo && (() => change(undo as Asked<T>, { done: words.undone, show: told.show })),
    };
    return true;
  };
}

/** A heading below the title of the page, which stands higher where it is alone on a phone. */
export function Heading(props: { deep?: boolean; class?: string; children: ComponentChildren }) {
  const isPhone = useMedia(phoneWidth);
  const Level = props.deep ? (isPhone ? "h3" : "h4") : isPhone ? "h2" : "h3";
  return <Level class={props.class ?? (props.deep ? css.deep : css.heading)}>{props.children}</Level>;
}

/** In place of what is not there yet, or could not be had. */
export function Waiting(props: { problem: string | undefined; retry: () => void }) {
  const plain = useWords();
  if (props.problem === undefined)
    return <span class={control.spinner} role="status" aria-label={plain.common.loading} />;
  return (
    <Empty icon="alert" title={props.problem}>
      <button type="button" class={control.button} onClick={props.retry}>
        {plain.common.retry}
      </button>
    </Empty>
  );
}

/** A name that is changed where it stands: Enter keeps it, Escape leaves it. */
export function InlineName(props: {
  name: string;
  maxChars: number;
  may?: boolean;
  heading?: boolean;
  after?: ComponentChildren;
  /** Behind the pen. */
  tools?: ComponentChildren;
  save: (name: string) => void;
}) {
  const words = useAdminWords().shared;
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    queueMicrotask(() => button.current?.focus());
  };
  if (!isOpen)
    return (
      <span class={css.name}>
        {props.heading ? <Heading class={css.called}>{props.name}</Heading> : <b class={css.called}>{props.name}</b>}
        {props.after}
        {props.may !== false && (
          <button
            ref={button}
            type="button"
            class={`${control.icon} ${css.pen}`}
            aria-label={words.rename(props.name)}
            title={words.rename(props.name)}
            onClick={() => setOpen(true)}
          >
            <AnyIcon name="edit" size={16} />
          </button>
        )}
        {props.tools}
      </span>
    );
  return <NameField {...props} close={close} label={words.nameOf(props.name)} />;
}

function NameField(props: {
  name: string;
  maxChars: number;
  label: string;
  close: () => void;
  save: (to: string) => void;
}) {
  const plain = useWords();
  const [text, setText] = useState(props.name);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.select(), []);
  return (
    <form
      class={css.naming}
      onSubmit={(event) => {
        event.preventDefault();
        const to = text.trim();
        if (to === "") return;
        props.close();
        if (to !== props.name) props.save(to);
      }}
      onKeyDown={(event) => {
        // One that ends a composition ends nothing else.
        if (event.key !== "Escape" || composes(event)) return;
        event.stopPropagation();
        props.close();
      }}
    >
      <input
        ref={field}
        class={`${control.input} ${css.compact}`}
        value={text}
        maxLength={props.maxChars}
        aria-label={props.label}
        onInput={(event) => setText(event.currentTarget.value)}
      />
      <button type="submit" class={control.icon} aria-label={plain.common.save} disabled={text.trim() === ""}>
        <AnyIcon name="check" size={18} />
      </button>
      <button type="button" class={control.icon} aria-label={plain.common.cancel} onClick={props.close}>
        <AnyIcon name="close" size={18} />
      </button>
    </form>
  );
}

/** A button that turns into a field for the name of something new. */
export function AddNamed(props: {
  title: string;
  label: string;
  maxChars: number;
  primary?: boolean;
  save: (name: string) => void;
}) {
  const [isOpen, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const close = () => {
    setOpen(false);
    queueMicrotask(() => button.current?.focus());
  };
  if (isOpen)
    return <NameField name="" maxChars={props.maxChars} label={props.label} close={close} save={props.save} />;
  return (
    <div>
      <button
        ref={button}
        type="button"
        class={props.primary ? control.primary : `${control.button} ${control.small}`}
        onClick={() => setOpen(true)}
      >
        <AnyIcon name="plus" size={18} /> {props.title}
      </button>
    </div>
  );
}

/** The name of a role: its own, or the word for a built-in one. */
export function useRoleName(roles: readonly RoleRow[]): (id: string) => string {
  const names = rightsWords[useWords().locale].roles as Record<string, string>;
  return (id) => names[id] ?? roles.find((one) => one.id === id)?.name ?? id;
}

/** Options of roles; those above oneself stand there, closed, with the reason. */
export function RoleOptions(props: { roles: readonly RoleRow[]; now?: string }) {
  const may = useMay();
  const words = useAdminWords().shared;
  const nameOf = useRoleName(props.roles);
  return (
    <>
      {props.roles.map(({ id, permissions }) => {
        const isOpen = mayGive(may, permissions);
        return (
          <option key={id} value={id} disabled={!isOpen && id !== props.now}>
            {isOpen || id === props.now ? nameOf(id) : words.aboveOption(nameOf(id))}
          </option>
        );
      })}
    </>
  );
}
