import { type CustomAdapter, createAdapterFactory } from "better-auth/adapters";
import type { PendingQuery, Row, Sql } from "postgres";

type CleanedWhere = Parameters<CustomAdapter["delete"]>[0]["where"][number];
type Fragment = PendingQuery<Row[]>;
type Values = Record<string, unknown>;

/**
 * better-auth's tables in our own pool. The library's Kysely adapter would reserve connections past the bounds of that
 * pool (`openSql`), and bring a query builder for nine statements.
 */
export const sqlAdapter = (sql: Sql) =>
  createAdapterFactory({
    config: {
      adapterId: "aftercare",
      supportsJSON: false,
      supportsDates: true,
      supportsBooleans: true,
      supportsNumericIds: false,
      transaction: false,
    },
    adapter: ({ getFieldName }) => ({ ...reads(sql, getFieldName), ...writes(sql) }),
  });

type NameOf = (of: { model: string; field: string }) => string;

function reads(sql: Sql, nameOf: NameOf) {
  return {
    async findOne<T>({ model, where }: { model: string; where: CleanedWhere[] }): Promise<T | null> {
      const [row] = await sql`select * from ${sql(model)} where ${all(sql, where)} limit 1`;
      return (row as T | undefined) ?? null;
    },
    async findMany<T>(query: {
      model: string;
      where?: CleanedWhere[] | undefined;
      limit: number;
      sortBy?: { field: string; direction: "asc" | "desc" } | undefined;
      offset?: number | undefined;
    }): Promise<T[]> {
      const { model, where, limit, sortBy, offset = 0 } = query;
      const order = sortBy
        ? sql`order by ${sql(nameOf({ model, field: sortBy.field }))} ${sortBy.direction === "desc" ? sql`desc` : sql`asc`}`
        : sql``;
      const rows = await sql`
        select * from ${sql(model)} where ${all(sql, where)} ${order} limit ${limit} offset ${offset}`;
      return rows as unknown as T[];
    },
    async count({ model, where }: { model: string; where?: CleanedWhere[] | undefined }): Promise<number> {
      const [row] = await sql<{ n: number }[]>`select count(*)::int as n from ${sql(model)} where ${all(sql, where)}`;
      return row?.n ?? 0;
    },
  };
}

function writes(sql: Sql) {
  type Target = { model: string; where: CleanedWhere[] };
  const one = ({ model, where }: Target) => sql`select id from ${sql(model)} where ${all(sql, where)} limit 1`;
  return {
    async create<T extends Values>({ model, data }: { model: string; data: T }): Promise<T> {
      const [row] = await sql`insert into ${sql(model)} ${sql(data as Values)} returning *`;
      return row as unknown as T;
    },
    async update<T>({ model, where, update }: Target & { update: T }): Promise<T | null> {
      const [row] = await sql`
        update ${sql(model)} set ${sql(update as Values)} where id in (${one({ model, where })}) returning *`;
      return (row as T | undefined) ?? null;
    },
    async updateMany({ model, where, update }: Target & { update: Values }): Promise<number> {
      const { count } = await sql`update ${sql(model)} set ${sql(update)} where ${all(sql, where)}`;
      return count;
    },
    async delete({ model, where }: Target): Promise<void> {
      await sql`delete from ${sql(model)} where id in (${one({ model, where })})`;
    },
    async deleteMany({ model, where }: Target): Promise<number> {
      const { count } = await sql`delete from ${sql(model)} where ${all(sql, where)}`;
      return count;
    },
    /** Two at the same moment: the second waits for the row and finds it gone. */
    async consumeOne<T>({ model, where }: Target): Promise<T | null> {
      const [row] = await sql`
        delete from ${sql(model)} where id = (${one({ model, where })} for update) and ${all(sql, where)} returning *`;
      return (row as T | undefined) ?? null;
    },
    async incrementOne<T>(given: Target & { increment: Record<string, number>; set?: Values | undefined }) {
      const { model, where, increment, set = {} } = given;
      const steps = [
        ...Object.entries(increment).map(([name, by]) => sql`${sql(name)} = coalesce(${sql(name)}, 0) + ${by}`),
        ...Object.entries(set).map(([name, value]) => sql`${sql(name)} = ${value as string}`),
      ];
      const [row] = await sql`
        update ${sql(model)} set ${joined(sql, steps, sql`,`)} where ${all(sql, where)} returning *`;
      return (row as T | undefined) ?? null;
    },
  };
}

const joined = (sql: Sql, parts: Fragment[], between: Fragment): Fragment =>
  parts.reduce((whole, part) => sql`${whole} ${between} ${part}`);

/** The conditions joined by AND, and those joined by OR as one more. */
function all(sql: Sql, where: readonly CleanedWhere[] = []): Fragment {
  const by = (connector: "AND" | "OR") =>
    where.filter((one) => (one.connector ?? "AND") === connector).map((one) => condition(sql, one));
  const [ands, ors] = [by("AND"), by("OR")];
  if (ors.length > 0) ands.push(sql`(${joined(sql, ors, sql`or`)})`);
  return ands.length === 0 ? sql`true` : joined(sql, ands, sql`and`);
}

function condition(sql: Sql, { field, operator, value }: CleanedWhere): Fragment {
  const column = sql(field);
  const given = value as string;
  switch (operator) {
    case "eq":
    case undefined:
      return value === null ? sql`${column} is null` : sql`${column} = ${given}`;
    case "ne":
      return value === null ? sql`${column} is not null` : sql`${column} is distinct from ${given}`;
    case "lt":
      return sql`${column} < ${given}`;
    case "lte":
      return sql`${column} <= ${given}`;
    case "gt":
      return sql`${column} > ${given}`;
    case "gte":
      return sql`${column} >= ${given}`;
    case "in":
      return sql`${column} = any(${value as string[]})`;
    case "not_in":
      return sql`${column} <> all(${value as string[]})`;
    default:
      // Searching in texts is for the library's admin pages, which we do not have.
      throw new Error(`no such condition in sign-in: ${operator}`);
  }
}
