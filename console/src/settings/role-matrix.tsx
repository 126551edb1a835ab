import type { RoleRow } from "@aftercare/sdk";
import { control, Icon, rightsWords, useWords } from "@aftercare/ui";
import css from "./admin.module.css";
import { Heading, useAdminWords, useRoleName } from "./admin.tsx";
import { permissionGroups } from "./permission-groups.ts";
import pages from "./settings.module.css";

/** Every role beside every right. On narrow screens it moves sideways under the names of the rights. */
export function RoleMatrix(props: { roles: RoleRow[] }) {
  const { roles } = props;
  const words = useAdminWords().roles;
  const rights = rightsWords[useWords().locale].permissions;
  const nameOf = useRoleName(roles);
  return (
    <section class={css.stack}>
      <Heading>{words.matrix}</Heading>
      <p class={pages.lead}>{words.matrixHint}</p>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys */}
      <section class={`${pages.card} ${css.scroll}`} tabIndex={0} aria-label={words.matrix}>
        <table class={css.matrix}>
          <thead>
            <tr>
              <th scope="col">{words.right}</th>
              {roles.map(({ id }) => (
                <th key={id} scope="col">
                  {nameOf(id)}
                </th>
              ))}
            </tr>
          </thead>
          {permissionGroups.map((group) => (
            <tbody key={group.name}>
              <tr class={css.groupRow}>
                <th scope="rowgroup" colSpan={roles.length + 1}>
                  {words.groups[group.name]}
                </th>
              </tr>
              {group.all.map((right) => (
                <tr key={right}>
                  <th scope="row">{rights[right]}</th>
                  {roles.map(({ id, permissions }) => (
                    <td key={id}>
                      {permissions.includes(right) ? (
                        <>
                          <Icon name="check" size={18} />
                          <span class={control.hidden}>{words.yes}</span>
                        </>
                      ) : (
                        <span class={control.hidden}>{words.no}</span>
                      )}
                    </td>
                  ))}
                </tr>
              ))}
            </tbody>
          ))}
        </table>
      </section>
    </section>
  );
}
