import {
  type AuditAct,
  type AuditLine,
  type AuditPage as AuditLines,
  auditActs,
  type StaffMember,
  SYSTEM,
} from "@aftercare/sdk";
import { control, Empty, rightsWords, useFormat, useWords } from "@aftercare/ui";
import { type ComponentChild, Fragment } from "preact";
import { useEffect, useState } from "preact/hooks";
import { useDesk } from "../desk.ts";
import css from "./admin.module.css";
import { allStaff, useAdminWords, useLoaded, useMay, useRefusals, Waiting } from "./admin.tsx";
import pages from "./settings.module.css";

type Filters = { act: AuditAct | ""; by: string; since: string; until: string };
const nobody: Filters = { act: "", by: "", since: "", until: "" };
const dayMs = 86_400_000;

/** Who changed what anybody may do: newest first, by what, whom and when. */
export function AuditPage() {
  const words = useAdminWords().audit;
  const reads = useMay().includes("staff.read");
  const [filters, setFilters] = useState(nobody);
  const { value, problem, reload } = useLoaded<StaffMember[]>(async (ask) => (reads ? allStaff(ask) : { value: [] }));
  if (!value) return <Waiting problem={problem} retry={() => void reload()} />;
  return (
    <>
      <p class={pages.lead}>{words.lead}</p>
      <p class={css.remark} data-calm="true">
        {words.verify} <code>aftercare audit verify</code>
      </p>
      <FilterBar filters={filters} staff={value} set={setFilters} />
      <Lines key={JSON.stringify(filters)} filters={filters} clear={() => setFilters(nobody)} />
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

function Lines(props: { filters: Filters; clear: () => void }) {
  const { filters } = props;
  const { access } = useDesk();
  const words = useAdminWords();
  const say = useRefusals();
  const [lines, setLines] = useState<AuditLine[]>();
  const [names, setNames] = useState<Names>({});
  const [next, setNext] = useState<number>();
  const [problem, setProblem] = useState<string>();
  const load = async (before?: number) => {
    const said = await access.own<AuditLines>(pathOf(filters, before)).catch(() => undefined);
    if (!said || "refusal" in said) return setProblem(said ? say(said.refusal) : words.shared.failed);
    setProblem(undefined);
    setLines((all) => [...(before === undefined ? [] : (all ?? [])), ...said.value.lines]);
    setNames((all) => ({ ...all, ...said.value.names }));
    setNext(said.value.next);
  };
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
          <Line key={line.seq} line={line} names={names} />
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

type Names = AuditLines["names"];
type Speak = (value: unknown, withId?: boolean) => ComponentChild;

/** Ids as the names that people know, with the id behind them; what is deleted keeps its id. */
function useSpeak(names: Names): Speak {
  const words = useAdminWords();
  const known = rightsWords[useWords().locale];
  const format = useFormat();
  const fixed: Record<string, string> = { ...known.permissions, ...known.roles, [SYSTEM]: words.shared.system };
  const speak: Speak = (value, withId = false) => {
    if (Array.isArray(value) && value.length > 0)
      return value.map((one, place) => (
        <Fragment key={place}>
          {place > 0 && ", "}
          {speak(one, withId)}
        </Fragment>
      ));
    if (value === null || value === undefined || Array.isArray(value)) return words.audit.nothing;
    if (typeof value === "boolean") return value ? words.audit.yes : words.audit.no;
    if (typeof value === "number") return format.number(value);
    const text = String(value);
    const name = Object.hasOwn(names, text) ? names[text] : undefined;
    if (name === undefined) return Object.hasOwn(fixed, text) ? fixed[text] : text;
    return (
      <span title={text}>
        {name} {withId && <code class={css.id}>{text}</code>}
      </span>
    );
  };
  return speak;
}

function Line(props: { line: AuditLine; names: Names }) {
  const { seq, at, by, act, subject, detail, hash } = props.line;
  const words = useAdminWords().audit;
  const format = useFormat();
  const speak = useSpeak(props.names);
  const fields = [["by", by] as const, ["subject", subject] as const, ...Object.entries(detail)];
  return (
    <li class={css.audit}>
      <details>
        <summary>
          <span class={css.what}>
            <b>{words.acts[act] ?? act}</b>
            <span>
              {speak(by)}
              {subject !== undefined && subject !== by && <> → {speak(subject)}</>}
            </span>
          </span>
          <time dateTime={new Date(at).toISOString()}>{format.dateTime(at, Date.now())}</time>
        </summary>
        <dl class={css.detail}>
          {fields.map(
            ([name, value], place) =>
              value !== undefined && (
                <div key={place}>
                  <dt>{name === "by" ? words.by : (words.fields[name] ?? name)}</dt>
                  <dd>{speak(value, true)}</dd>
                </div>
              ),
          )}
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
