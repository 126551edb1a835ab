import { limits, type RoleRow, type ShopRow, type StaffSecurity } from "@aftercare/sdk";
import { Avatar, useMe } from "@aftercare/ui";
import type { ComponentChildren } from "preact";
import { useDesk } from "../desk.ts";
import css from "./admin.module.css";
import { InlineName, together, useAdminWords, useChange, useLoaded, useRoleName, Waiting } from "./admin.tsx";
import pages from "./settings.module.css";

type Found = { self: { shop?: string }; own: StaffSecurity; roles: { roles: RoleRow[] }; shops: { shops: ShopRow[] } };

/** Who one is here: the name that customers and colleagues see is one's own to change, the rest is others'. */
export function ProfilePage() {
  const words = useAdminWords().profile;
  const { value, problem, reload } = useLoaded<Found>((ask) =>
    together<Found>({
      self: ask("/v1/me"),
      own: ask("/v1/security"),
      roles: ask("/v1/roles"),
      shops: ask("/v1/shops"),
    }),
  );
  if (!value) return <Waiting problem={problem} retry={() => void reload()} />;
  return (
    <>
      <p class={pages.lead}>{words.lead}</p>
      <Facts {...value} />
    </>
  );
}

function Facts({ self, own, roles, shops }: Found) {
  const { access } = useDesk();
  const me = useMe();
  const change = useChange();
  const all = useAdminWords();
  const words = all.profile;
  const roleName = useRoleName(roles.roles);
  if (!me) return null;
  const { account, name, role } = me;
  // What the page shows comes with the connection, on all devices alike.
  const patch = (to: string) => () => access.own("/v1/me", { name: to }, "PATCH");
  const rename = (to: string) =>
    void change(patch(to), { done: words.renamed(to), undo: patch(name), show: () => undefined });
  const desks = shops.shops.flatMap((one) =>
    one.desks
      .filter(({ staff }) => staff.some((other) => other.account === account))
      .map(({ title }) => `${one.name} · ${title}`),
  );
  return (
    <div class={pages.card} data-testid="profile">
      <Fact title={words.name} hint={words.nameHint}>
        <span class={css.name}>
          <Avatar id={account} name={name} size={30} />
          <InlineName name={name} maxChars={limits.nameChars} save={rename} />
        </span>
      </Fact>
      <Fact title={words.login} hint={words.loginHint}>
        {own.login}
      </Fact>
      <Fact title={words.mail}>{own.email ?? words.noMail}</Fact>
      <Fact title={words.role} hint={words.roleHint}>
        {roleName(role ?? "")}
      </Fact>
      <Fact title={words.shop}>{shops.shops.find(({ id }) => id === self.shop)?.name ?? all.staff.noShop}</Fact>
      <Fact title={words.desks}>{desks.join(", ") || words.noDesks}</Fact>
    </div>
  );
}

function Fact(props: { title: string; hint?: string; children: ComponentChildren }) {
  return (
    <div class={`${pages.row} ${css.setting}`}>
      <span class={pages.text}>
        <b>{props.title}</b>
        {props.hint !== undefined && <span>{props.hint}</span>}
      </span>
      <span>{props.children}</span>
    </div>
  );
}
