import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { freePort } from "../../server-process.ts";
import type { BenchDatabase } from "../database.ts";
import { byConversation } from "../people.ts";
import { inParallel, type People, type Side, textOf } from "../side.ts";
import type { Opener } from "../workload.ts";
import { needProgram, type PeerProcess, peerDirectory, startPeer } from "./process.ts";
import { domain, groupMessage, nodeOf, roomOf, roomsDomain, XmppDevice } from "./xmpp.ts";

const connectAtOnce = 100;
const schemaPath = "/usr/share/ejabberd/sql/pg.sql";
const erlangLibraries = "/usr/lib/erlang/lib";
/** The author of what stood in the archive before anybody looked. */
const beforeNick = "before";

export type EjabberdOptions = { readonly receipts?: boolean; readonly storedItems?: number };

/**
 * ejabberd with its message archive in PostgreSQL: a private room for each conversation. A room writes a message into the
 * archive, waits for PostgreSQL to answer, and sends it to all its occupants, the author too: D2. It would send it
 * likewise if the database had failed (`store_mam_message` ignores the outcome); the checker counts the rows.
 */
export const ejabberd = (options: EjabberdOptions = {}): Opener => ({
  name: "ejabberd-mam",
  async open(database) {
    const libraries = needEjabberd();
    return openEjabberd(await database(), libraries, options);
  },
});

/** Where its code is. */
function needEjabberd(): string {
  const packages = ["ejabberd", "erlang-p1-pgsql"] as const;
  needProgram("ejabberdctl", ...packages);
  const [beam] = new Bun.Glob("*/ejabberd-*/ebin/ejabberd.beam").scanSync("/usr/lib");
  const hasDriver =
    existsSync(erlangLibraries) && readdirSync(erlangLibraries).some((one) => one.startsWith("p1_pgsql"));
  if (!beam || !hasDriver || !existsSync(schemaPath))
    throw new Error(`ejabberd is not as Debian installs it; apt-get install ${packages.join(" ")}`);
  return dirname(dirname(dirname(join("/usr/lib", beam))));
}

async function openEjabberd(database: BenchDatabase, libraries: string, options: EjabberdOptions): Promise<Side> {
  const { receipts = false, storedItems = 0 } = options;
  await database.sql.unsafe(readFileSync(schemaPath, "utf8"));
  const port = await freePort();
  const directory = peerDirectory("ejabberd");
  const server = await start(directory.path, libraries, port, database);
  let devices: XmppDevice[] = [];
  const one = (device: number) => devices[device] as XmppDevice;
  return {
    name: "ejabberd-mam",
    durability: "D2",
    pid: server.pid,
    usesDatabase: true,
    delivers: true,
    prepare: (people) => insert(database, people, storedItems),
    async connect(people, hear) {
      const secrets = secretsOf(people);
      const signing = people.seats.map((seat) => ({ ...seat, token: secrets.get(nodeOf(seat.account)) ?? "" }));
      devices = signing.map((seat, index) => new XmppDevice(port, seat, index, hear, receipts));
      await inParallel(devices, connectAtOnce, (device) => device.open());
    },
    send: (device, message, text) => one(device).message(message, text),
    history: (device, items) => one(device).history(items),
    catchUp: (device, events) => one(device).history(events),
    disconnect() {
      for (const device of devices) device.close();
      devices = [];
    },
    async stored() {
      // Receipts are archived too, without a text.
      const [row] = await database.sql<{ rows: number; distinct: number }[]>`
        select count(*)::integer as rows, count(distinct split_part(txt, ' ', 1))::integer as distinct
        from archive where kind = 'groupchat' and txt <> '' and nick <> ${beforeNick}`;
      return row ?? { rows: 0, distinct: 0 };
    },
    async close() {
      await server.stop();
      directory.remove();
    },
  };
}

