import { readdir } from "node:fs/promises";
import { join } from "node:path";
import type { Actor } from "@aftercare/core";
import { inboxOf, type StreamId } from "@aftercare/protocol";
import { createLogStore } from "../../server/src/db/log-store.ts";
import { openSql } from "../../server/src/db/sql.ts";
import { createDatabase } from "../setup/database.ts";
import { ModelDatabase } from "../sim/model-store.ts";
import { Random } from "../sim/random.ts";
import { makeLife, Scheduler } from "../sim/scheduler.ts";
import type { LogFixture } from "./log-store.ts";

const migrations = join(import.meta.dir, "../../server/migrations");
const connections = 10;

/** The store on a real PostgreSQL. */
export async function openPostgres(): Promise<LogFixture> {
  const database = await createDatabase();
  const sql = openSql(database.url, connections);
  for (const file of (await readdir(migrations)).filter((name) => name.endsWith(".sql")).sort())
    await sql.unsafe(await Bun.file(join(migrations, file)).text());
  return {
    store: createLogStore(sql),
    url: database.url,
    async addAccount({ account, name, kind }: Actor) {
      await sql`insert into account (id, kind, name, role) values (${account}, ${kind}, ${name}, ${kind === "staff" ? "agent" : null})`;
      await sql`insert into stream (id) values (${inboxOf(account)})`;
    },
    async addDesk(id: StreamId, title: string, staff: readonly Actor[], shop?: string) {
      if (shop !== undefined) await sql`insert into shop (id, name) values (${shop}, ${title})`;
      await sql`insert into stream (id, title, member_count, shop) values (${id}, ${title}, ${staff.length}, ${shop ?? null})`;
      for (const { account, name } of staff)
        await sql`insert into member (stream, account, status, name, role, from_seq)
          values (${id}, ${account}, 'joined', ${name}, 'agent', 1)`;
    },
    async close() {
      await sql.end({ timeout: 5 });
      await database.drop();
    },
  };
}

/** The simulator's model, with its time running by itself. */
export async function openModel(): Promise<LogFixture> {
  const scheduler = new Scheduler(0, new Random(3));
  const database = new ModelDatabase(scheduler, new Random(4), { lowMs: 0.1, highMs: 3 });
  let open = true;
  const tick = (): void => {
    scheduler.run(scheduler.now + 20);
    if (open) setImmediate(tick);
  };
  setImmediate(tick);
  return {
    store: database.connect(makeLife("test")),
    addAccount: async (actor) => database.tables.addAccount(actor),
    addDesk: async (...desk) => database.tables.addDesk(...desk),
    close: async () => {
      open = false;
    },
  };
}
