import {
  type AuditAct,
  type AuditLine,
  type AuditPage as AuditLines,
  auditActs,
  type RoleRow,
  type Said,
  type ShopRow,
  type StaffMember,
  SYSTEM,
  type TeamRow,
} from "@aftercare/sdk";
import { control, Empty, rightsWords, useFormat, useWords } from "@aftercare/ui";
import { useEffect, useState } from "preact/hooks";
import { useDesk } from "../desk.ts";
import css from "./admin.module.css";
import { allStaff, together, useAdminWords, useLoaded, useMay, useRefusals, useRoleName, Waiting } from "./admin.tsx";
import pages from "./settings.module.css";

type Around = {
  staff: StaffMember[];
  roles: { roles: RoleRow[] };
  shops: { shops: ShopRow[] };
  teams: { teams: TeamRow[] };
};
type Filters = { act: AuditAct | ""; by: string; since: string; until: string };
const nobody: Filters = { act: "", by: "", since: "", until: "" };
const dayMs = 86_400_000;

/** Who changed what anybody may do: newest first, by what, whom and when. */
export function AuditPage() {
  const words = useAdminWords().audit;
  const reads = useMay().includes("staff.read");
  const [filters, setFilters] = useState(nobody);
  const { value, problem, reload } = useLoaded<Around>((ask) =>
    together<Around>({
      staff: reads ? allStaff(ask) : Promise.resolve({ value: [] } as Said<StaffMember[]>),
      roles: ask("/v1/roles"),
      shops: ask("/v1/shops"),
      teams: ask("/v1/teams"),
    }),
  );
  if (!value) return <Waiting problem={problem} retry={() => void reload()} />;
  return (
    <>
      <p class={pages.lead}>{words.lead}</p>
      <p class={css.remark} data-calm="true">
        {words.verify} <code>aftercare audit verify</code>
      </p>
      <FilterBar filters={filters} staff={value.staff} set={setFilters} />
      <Lines key={JSON.stringify(filters)} filters={filters} around={value} clear={() => setFilters(nobody)} />
    </>
  );
}

function FilterBar(props: { filters: Filters; staff: StaffMember[]; set: (to: Filters) => void }) {
  const { filters, set } = props;
  const words = useAdminWords();
  const { audit } = words;
  const acts = Object.keys(auditActs) as AuditAct[];
  return (
    <div class={css.filters}>
      <label class={control.field}>
        {audit.act}
        <select
          class={`${control.input} ${css.compact}`}
          value={filters.act}
          onChange={(event) => set({ ...filters, act: event.currentTarget.value as Filters["act"] })}
        >
          <option value="">{audit.anyAct}</option>
          {acts.map((act) => (
            <option key={act} value={act}>
              {audit.acts[act]}
            </option>
          ))}
        </select>
      </label>
      <label class={control.field}>
        {audit.by}
        <select
          class={`${control.input} ${css.compact}`}
          value={filters.by}
          onChange={(event) => set({ ...filters, by: event.currentTarget.value })}
        >
          <option value="">{audit.anybody}</option>
          {props.staff.map(({ account, name }) => (
            <option key={account} value={account}>
              {name}
            </option>
          ))}
          <option value={SYSTEM}>{words.shared.system}</option>
        </select>
      </label>
      {(["since", "until"] as const).map((end) => (
        <label key={end} class={control.field}>
          {audit[end]}
          <input
            class={`${control.input} ${css.compact}`}
            type="date"
            value={filters[end]}
            onChange={(event) => set({ ...filters, [end]: event.currentTarget.value })}
          />
        </label>
      ))}
    </div>
  );
}

/** The days of the filter are those of the reader's clock, both included. */
function pathOf({ act, by, since, until }: Filters, before: number | undefined): string {
  const query = new URLSearchParams();
  const startOf = (day: string) => new Date(`${day}T00:00:00`).getTime();
  if (act) query.set("act", act);
  if (by) query.set("by", by);
  if (since) query.set("since", String(startOf(since)));
  if (until) query.set("until", String(startOf(until) + dayMs - 1));
  if (before !== undefined) query.set("before", String(before));
  query.set("limit", "50");
  return `/v1/audit?${query}`;
}

