import { mayGive, type Refusal, type RoleRow } from "@aftercare/sdk";
import { AnyIcon, Confirm, control, Empty, useFormat } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { useDesk } from "../desk.ts";
import css from "./admin.module.css";
import { Heading, useAdminWords, useChange, useLoaded, useMay, Waiting } from "./admin.tsx";
import { note } from "./note.ts";
import { RoleForm } from "./role-form.tsx";
import { RoleMatrix } from "./role-matrix.tsx";
import pages from "./settings.module.css";

/** What each role may do, and the roles that one made oneself. */
export function RolesPage() {
  const words = useAdminWords().roles;
  const may = useMay();
  const { value, problem, reload } = useLoaded<{ roles: RoleRow[] }>((ask) => ask("/v1/roles"));
  const [edited, edit] = useState<RoleRow | "new">();
  if (!value) return <Waiting problem={problem} retry={() => void reload()} />;
  const { roles } = value;
  const own = roles.filter(({ builtIn }) => !builtIn);
  const manages = may.includes("roles.manage");
  return (
    <>
      <p class={pages.lead}>{words.lead}</p>
      <section class={css.stack} data-testid="own-roles">
        <Heading>{words.own}</Heading>
        {edited !== undefined && (
          <RoleForm
            key={edited === "new" ? "" : edited.id}
            before={edited === "new" ? undefined : edited}
            close={() => edit(undefined)}
            reload={reload}
          />
        )}
        {own.length === 0 && edited === undefined && (
          <div class={pages.card}>
            <Empty icon="lock" title={words.none} hint={manages ? words.noneHint : undefined} />
          </div>
        )}
        {own.length > 0 && (
          <ul class={`${pages.card} ${css.rows}`}>
            {own.map((role) => (
              <OwnRole key={role.id} role={role} manages={manages} edit={() => edit(role)} reload={reload} />
            ))}
          </ul>
        )}
        {manages && edited === undefined && (
          <div>
            <button type="button" class={control.primary} onClick={() => edit("new")}>
              <AnyIcon name="plus" size={18} /> {words.add}
            </button>
          </div>
        )}
      </section>
      <RoleMatrix roles={roles} />
    </>
  );
}

export function useRoleWhy(): (refusal: Refusal) => string | undefined {
  const words = useAdminWords().roles;
  return ({ code, path }) => {
    if (code === "in-use") return path === "name" ? words.taken : words.inUse;
    return code === "forbidden" && path === "permissions" ? words.above : undefined;
  };
}

function OwnRole(props: { role: RoleRow; manages: boolean; edit: () => void; reload: () => Promise<void> }) {
  const { role } = props;
  const { access } = useDesk();
  const words = useAdminWords();
  const format = useFormat();
  const change = useChange();
  const why = useRoleWhy();
  const may = useMay();
  const [isAsking, setAsking] = useState(false);
  const isAbove = !mayGive(may, role.permissions);
  const remove = () =>
    change(() => access.own(`/v1/roles/${role.id}`, undefined, "DELETE"), {
      done: words.shared.removed(role.name),
      show: props.reload,
      why,
    });
  const tellInUse = () => {
    note.value = { text: words.roles.inUse, problem: true };
  };
  return (
    <li class={css.line}>
      <div class={css.what}>
        <b>{role.name}</b>
        <span>{words.roles.count(format.number(role.staff), format.number(role.permissions.length))}</span>
        {props.manages && isAbove && <span>{words.roles.above}</span>}
      </div>
      {props.manages && !isAbove && (
        <>
          <button
            type="button"
            class={`${control.button} ${control.small}`}
            aria-label={words.roles.editing(role.name)}
            onClick={props.edit}
          >
            {words.roles.edit}
          </button>
          <button
            type="button"
            class={control.icon}
            aria-label={`${words.shared.remove}: ${role.name}`}
            title={words.shared.remove}
            onClick={() => (role.staff > 0 ? tellInUse() : setAsking(true))}
          >
            <AnyIcon name="trash" size={18} />
          </button>
        </>
      )}
      {isAsking && (
        <Confirm
          title={words.roles.removeTitle(role.name)}
          text={words.roles.removeText}
          yes={words.shared.remove}
          close={() => setAsking(false)}
          run={() => void remove()}
        />
      )}
    </li>
  );
}
