import {
  limits,
  mayGive,
  type RoleRow,
  type ShopRow,
  type StaffMember,
  type StaffPage as StaffRows,
} from "@aftercare/sdk";
import { Avatar, Confirm, control, useMe } from "@aftercare/ui";
import { useEffect, useState } from "preact/hooks";
import { useDesk } from "../desk.ts";
import css from "./admin.module.css";
import {
  InlineName,
  RoleOptions,
  staffPath,
  together,
  useAdminWords,
  useChange,
  useLoaded,
  useMay,
  useRoleName,
  Waiting,
} from "./admin.tsx";
import { Invitations } from "./invitations.tsx";
import { ResetFactor } from "./reset-factor.tsx";
import pages from "./settings.module.css";

type Around = { first: StaffRows; roles: { roles: RoleRow[] }; shops: { shops: ShopRow[] } };

/** Everybody who works here: names, roles, shops, who may come in; and who is invited. */
export function StaffPage() {
  const words = useAdminWords().staff;
  const may = useMay();
  const reads = may.includes("staff.read");
  const manages = may.includes("staff.manage");
  const { value, problem, reload } = useLoaded<Around>((ask) =>
    together<Around>({
      first: reads ? ask(staffPath(undefined)) : Promise.resolve({ value: { staff: [] } }),
      roles: ask("/v1/roles"),
      shops: ask("/v1/shops"),
    }),
  );
  if (!value) return <Waiting problem={problem} retry={() => void reload()} />;
  const { roles } = value.roles;
  return (
    <>
      <p class={pages.lead}>{manages ? words.lead : `${words.lead} ${words.readOnly}`}</p>
      {reads && <People first={value.first} roles={roles} shops={value.shops.shops} />}
      {manages && <Invitations roles={roles} />}
    </>
  );
}

function usePeople(first: StaffRows) {
  const { access } = useDesk();
  const [staff, setStaff] = useState(first.staff);
  const [next, setNext] = useState(first.next);
  const [isLoading, setLoading] = useState(false);
  const [failed, setFailed] = useState(false);
  const more = async () => {
    if (isLoading || next === undefined) return;
    setLoading(true);
    const said = await access.own<StaffRows>(staffPath(next)).catch(() => undefined);
    setLoading(false);
    setFailed(!said || "refusal" in said);
    if (!said || "refusal" in said) return;
    setStaff((before) => [...before, ...said.value.staff]);
    setNext(said.value.next);
  };
  const put = (one: StaffMember) =>
    setStaff((before) => before.map((row) => (row.account === one.account ? one : row)));
  return { staff, next, more, isLoading, failed, put };
}

function People(props: { first: StaffRows; roles: RoleRow[]; shops: ShopRow[] }) {
  const words = useAdminWords();
  const { staff, next, more, isLoading, failed, put } = usePeople(props.first);
  const [search, setSearch] = useState("");
  const wanted = search.trim().toLowerCase();
  // Who is searched for may be on a page behind: they are all read, one after another.
  useEffect(() => {
    if (wanted !== "" && next !== undefined && !failed) void more();
  }, [wanted, next, isLoading]);
  const found = staff.filter(({ name }) => name.toLowerCase().includes(wanted));
  return (
    <section class={css.stack} aria-label={words.staff.list}>
      <input
        class={`${control.input} ${css.search}`}
        type="search"
        value={search}
        maxLength={limits.nameChars}
        aria-label={words.staff.search}
        placeholder={words.staff.search}
        onInput={(event) => setSearch(event.currentTarget.value)}
      />
      <ul class={`${pages.card} ${css.rows}`} data-testid="staff">
        {found.map((one) => (
          <Person key={one.account} person={one} roles={props.roles} shops={props.shops} put={put} />
        ))}
      </ul>
      <p class={found.length === 0 || failed ? pages.lead : control.hidden} role="status">
        {failed ? words.shared.failed : found.length > 0 ? "" : next ? words.staff.searching : words.staff.noMatch}
      </p>
      {next !== undefined && (wanted === "" || failed) && (
        <div>
          <button type="button" class={control.button} disabled={isLoading} onClick={() => void more()}>
            {words.shared.more}
          </button>
        </div>
      )}
    </section>
  );
}

type PersonProps = { person: StaffMember; roles: RoleRow[]; shops: ShopRow[]; put: (one: StaffMember) => void };