function start(directory: string, libraries: string, port: number, database: BenchDatabase): Promise<PeerProcess> {
  const config = join(directory, "ejabberd.yml");
  // JSON is YAML.
  writeFileSync(config, JSON.stringify(configOf(port, database)), { mode: 0o600 });
  const env = {
    EJABBERD_CONFIG_PATH: config,
    EJABBERD_LOG_PATH: join(directory, "ejabberd.log"),
    ERL_CRASH_DUMP: join(directory, "crash"),
    ERL_LIBS: libraries,
    HOME: directory,
  };
  return startPeer(
    [
      ...["env", ...Object.entries(env).map(([name, value]) => `${name}=${value}`), "erl", "-noinput"],
      // As `ejabberdctl` starts it; one scheduler for the one core, which does not spin while there is nothing to do.
      ...["+K", "true", "+P", "250000", "+S", "1:1", "+sbwt", "none", "+sbwtdcpu", "none", "+sbwtdio", "none"],
      ...["-mnesia", "dir", JSON.stringify(join(directory, "mnesia")), "-ejabberd", "quiet", "true", "-s", "ejabberd"],
    ],
    port,
  );
}

/** Its driver knows no Unix sockets, so it alone reaches the same PostgreSQL by TCP. */
function configOf(port: number, { url, tcpHost }: BenchDatabase) {
  if (tcpHost === undefined) throw new Error("port 5432 is taken, and its driver knows no Unix sockets");
  const { username, password, pathname } = new URL(url);
  return {
    hosts: [domain],
    loglevel: "error",
    // On a busy machine so many devices take a while to come in.
    negotiation_timeout: 120,
    listen: [
      {
        ...{ port, ip: "127.0.0.1", module: "ejabberd_http", request_handlers: { "/ws": "ejabberd_http_ws" } },
        // With the default of 5, some of those who come at once are never taken.
        backlog: 4096,
      },
    ],
    ...{ default_db: "sql", auth_method: "sql", sql_type: "pgsql", sql_server: tcpHost, sql_port: 5432 },
    ...{ sql_database: pathname.slice(1), sql_username: username, sql_password: password, sql_pool_size: 10 },
    modules: {
      mod_muc: { db_type: "sql", host: roomsDomain, history_size: 0 },
      mod_mam: { db_type: "sql", default: "never" },
    },
  };
}

/** The room's options as Erlang writes them: persistent, members only, archived. */
function roomOptions(accounts: readonly string[]): string {
  const members = accounts.map((one) => `{{<<"${nodeOf(one)}">>,<<"${domain}">>,<<>>},{member,<<>>}}`);
  const flags = ["{public,false}", "{persistent,true}", "{members_only,true}", "{anonymous,false}", "{mam,true}"];
  return `[${flags.join(",")},{affiliations,[${members.join(",")}]}]`;
}

/** An account has one password on all its devices: the token of one of them. */
const secretsOf = ({ seats }: People): ReadonlyMap<string, string> =>
  new Map(seats.map(({ account, token }) => [nodeOf(account), token]));

async function insert({ sql }: BenchDatabase, people: People, storedItems: number): Promise<void> {
  const secrets = secretsOf(people);
  await sql`insert into users (username, password)
    select * from unnest(${[...secrets.keys()]}::text[], ${[...secrets.values()]}::text[])`;
  const rooms = [...byConversation(people)];
  await sql`insert into muc_room (name, host, opts, created_at)
    select name, ${roomsDomain}, opts, now() from unnest(${rooms.map(([conversation]) => nodeOf(conversation))}::text[],
      ${rooms.map(([, seats]) => roomOptions([...new Set(seats.map(({ account }) => account))]))}::text[]) as given(name, opts)`;
  if (storedItems > 0)
    for (const [, [seat]] of rooms) {
      if (!seat) continue;
      const [room, author] = [roomOf(seat), `${nodeOf(seat.account)}@${domain}`];
      const now = Date.now() * 1000;
      await sql`insert into archive (username, timestamp, peer, bare_peer, xml, txt, kind, nick)
        select ${room}, ${now}::bigint - n, ${`${author}/x`}, ${author},
          ${groupMessage(room, 0, `<body>${textOf(0)}</body>`)}, ${textOf(0)}, 'groupchat', ${beforeNick}
        from generate_series(1, ${storedItems}::integer) as n`;
    }
  await sql`analyze`;
}
