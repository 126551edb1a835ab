import {
  type DeskRow,
  limits,
  type Refusal,
  type Said,
  type ShopRow,
  type StaffMember,
  type TeamRow,
} from "@aftercare/sdk";
import { AnyIcon, Confirm, control, useFormat } from "@aftercare/ui";
import { useState } from "preact/hooks";
import { useDesk } from "../desk.ts";
import css from "./admin.module.css";
import {
  AddNamed,
  allStaff,
  Heading,
  InlineName,
  together,
  useAdminWords,
  useChange,
  useLoaded,
  useMay,
  Waiting,
} from "./admin.tsx";
import type { Told } from "./note.ts";
import { People } from "./place-people.tsx";
import pages from "./settings.module.css";

type Found = { shops: { shops: ShopRow[] }; teams: { teams: TeamRow[] }; staff: StaffMember[] };
type Place = { shops: ShopRow[]; staff: StaffMember[]; reload: () => Promise<void> };

/** The shops with the desks that customers ask at, and the teams. */
export function ShopsPage() {
  const words = useAdminWords().shops;
  const reads = useMay().includes("staff.read");
  const { access } = useDesk();
  const change = useChange();
  const why = useShopWhy();
  const { value, problem, reload } = useLoaded<Found>((ask) =>
    together<Found>({
      shops: ask("/v1/shops"),
      teams: ask("/v1/teams"),
      staff: reads ? allStaff(ask) : Promise.resolve({ value: [] } as Said<StaffMember[]>),
    }),
  );
  if (!value) return <Waiting problem={problem} retry={() => void reload()} />;
  const { shops } = value.shops;
  return (
    <>
      <p class={pages.lead}>{words.lead}</p>
      {shops.map((shop) => (
        <Shop
          key={shop.id}
          shop={shop}
          teams={value.teams.teams.filter((team) => team.shop === shop.id)}
          shops={shops}
          staff={value.staff}
          reload={reload}
        />
      ))}
      <AddNamed
        primary
        title={words.add}
        label={words.name}
        maxChars={limits.nameChars}
        save={(name) =>
          void change(() => access.own("/v1/shops", { name }), { done: words.made(name), show: () => reload(), why })
        }
      />
    </>
  );
}

function useShopWhy(): (refusal: Refusal) => string | undefined {
  const { inUse, taken } = useAdminWords().shops;
  return ({ code, path }) => (code !== "in-use" ? undefined : path === "name" ? taken : inUse);
}

/** Changes by address and method, told as this page does. */
function useAct(reload: () => Promise<void>) {
  const { access } = useDesk();
  const change = useChange();
  const why = useShopWhy();
  type Method = "PATCH" | "PUT" | "DELETE";
  type To = { path: string; method?: Method; body?: object };
  const asked =
    ({ path, body, method }: To) =>
    () =>
      access.own<unknown>(path, body, method);
  return (to: To, done: string, back?: To) => {
    const told: Told<unknown> = { done, show: () => reload(), why, ...(back && { undo: asked(back) }) };
    return change(asked(to), told);
  };
}

function Shop(props: Place & { shop: ShopRow; teams: TeamRow[] }) {
  const { shop, teams, reload } = props;
  const { id, name } = shop;
  const words = useAdminWords();
  const format = useFormat();
  const act = useAct(reload);
  const [isAsking, setAsking] = useState(false);
  const path = `/v1/shops/${id}`;
  const rename = (to: string) =>
    act({ path, method: "PATCH", body: { name: to } }, words.shared.renamed(name, to), {
      path,
      method: "PATCH",
      body: { name },
    });
  return (
    <section class={`${pages.card} ${css.shop}`} aria-label={name} data-testid="shop">
      <header class={css.head}>
        <InlineName
          heading
          name={name}
          maxChars={limits.nameChars}
          after={<span class={css.tag}>{words.shops.count(format.number(shop.staff))}</span>}
          save={(to) => void rename(to)}
        />
        <button
          type="button"
          class={control.icon}
          aria-label={`${words.shared.remove}: ${name}`}
          title={words.shared.remove}
          onClick={() => setAsking(true)}
        >
          <AnyIcon name="trash" size={18} />
        </button>
      </header>
      <Heading deep>{words.shops.desks}</Heading>
      {shop.desks.length === 0 && <p class={pages.hint}>{words.shops.noDesk}</p>}
      {shop.desks.map((desk) => (
        <Desk key={desk.id} {...props} desk={desk} />
      ))}
      <AddNamed
        title={words.shops.addDesk}
        label={words.shops.deskName}
        maxChars={limits.titleChars}
        save={(title) => void act({ path: `${path}/desks`, body: { title } }, words.shops.deskMade(title))}
      />
      <Heading deep>{words.shops.teams}</Heading>
      {teams.length === 0 && <p class={pages.hint}>{words.shops.noTeam}</p>}
      {teams.map((team) => (
        <Team key={team.id} {...props} team={team} />
      ))}
      <AddNamed
        title={words.shops.addTeam}
        label={words.shops.teamName}
        maxChars={limits.nameChars}
        save={(to) => void act({ path: "/v1/teams", body: { shop: id, name: to } }, words.shops.teamMade(to))}
      />
      {isAsking && (
        <Confirm
          title={words.shops.removeTitle(name)}
          text={words.shops.removeText}
          yes={words.shared.remove}
          close={() => setAsking(false)}
          run={() => void act({ path, method: "DELETE" }, words.shared.removed(name))}
        />
      )}
    </section>
  );
}