/** The changes of one person, each with its way back. */
function usePersonChanges({ person, roles, shops, put }: PersonProps) {
  const { access } = useDesk();
  const change = useChange();
  const words = useAdminWords();
  const roleName = useRoleName(roles);
  const { name } = person;
  type Wanted = { name?: string; role?: string; shop?: string | null; disabled?: boolean };
  const run = (to: Wanted, back: Wanted, done: string) => {
    const patch = (body: Wanted) => () => access.own<StaffMember>(`/v1/staff/${person.account}`, body, "PATCH");
    return change(patch(to), { done, undo: patch(back), show: put });
  };
  const shopName = (id: string | null) => shops.find((one) => one.id === id)?.name ?? words.staff.noShop;
  return {
    rename: (to: string) => run({ name: to }, { name }, words.shared.renamed(name, to)),
    give: (role: string) => run({ role }, { role: person.role }, words.staff.roleGiven(name, roleName(role))),
    move: (shop: string | null) =>
      run({ shop }, { shop: person.shop ?? null }, words.staff.moved(name, shopName(shop))),
    allow: (isIn: boolean) =>
      run({ disabled: !isIn }, { disabled: isIn }, isIn ? words.staff.enabled(name) : words.staff.disabled(name)),
  };
}

function Person(props: PersonProps) {
  const { person, roles, shops } = props;
  const { name, role, disabled } = person;
  const words = useAdminWords();
  const me = useMe();
  const may = useMay();
  const changes = usePersonChanges(props);
  const [isAsking, setAsking] = useState(false);
  const isAbove = !mayGive(may, roles.find((one) => one.id === role)?.permissions ?? []);
  const isOpen = may.includes("staff.manage") && !isAbove;
  const isMe = me?.account === person.account;
  return (
    <li class={css.person} data-off={disabled}>
      <Avatar id={person.account} name={name} size={34} />
      <Who person={person} isOpen={isOpen} isAbove={isAbove} rename={(to) => void changes.rename(to)} />
      <select
        class={`${control.input} ${css.compact}`}
        aria-label={words.staff.role(name)}
        value={role}
        disabled={!isOpen}
        onChange={(event) => void choose(event.currentTarget, role, (to) => changes.give(to))}
      >
        <RoleOptions roles={roles} now={role} />
      </select>
      <select
        class={`${control.input} ${css.compact}`}
        aria-label={words.staff.shop(name)}
        value={person.shop ?? ""}
        disabled={!isOpen}
        onChange={(event) => void choose(event.currentTarget, person.shop ?? "", (to) => changes.move(to || null))}
      >
        <option value="">{words.staff.noShop}</option>
        {shops.map((shop) => (
          <option key={shop.id} value={shop.id}>
            {shop.name}
          </option>
        ))}
      </select>
      {isOpen && !isMe ? (
        <button
          type="button"
          class={`${control.button} ${control.small}`}
          aria-label={disabled ? words.staff.enableNamed(name) : words.staff.disableNamed(name)}
          onClick={() => (disabled ? void changes.allow(true) : setAsking(true))}
        >
          {disabled ? words.staff.enable : words.staff.disable}
        </button>
      ) : (
        <span />
      )}
      {isAsking && (
        <Confirm
          title={words.staff.disableTitle(name)}
          text={words.staff.disableText}
          yes={words.staff.disable}
          close={() => setAsking(false)}
          run={() => void changes.allow(false)}
        />
      )}
    </li>
  );
}

function Who(props: { person: StaffMember; isOpen: boolean; isAbove: boolean; rename: (to: string) => void }) {
  const { person } = props;
  const words = useAdminWords();
  const me = useMe();
  const may = useMay();
  return (
    <div class={css.who}>
      <InlineName
        name={person.name}
        maxChars={limits.nameChars}
        may={props.isOpen}
        after={
          <>
            {me?.account === person.account && <span class={css.tag}>{words.staff.you}</span>}
            {person.disabled && <span class={css.tag}>{words.staff.off}</span>}
          </>
        }
        tools={props.isOpen && me?.account !== person.account && <ResetFactor person={person} />}
        save={props.rename}
      />
      {props.isAbove && may.includes("staff.manage") && <span class={pages.hint}>{words.shared.above}</span>}
    </div>
  );
}

/** A choice that was not taken goes back to what holds. */
async function choose(field: HTMLSelectElement, now: string, give: (to: string) => Promise<boolean>): Promise<void> {
  if (!(await give(field.value))) field.value = now;
}
