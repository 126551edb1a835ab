import { mkdtempSync } from "node:fs";
import { chmod, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import postgres, { type Sql } from "postgres";
import { readPostmaster } from "../../server/src/embedded/cluster.ts";
import { placesIn } from "../../server/src/embedded/directory.ts";
import { type Embedded, startEmbedded, urlOfRunning } from "../../server/src/embedded/start.ts";
import { connectionOf } from "../../server/src/embedded/url.ts";
import { type Api, createApi, persist } from "../client.ts";
import { type NatsServer, startNats } from "../nats.ts";
import { childrenOf, ServerProcess } from "../server-process.ts";
import type { Random } from "../sim/random.ts";
import { type Filter, type LinkControl, type Target, TcpProxy } from "./proxy.ts";
import { copyShop, quiet } from "./template.ts";

export type FleetOptions = {
  readonly random: Random;
  readonly nodes?: number;
  /** `external`: PostgreSQL stands apart, behind a proxy. `embedded`: the one node keeps its own, as by default. */
  readonly database?: "external" | "embedded";
  readonly env?: Readonly<Record<string, string>>;
  /** What differs for one node: its environment, words before the runtime, words for it. */
  readonly each?: (index: number) => {
    readonly env?: Readonly<Record<string, string>>;
    readonly before?: readonly string[];
    readonly runtime?: readonly string[];
  };
  /** Where PostgreSQL keeps its files, when not in a temporary directory. */
  readonly databaseDir?: string;
  /** Nodes come to the database as this ordinary role, and not as its superuser. */
  readonly asUser?: { readonly name: string; readonly password: string };
  /** Looks at what PostgreSQL says to nodes, or the bus to nodes. */
  readonly fromDatabase?: (link: LinkControl) => Filter;
  readonly fromBus?: (link: LinkControl) => Filter;
};

/** As an operator would run it, but for the rates (a fault sends faster than a person) and the beat. Durability is the default: fsync on. */
const settings = {
  AFTERCARE_DEMO: "true",
  AFTERCARE_LOG_LEVEL: "warn",
  AFTERCARE_HEARTBEAT_MS: "1500",
  AFTERCARE_RATE_ACCOUNT_PER_SECOND: "10000",
  AFTERCARE_RATE_ACCOUNT_BURST: "100000",
  AFTERCARE_RATE_ADDRESS_PER_SECOND: "10000",
  AFTERCARE_RATE_ADDRESS_BURST: "100000",
  AFTERCARE_CUSTOMERS_PER_MINUTE: "100000",
};

/** Nodes as processes of their own, PostgreSQL, NATS, a proxy on every line between them, and one that balances clients. */
export class Fleet {
  readonly random: Random;
  readonly nodes: ServerProcess[] = [];
  /** Nodes that take no new clients: known to be down, or chosen to be left out. */
  readonly closed = new Set<ServerProcess>();
  /** Which node the side door leads to. */
  sideNode = 0;
  #options: FleetOptions;
  #root = "";
  #cluster: Embedded | undefined;
  #nats: NatsServer | undefined;
  #balancer: TcpProxy | undefined;
  #sideDoor: TcpProxy | undefined;
  #databaseLine: TcpProxy | undefined;
  #busLine: TcpProxy | undefined;
  #next = 0;

  private constructor(options: FleetOptions) {
    this.#options = options;
    this.random = options.random;
  }

  static async open(options: FleetOptions): Promise<Fleet> {
    const fleet = new Fleet(options);
    try {
      await fleet.#start();
      return fleet;
    } catch (error) {
      await fleet.close();
      throw error;
    }
  }

  /** Where clients come: each new connection goes to the next node that takes any. */
  get url(): string {
    return `http://127.0.0.1:${this.balancer.port}`;
  }

  get api(): Api {
    return createApi(this.url);
  }

  get balancer(): TcpProxy {
    return must(this.#balancer, "balancer");
  }

  /** An entrance of its own for the clients to whom something is done. */
  get sideDoor(): TcpProxy {
    return must(this.#sideDoor, "side door");
  }

  get sideUrl(): string {
    return `http://127.0.0.1:${this.sideDoor.port}`;
  }

  get databaseLine(): TcpProxy {
    return must(this.#databaseLine, "line to the database");
  }

  get busLine(): TcpProxy {
    return must(this.#busLine, "line to the bus");
  }

  node(index: number): ServerProcess {
    return must(this.nodes[index], `node ${index}`);
  }

  /** What the nodes printed last, for a verdict that has to explain itself. */
  get tail(): string {
    return this.nodes.map(({ tail }, index) => `node ${index}: ${tail.slice(-1_000)}`).join("\n");
  }

  async #start(): Promise<void> {
    const { random, nodes = 2, database = "external" } = this.#options;
    this.#root = mkdtempSync(join(tmpdir(), "aftercare-faults-"));
    await chmod(this.#root, 0o711);
    if (database === "external") await this.#startDatabase();
    else await copyShop(join(this.#root, "node0"));
    if (nodes > 1 || this.#options.fromBus) await this.#startBus();
    this.#balancer = await TcpProxy.open({ target: () => this.#targetOf(), random: random.fork() });
    const sideTarget = () => ({ port: portOf(this.node(this.sideNode)) });
    this.#sideDoor = await TcpProxy.open({ target: sideTarget, random: random.fork() });
    for (let index = 0; index < nodes; index++) this.nodes.push(await this.#node(index));
    await Promise.all(this.nodes.map((node) => node.start()));
  }

  async #startDatabase(): Promise<void> {
    const dataDir = this.#options.databaseDir ?? join(this.#root, "postgres");
    await copyShop(dataDir);
    this.#cluster = await startEmbedded({ dataDir, log: quiet });
    const { url, path } = connectionOf(this.#cluster.url);
    const target: Target = path === undefined ? { port: Number(new URL(url).port) } : { path };
    const { fromDatabase, random, asUser } = this.#options;
    if (asUser)
      await this.sql(async (sql) => {
        await sql.unsafe(`create role ${asUser.name} login password '${asUser.password}'`);
        await sql.unsafe(`grant all on schema public to ${asUser.name}`);
        for (const all of ["tables", "sequences", "functions"])
          await sql.unsafe(`grant all on all ${all} in schema public to ${asUser.name}`);
      });
    this.#databaseLine = await TcpProxy.open({
      target: () => target,
      random: random.fork(),
      filter: (direction, link) => (direction === "down" ? fromDatabase?.(link) : undefined),
    });
  }

  async #startBus(): Promise<void> {
    this.#nats = await startNats();
    const { port } = this.#nats;
    const { fromBus, random } = this.#options;
    this.#busLine = await TcpProxy.open({
      target: () => ({ port }),
      random: random.fork(),
      filter: (direction, link) => (direction === "down" ? fromBus?.(link) : undefined),
    });
  }

  /** The database as nodes reach it: through the proxy, as `user` when given. */
  #databaseUrl(): string {
    const user = this.#options.asUser;
    const url = new URL(connectionOf(must(this.#cluster, "database").url).url);
    url.hostname = "127.0.0.1";
    url.port = String(this.databaseLine.port);
    if (user) Object.assign(url, { username: user.name, password: user.password });
    return url.href;
  }

  async #node(index: number): Promise<ServerProcess> {
    const { env = {}, each } = this.#options;
    const own = each?.(index) ?? {};
    return new ServerProcess({
      port: await nodePort(),
      env: {
        ...settings,
        AFTERCARE_ALLOWED_ORIGINS: `${this.url},${this.sideUrl}`,
        AFTERCARE_DATA_DIR: join(this.#root, `node${index}`),
        DATABASE_URL: this.#cluster ? this.#databaseUrl() : "",
        AFTERCARE_NATS_SERVERS: this.#busLine ? `nats://127.0.0.1:${this.#busLine.port}` : "",
        ...env,
        ...own.env,
      },
      ...(own.before && { before: own.before }),
      ...(own.runtime && { runtime: own.runtime }),
    });
  }

  #targetOf(): Target | undefined {
    const up = this.nodes.filter((node) => node.running && !this.closed.has(node));
    const node = up[this.#next++ % Math.max(1, up.length)];
    return node && { port: portOf(node) };
  }

  /** Looks into the database by a way of its own, whatever is done to the line. */
  async sql<T>(work: (sql: Sql) => Promise<T>): Promise<T> {
    const url = await persist(async () =>
      must(this.#cluster?.url ?? (await urlOfRunning(join(this.#root, "node0"))), "database"),
    );
    const connection = connectionOf(url);
    const sql = postgres(connection.url, { ...connection, max: 1, onnotice: () => undefined });
    try {
      return await persist(() => work(sql));
    } finally {
      await sql.end({ timeout: 2 });
    }
  }

  async #postmaster(): Promise<number | undefined> {
    if (this.#cluster) return this.#cluster.pid();
    return (await readPostmaster(placesIn(join(this.#root, "node0")).cluster).catch(() => undefined))?.pid;
  }

  /** SIGKILL of the postmaster, of its children, or of both: each is a different crash. It is started again by who keeps it. */
  async killPostgres(how: "all" | "postmaster" | "backend"): Promise<void> {
    for (let tries = 0; tries < 400; tries++) {
      const postmaster = await this.#postmaster();
      const children = postmaster === undefined ? [] : childrenOf(postmaster);
      if (postmaster !== undefined && children.length > 0) {
        const victims = {
          postmaster: [postmaster],
          all: [postmaster, ...children],
          backend: [this.random.pick(children)],
        };
        for (const pid of victims[how]) send(pid, "SIGKILL");
        return;
      }
      await sleep(25);
    }
    throw new Error("PostgreSQL did not come back");
  }

  /** A restart as an operator orders it ("fast"): connections are ended, everything is written down. */
  async restartPostgres(): Promise<void> {
    const postmaster = await this.#postmaster();
    if (postmaster !== undefined) send(postmaster, "SIGINT");
  }

  async close(): Promise<void> {
    this.#databaseLine?.heal();
    this.#busLine?.heal();
    await Promise.all(this.nodes.map((node) => ended(node)));
    this.#balancer?.close();
    this.#sideDoor?.close();
    await this.#cluster?.stop();
    await this.#nats?.stop();
    this.#databaseLine?.close();
    this.#busLine?.close();
    await rm(this.#root, { recursive: true, force: true });
  }
}

/** Below the ports that systems lend to connections: a node that is away for a moment must find its own free again. */
const lowestPort = 20_000;
let lastPort = lowestPort + (process.pid % 100) * 100;

async function nodePort(): Promise<number> {
  for (;;) {
    const port = ++lastPort;
    const probe = createServer();
    const free = await new Promise<boolean>((resolve) => {
      probe.once("error", () => resolve(false));
      probe.listen(port, "127.0.0.1", () => probe.close(() => resolve(true)));
    });
    if (free) return port;
  }
}

const stopPatienceMs = 20_000;

/** The world is over: who does not stop when asked is made to, the verdict has been given. */
async function ended(node: ServerProcess): Promise<void> {
  const timer = setTimeout(() => void node.signal("SIGKILL"), stopPatienceMs);
  await node.signal("SIGTERM");
  clearTimeout(timer);
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself in between.
  }
}

function must<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`this world has no ${what}`);
  return value;
}

export const portOf = (node: ServerProcess): number => Number(new URL(node.url).port);

export async function until(done: () => boolean | Promise<boolean>, limitMs: number, what: string | (() => string)) {
  for (const startedAt = Date.now(); !(await done()); await sleep(10))
    if (Date.now() - startedAt > limitMs)
      throw new Error(`waited ${limitMs / 1000} s in vain for: ${typeof what === "string" ? what : what()}`);
}

/** A figure of a node's /metrics. */
export async function metric(node: ServerProcess, name: string): Promise<number> {
  const text = await (await fetch(`${node.url}/metrics`)).text();
  return Number(new RegExp(`^\\w*${name}\\w*\\s+(\\d+)`, "m").exec(text)?.[1] ?? Number.NaN);
}