function Lines(props: { filters: Filters; around: Around; clear: () => void }) {
  const { filters } = props;
  const { access } = useDesk();
  const words = useAdminWords();
  const say = useRefusals();
  const [lines, setLines] = useState<AuditLine[]>();
  const [next, setNext] = useState<number>();
  const [problem, setProblem] = useState<string>();
  const load = async (before?: number) => {
    const said = await access.own<AuditLines>(pathOf(filters, before)).catch(() => undefined);
    if (!said || "refusal" in said) return setProblem(said ? say(said.refusal) : words.shared.failed);
    setProblem(undefined);
    setLines((all) => [...(before === undefined ? [] : (all ?? [])), ...said.value.lines]);
    setNext(said.value.next);
  };
  // biome-ignore lint/correctness/useExhaustiveDependencies: other filters are another list
  useEffect(() => void load(), []);
  if (!lines || problem !== undefined) return <Waiting problem={problem} retry={() => void load()} />;
  const isFiltered = Object.values(filters).some((one) => one !== "");
  if (lines.length === 0)
    return (
      <Empty icon="search" title={isFiltered ? words.audit.noMatch : words.audit.none}>
        {isFiltered && (
          <button type="button" class={control.button} onClick={props.clear}>
            {words.audit.clear}
          </button>
        )}
      </Empty>
    );
  return (
    <>
      <ul class={`${pages.card} ${css.rows}`} aria-label={words.audit.list} data-testid="audit">
        {lines.map((line) => (
          <Line key={line.seq} line={line} around={props.around} />
        ))}
      </ul>
      {next !== undefined && (
        <div>
          <button type="button" class={control.button} onClick={() => void load(next)}>
            {words.audit.older}
          </button>
        </div>
      )}
    </>
  );
}

/** Ids as the names that people know, as far as they are known. */
function useSpoken({ staff, roles, shops, teams }: Around): (value: unknown) => string {
  const words = useAdminWords();
  const rights = rightsWords[useWords().locale].permissions as Record<string, string>;
  const roleName = useRoleName(roles.roles);
  const format = useFormat();
  const names = new Map<string, string>([
    ...staff.map(({ account, name }) => [account, name] as const),
    ...shops.shops.flatMap((shop) => [
      [shop.id, shop.name] as const,
      ...shop.desks.map(({ id, title }) => [id, title] as const),
    ]),
    ...teams.teams.map(({ id, name }) => [id, name] as const),
    [SYSTEM, words.shared.system],
  ]);
  const spoken = (value: unknown): string => {
    if (Array.isArray(value)) return value.length > 0 ? value.map(spoken).join(", ") : words.audit.nothing;
    if (value === null || value === undefined) return words.audit.nothing;
    if (typeof value === "boolean") return value ? words.audit.yes : words.audit.no;
    if (typeof value === "number") return format.number(value);
    const text = String(value);
    return names.get(text) ?? rights[text] ?? roleName(text);
  };
  return spoken;
}

function Line(props: { line: AuditLine; around: Around }) {
  const { seq, at, by, act, subject, detail, hash } = props.line;
  const words = useAdminWords().audit;
  const format = useFormat();
  const spoken = useSpoken(props.around);
  const entries = Object.entries(detail);
  const about = subject === undefined || subject === by ? undefined : spoken(subject);
  return (
    <li class={css.audit}>
      <details>
        <summary>
          <span class={css.what}>
            <b>{words.acts[act] ?? act}</b>
            <span>{about === undefined ? spoken(by) : `${spoken(by)} → ${about}`}</span>
          </span>
          <time dateTime={new Date(at).toISOString()}>{format.dateTime(at, Date.now())}</time>
        </summary>
        <dl class={css.detail}>
          {subject !== undefined && (
            <div>
              <dt>{words.fields.subject}</dt>
              <dd>{spoken(subject)}</dd>
            </div>
          )}
          {entries.map(([name, value]) => (
            <div key={name}>
              <dt>{words.fields[name] ?? name}</dt>
              <dd>{spoken(value)}</dd>
            </div>
          ))}
          <div>
            <dt>{words.line(format.number(seq))}</dt>
            <dd>
              <code>{hash.slice(0, 16)}…</code>
            </dd>
          </div>
        </dl>
      </details>
    </li>
  );
}