function Desk(props: Place & { shop: ShopRow; desk: DeskRow }) {
  const { shop, shops, desk, staff, reload } = props;
  const words = useAdminWords().shops;
  const act = useAct(reload);
  const setStaff = (account: string, name: string, on: boolean) => {
    const path = `/v1/desks/${desk.id}/staff/${account}`;
    const [to, back] = on ? (["PUT", "DELETE"] as const) : (["DELETE", "PUT"] as const);
    const done = on ? words.serves(name, desk.title) : words.servesNot(name, desk.title);
    return act({ path, method: to }, done, { path, method: back });
  };
  const move = (to: string) => {
    const path = (one: string) => ({ path: `/v1/shops/${one}/desks/${desk.id}`, method: "PUT" as const });
    const name = shops.find(({ id }) => id === to)?.name ?? "";
    return act(path(to), words.deskMoved(desk.title, name), path(shop.id));
  };
  return (
    <div class={css.place} data-testid="desk">
      <div class={css.placeHead}>
        <b class={css.called}>{desk.title}</b>
        {shops.length > 1 && (
          <select
            class={`${control.input} ${css.compact} ${css.mover}`}
            aria-label={words.deskShop(desk.title)}
            value={shop.id}
            onChange={(event) => void move(event.currentTarget.value)}
          >
            {shops.map(({ id, name }) => (
              <option key={id} value={id}>
                {name}
              </option>
            ))}
          </select>
        )}
      </div>
      <People place={desk.title} people={desk.staff} staff={staff} empty={words.nobody} set={setStaff} />
    </div>
  );
}

function Team(props: Place & { team: TeamRow }) {
  const { team, staff, reload } = props;
  const { name } = team;
  const words = useAdminWords();
  const act = useAct(reload);
  const [isAsking, setAsking] = useState(false);
  const path = `/v1/teams/${team.id}`;
  const rename = (to: string) =>
    act({ path, method: "PATCH", body: { name: to } }, words.shared.renamed(name, to), {
      path,
      method: "PATCH",
      body: { name },
    });
  const setMember = (account: string, who: string, on: boolean) => {
    const at = `${path}/members/${account}`;
    const [to, back] = on ? (["PUT", "DELETE"] as const) : (["DELETE", "PUT"] as const);
    const done = on ? words.shops.joined(who, name) : words.shops.left(who, name);
    return act({ path: at, method: to }, done, { path: at, method: back });
  };
  const nameOf = (account: string) => staff.find((one) => one.account === account)?.name ?? account;
  return (
    <div class={css.place}>
      <div class={css.placeHead}>
        <InlineName name={name} maxChars={limits.nameChars} save={(to) => void rename(to)} />
        <button
          type="button"
          class={control.icon}
          aria-label={`${words.shared.remove}: ${name}`}
          title={words.shared.remove}
          onClick={() => setAsking(true)}
        >
          <AnyIcon name="trash" size={18} />
        </button>
      </div>
      <People
        place={name}
        people={team.members.map((account) => ({ account, name: nameOf(account) }))}
        staff={staff}
        empty={words.shops.teamEmpty}
        set={setMember}
      />
      {isAsking && (
        <Confirm
          title={words.shops.removeTitle(name)}
          text={words.shops.removeTeamText}
          yes={words.shared.remove}
          close={() => setAsking(false)}
          run={() => void act({ path, method: "DELETE" }, words.shared.removed(name))}
        />
      )}
    </div>
  );
}
