import { limits, type RoleRow } from "@aftercare/sdk";
import { control, rightsWords, useWords } from "@aftercare/ui";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { useDesk } from "../desk.ts";
import css from "./admin.module.css";
import { useAdminWords, useChange, useMay } from "./admin.tsx";
import { FormEnd } from "./form-end.tsx";
import { permissionGroups } from "./permission-groups.ts";
import { useRoleWhy } from "./roles-page.tsx";
import pages from "./settings.module.css";

/** A role made of named permissions. What one does not have oneself stands there, closed, with the reason. */
export function RoleForm(props: { before: RoleRow | undefined; close: () => void; reload: () => Promise<void> }) {
  const { before } = props;
  const { access } = useDesk();
  const words = useAdminWords().roles;
  const change = useChange();
  const why = useRoleWhy();
  const [name, setName] = useState(before?.name ?? "");
  const [chosen, choose] = useState<readonly string[]>(before?.permissions ?? []);
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);
  const save = async () => {
    const body = { name: name.trim(), permissions: chosen };
    const told = { show: props.reload, why };
    const put = (what: object) => () => access.own(`/v1/roles/${before?.id}`, what, "PATCH");
    const isSaved = before
      ? await change(put(body), {
          ...told,
          done: words.saved(body.name),
          undo: put({ name: before.name, permissions: before.permissions }),
        })
      : await change(() => access.own("/v1/roles", body), { ...told, done: words.made(body.name) });
    // Another form may be open by then.
    if (isSaved && field.current) props.close();
  };
  return (
    <form
      class={`${pages.card} ${pages.form}`}
      aria-label={before ? words.editing(before.name) : words.add}
      onSubmit={(event) => {
        event.preventDefault();
        if (name.trim() !== "") void save();
      }}
    >
      <label class={control.field}>
        {words.name}
        <input
          ref={field}
          class={control.input}
          name="role-name"
          value={name}
          maxLength={limits.nameChars}
          required
          onInput={(event) => setName(event.currentTarget.value)}
        />
      </label>
      {permissionGroups.map((group) => (
        <fieldset key={group.name} class={css.group}>
          <legend>{words.groups[group.name]}</legend>
          {group.all.map((one) => (
            <Right
              key={one}
              right={one}
              on={chosen.includes(one)}
              set={(on) => choose(on ? [...chosen, one] : chosen.filter((other) => other !== one))}
            />
          ))}
        </fieldset>
      ))}
      <FormEnd disabled={name.trim() === ""} close={props.close} />
    </form>
  );
}

function Right(props: {
  right: keyof (typeof rightsWords)["en"]["permissions"];
  on: boolean;
  set: (on: boolean) => void;
}) {
  const { right } = props;
  const words = useAdminWords().roles;
  const text = rightsWords[useWords().locale].permissions[right];
  const isMine = useMay().includes(right);
  const hint = useId();
  return (
    <label class={css.right} data-off={!isMine}>
      <input
        type="checkbox"
        name={right}
        checked={props.on}
        disabled={!isMine}
        aria-label={text}
        aria-describedby={isMine ? undefined : hint}
        onChange={(event) => props.set(event.currentTarget.checked)}
      />
      <span>
        {text}
        {!isMine && (
          <span id={hint} class={pages.hint}>
            {words.notYours}
          </span>
        )}
      </span>
    </label>
  );
}
