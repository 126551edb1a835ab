import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { knownRole, natsServer, natsSubject, notEmpty, optionalDatabaseUrl, optionalOrigin } from "./config-checks.ts";

/**
 * Every setting of the server, once. The environment, the flags, `--help` and the operator guide are made from this
 * table, and nothing else reads the environment.
 */

/** What defaults may depend on; an argument, so that a test can be another machine. */
export type Machine = { readonly isRoot: boolean; readonly projectRoot: string };

/** `databaseUrl` is known before the other defaults are worked out. */
type Facts = Machine & { readonly databaseUrl: string };

type Shape = "text" | "integer" | "boolean" | "list" | "choice";

type Entry = {
  readonly env: string;
  readonly shape: Shape;
  readonly text: string;
  /** As a person would write it; a function where it depends on the machine. */
  readonly fallback: string | ((facts: Facts) => string);
  /** How the guide tells a default that is worked out. */
  readonly fallbackText?: string;
  readonly min?: number;
  readonly max?: number;
  readonly choices?: readonly string[];
  /** A sentence that ends "… must be", when the value is wrong. */
  readonly check?: (value: string) => string | undefined;
};

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

const table = {
  host: {
    env: "AFTERCARE_HOST",
    shape: "text",
    fallback: "127.0.0.1",
    check: notEmpty,
    text: "Address to listen on; 0.0.0.0 for every interface.",
  },
  port: {
    env: "AFTERCARE_PORT",
    shape: "integer",
    fallback: "7420",
    min: 0,
    max: 65_535,
    text: "TCP port to listen on; 0 takes a free one.",
  },
  publicUrl: {
    env: "AFTERCARE_PUBLIC_URL",
    shape: "text",
    fallback: "",
    fallbackText: "http://HOST:PORT",
    check: optionalOrigin,
    text: "Where browsers reach the server, when a proxy stands in front.",
  },
  allowedOrigins: {
    env: "AFTERCARE_ALLOWED_ORIGINS",
    shape: "list",
    fallback: "",
    fallbackText: "only the public URL",
    check: optionalOrigin,
    text: "Other sites whose pages may connect, separated by commas.",
  },
  databaseUrl: {
    env: "DATABASE_URL",
    shape: "text",
    fallback: "",
    fallbackText: "empty: the embedded PostgreSQL",
    check: optionalDatabaseUrl,
    text: "PostgreSQL to use, as postgres://user:password@host:port/name.",
  },
  dataDir: {
    env: "AFTERCARE_DATA_DIR",
    shape: "text",
    fallback: defaultDataDir,
    fallbackText: ".aftercare in the project; for root /var/lib/aftercare/HASH",
    check: notEmpty,
    text: "Directory for the embedded database and local files.",
  },
  logLevel: {
    env: "AFTERCARE_LOG_LEVEL",
    shape: "choice",
    choices: logLevels,
    fallback: "info",
    text: "The least serious log line to print.",
  },
  heartbeatMs: {
    env: "AFTERCARE_HEARTBEAT_MS",
    shape: "integer",
    fallback: "15000",
    min: 100,
    max: 18_000,
    text: "Time between heartbeats; a dead connection is found within 45 s.",
  },
  drainMs: {
    env: "AFTERCARE_DRAIN_MS",
    shape: "integer",
    fallback: "10000",
    min: 0,
    max: 600_000,
    text: "Longest time to finish work after being told to stop.",
  },
  batchMaxRows: {
    env: "AFTERCARE_BATCH_MAX_ROWS",
    shape: "integer",
    fallback: "256",
    min: 1,
    max: 10_000,
    text: "Most commands that share one transaction.",
  },
  batchWindowMs: {
    env: "AFTERCARE_BATCH_WINDOW_MS",
    shape: "integer",
    fallback: "5",
    min: 0,
    max: 1_000,
    text: "Least time between two transactions that append to the log while there is load; longer is slower and costs less.",
  },
  lanes: {
    env: "AFTERCARE_LANES",
    shape: "integer",
    fallback: "4",
    min: 1,
    max: 64,
    text: "Batches of commands under way at the same time.",
  },
  dbConnections: {
    env: "AFTERCARE_DB_CONNECTIONS",
    shape: "integer",
    fallback: "10",
    min: 2,
    max: 500,
    text: "Most connections to PostgreSQL; needs more than there are lanes.",
  },
  ringEvents: {
    env: "AFTERCARE_RING_EVENTS",
    shape: "integer",
    fallback: "512",
    min: 0,
    max: 100_000,
    text: "Recent events kept in memory for each active stream; a client that missed fewer resumes without the database.",
  },
  receiptFlushMs: {
    env: "AFTERCARE_RECEIPT_FLUSH_MS",
    shape: "integer",
    fallback: "250",
    min: 0,
    max: 60_000,
    text: "How long delivered and read marks are collected before they are written together.",
  },
  socketBufferBytes: {
    env: "AFTERCARE_SOCKET_BUFFER_BYTES",
    shape: "integer",
    fallback: "1048576",
    min: 16_384,
    max: 67_108_864,
    text: "Unsent bytes after which a slow connection is closed, to resume later.",
  },
  maxConnections: {
    env: "AFTERCARE_MAX_CONNECTIONS",
    shape: "integer",
    fallback: "12000",
    min: 1,
    max: 1_000_000,
    text: "Most client connections; the next one is refused with a retry time.",
  },
  rateAccountPerSecond: {
    env: "AFTERCARE_RATE_ACCOUNT_PER_SECOND",
    shape: "integer",
    fallback: "20",
    min: 1,
    max: 100_000,
    text: "Commands of one account per second, in the long run.",
  },
  rateAccountBurst: {
    env: "AFTERCARE_RATE_ACCOUNT_BURST",
    shape: "integer",
    fallback: "60",
    min: 1,
    max: 1_000_000,
    text: "Commands of one account at once, after a rest.",
  },
  rateAddressPerSecond: {
    env: "AFTERCARE_RATE_ADDRESS_PER_SECOND",
    shape: "integer",
    fallback: "50",
    min: 1,
    max: 1_000_000,
    text: "Requests of one network address per second, in the long run.",
  },
  rateAddressBurst: {
    env: "AFTERCARE_RATE_ADDRESS_BURST",
    shape: "integer",
    fallback: "200",
    min: 1,
    max: 10_000_000,
    text: "Requests of one network address at once, after a rest.",
  },
  customersPerMinute: {
    env: "AFTERCARE_CUSTOMERS_PER_MINUTE",
    shape: "integer",
    fallback: "20",
    min: 1,
    max: 1_000_000,
    text: "New customers from one network address per minute.",
  },
  trustedProxies: {
    env: "AFTERCARE_TRUSTED_PROXIES",
    shape: "integer",
    fallback: "0",
    min: 0,
    max: 10,
    text: "Proxies of yours in front, whose X-Forwarded-For is believed; with 0, nobody's is.",
  },
  roles: {
    env: "AFTERCARE_ROLES",
    shape: "list",
    fallback: "gateway,worker",
    check: knownRole,
    text: "What this node does: gateway serves clients, worker does periodic duties; separated by commas.",
  },
  natsServers: {
    env: "AFTERCARE_NATS_SERVERS",
    shape: "list",
    fallback: "",
    fallbackText: "empty: one node, without NATS",
    check: natsServer,
    text: "NATS by which several nodes hear of each other, as nats://host:4222 or tls://host:4222, separated by commas.",
  },
  natsSubject: {
    env: "AFTERCARE_NATS_SUBJECT",
    shape: "text",
    fallback: "aftercare",
    check: natsSubject,
    text: "First word of the subjects; another one for each deployment that shares a NATS.",
  },
  natsUser: { env: "AFTERCARE_NATS_USER", shape: "text", fallback: "", text: "Name for NATS." },
  natsPassword: { env: "AFTERCARE_NATS_PASSWORD", shape: "text", fallback: "", text: "Password for NATS." },
  natsToken: { env: "AFTERCARE_NATS_TOKEN", shape: "text", fallback: "", text: "Token for NATS, instead of a name." },
  natsCredentialsFile: {
    env: "AFTERCARE_NATS_CREDENTIALS_FILE",
    shape: "text",
    fallback: "",
    text: "File with credentials for NATS (a user JWT and its seed), instead of a name.",
  },
  natsTlsCa: {
    env: "AFTERCARE_NATS_TLS_CA",
    shape: "text",
    fallback: "",
    fallbackText: "empty: the system's",
    text: "File with the CA that signed the certificate of NATS.",
  },
  natsTlsCert: {
    env: "AFTERCARE_NATS_TLS_CERT",
    shape: "text",
    fallback: "",
    text: "File with this node's certificate, where NATS asks for one.",
  },
  natsTlsKey: {
    env: "AFTERCARE_NATS_TLS_KEY",
    shape: "text",
    fallback: "",
    text: "File with the key of that certificate.",
  },
  recallWindowMs: {
    env: "AFTERCARE_RECALL_WINDOW_MS",
    shape: "integer",
    fallback: "120000",
    min: 0,
    max: 31_536_000_000,
    text: "How long the sender of a message may recall it.",
  },
  traceDays: {
    env: "AFTERCARE_TRACE_DAYS",
    shape: "integer",
    fallback: "7",
    min: 0,
    max: 3_650,
    text: "Days for which times of delivery are kept for each device; 0 keeps none.",
  },
  demo: {
    env: "AFTERCARE_DEMO",
    shape: "boolean",
    fallback: (facts) => String(facts.databaseUrl === ""),
    fallbackText: "true with the embedded PostgreSQL",
    text: "Fill an empty database with the demo shop on start.",
  },
  stopWithParent: {
    env: "AFTERCARE_STOP_WITH_PARENT",
    shape: "boolean",
    fallback: "false",
    text: "Stop when the process that started this one ends; set by `npm start`.",
  },
} as const satisfies Record<string, Entry>;

type Table = typeof table;
type ValueOf<E extends Entry> = E extends { shape: "integer" }
  ? number
  : E extends { shape: "boolean" }
    ? boolean
    : E extends { shape: "list" }
      ? readonly string[]
      : E extends { choices: readonly (infer C)[] }
        ? C
        : string;

/** One value per entry of the table, by its name. */
export type Config = { readonly [Name in keyof Table]: ValueOf<Table[Name]> };

export type ConfigResult =
  | { readonly config: Config; readonly problems?: undefined }
  | { readonly config?: undefined; readonly problems: readonly string[] };

const entries = Object.entries(table) as [keyof Table, Entry][];
const projectRoot = fileURLToPath(new URL("../..", import.meta.url));

/** The machine this process runs on. */
export function thisMachine(): Machine {
  return { isRoot: process.getuid?.() === 0, projectRoot };
}

/** Reads the table from the environment and the flags; a flag wins. Each problem is one sentence for a person. */
export function readConfig(
  env: Readonly<Record<string, string | undefined>>,
  flags: readonly string[],
  machine: Machine = thisMachine(),
): ConfigResult {
  const problems: string[] = [];
  const given = new Map<string, { value: string; source: string }>();
  for (const [name, entry] of entries) {
    // An empty variable counts as absent: that is how shells and compose files say "not set".
    const value = env[entry.env]?.trim();
    if (value) given.set(name, { value, source: entry.env });
  }
  readFlags(flags, given, problems);

  const facts: Facts = { ...machine, databaseUrl: given.get("databaseUrl")?.value ?? "" };
  const config: Record<string, unknown> = {};
  for (const [name, entry] of entries) {
    const fallback = typeof entry.fallback === "string" ? entry.fallback : entry.fallback(facts);
    const { value, source } = given.get(name) ?? { value: fallback, source: entry.env };
    const parsed = parse(entry, value);
    if ("problem" in parsed)
      problems.push(`${source} is "${shown(entry, value)}", but must be ${parsed.problem}.${hint(value)}`);
    else config[name] = parsed.value;
  }
  if (problems.length === 0) problems.push(...checkTogether(config as Config));
  return problems.length > 0 ? { problems } : { config: config as Config };
}

/** `--port 80`, `--port=80`, `--demo`, `--no-demo`. */
function readFlags(
  flags: readonly string[],
  given: Map<string, { value: string; source: string }>,
  problems: string[],
): void {
  for (let at = 0; at < flags.length; at++) {
    const word = flags[at] ?? "";
    const [flag = "", ...rest] = word.split("=");
    const negated = flag.startsWith("--no-");
    const found = entries.find(([name]) => flagOf(name) === (negated ? `--${flag.slice(5)}` : flag));
    if (!found || (negated && found[1].shape !== "boolean")) {
      problems.push(`${flag} is not an option; --help lists them all.`);
      continue;
    }
    const [name, entry] = found;
    const inline = rest.length > 0 ? rest.join("=") : undefined;
    if (entry.shape === "boolean") given.set(name, { value: negated ? "false" : (inline ?? "true"), source: flag });
    else {
      const value = inline ?? flags[++at];
      if (value === undefined) problems.push(`${flag} needs a value.`);
      else given.set(name, { value, source: flag });
    }
  }
}

function parse(entry: Entry, value: string): { value: unknown } | { problem: string } {
  switch (entry.shape) {
    case "integer": {
      const { min = 0, max = Number.MAX_SAFE_INTEGER } = entry;
      const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN;
      return number >= min && number <= max ? { value: number } : { problem: `a whole number from ${min} to ${max}` };
    }
    case "boolean": {
      const word = value.toLowerCase();
      if (["true", "1", "yes", "on"].includes(word)) return { value: true };
      if (["false", "0", "no", "off"].includes(word)) return { value: false };
      return { problem: "true or false" };
    }
    case "choice":
      return entry.choices?.includes(value) ? { value } : { problem: `one of ${entry.choices?.join(", ")}` };
    case "list": {
      const items = value
        .split(",")
        .map((item) => item.trim())
        .filter((item) => item !== "");
      const problem = items.map((item) => entry.check?.(item)).find((found) => found !== undefined);
      return problem ? { problem } : { value: items.map(withoutSlash) };
    }
    case "text": {
      const problem = entry.check?.(value);
      return problem ? { problem } : { value };
    }
    default:
      return entry.shape satisfies never;
  }
}

/** Rules that need two values. */
function checkTogether(config: Config): string[] {
  const problems: string[] = [];
  if (config.dbConnections <= config.lanes) {
    problems.push(
      `AFTERCARE_DB_CONNECTIONS is ${config.dbConnections}, but must be more than AFTERCARE_LANES (${config.lanes}), or reads would wait for writes.`,
    );
  }
  if (config.rateAccountBurst < config.rateAccountPerSecond) {
    problems.push("AFTERCARE_RATE_ACCOUNT_BURST must be at least AFTERCARE_RATE_ACCOUNT_PER_SECOND.");
  }
  if (config.rateAddressBurst < config.rateAddressPerSecond) {
    problems.push("AFTERCARE_RATE_ADDRESS_BURST must be at least AFTERCARE_RATE_ADDRESS_PER_SECOND.");
  }
  if (config.roles.length === 0) problems.push("AFTERCARE_ROLES is empty, but must name gateway, worker, or both.");
  if ((config.natsTlsCert === "") !== (config.natsTlsKey === ""))
    problems.push("AFTERCARE_NATS_TLS_CERT and AFTERCARE_NATS_TLS_KEY go together.");
  return problems;
}

/** The options part of `--help`. */
export function printHelp(): string {
  const rows = entries.map(([name, entry]) => [flagOf(name), entry.env, entry.text, defaultText(entry)] as const);
  const flagWidth = Math.max(...rows.map(([flag]) => flag.length));
  const lines = rows.flatMap(([flag, env, text, fallback]) => [
    `  ${flag.padEnd(flagWidth)}  ${text}`,
    `  ${" ".repeat(flagWidth)}  ${env}, default: ${fallback}`,
  ]);
  return `Options, each also as an environment variable (the option wins):\n${lines.join("\n")}\n`;
}

/** The table of the operator guide. */
export function printConfigMarkdown(): string {
  const rows = entries.map(
    ([name, entry]) =>
      `| \`${entry.env}\` | \`${flagOf(name)}\` | ${kindText(entry)} | ${defaultText(entry)} | ${entry.text} |`,
  );
  return `| variable | option | type | default | meaning |\n| --- | --- | --- | --- | --- |\n${rows.join("\n")}\n`;
}

function kindText(entry: Entry): string {
  if (entry.shape === "integer") return `${entry.min ?? 0} to ${entry.max ?? "any"}`;
  if (entry.shape === "choice") return entry.choices?.join(", ") ?? "";
  return entry.shape === "boolean" ? "true, false" : entry.shape;
}

function defaultText(entry: Entry): string {
  return entry.fallbackText ?? (typeof entry.fallback === "string" ? entry.fallback || "empty" : "");
}

function flagOf(name: string): string {
  return `--${name.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
}

function defaultDataDir(facts: Facts): string {
  const root = withoutSlash(facts.projectRoot);
  if (!facts.isRoot) return `${root}/.aftercare`;
  // PostgreSQL refuses to run as root, and the account it runs as may not be able to enter the checkout.
  return `/var/lib/aftercare/${createHash("sha256").update(root).digest("hex").slice(0, 12)}`;
}

const secretEntries = new Set([
  "DATABASE_URL",
  "AFTERCARE_NATS_SERVERS",
  "AFTERCARE_NATS_PASSWORD",
  "AFTERCARE_NATS_TOKEN",
]);

/** A wrong URL may still hold a password, so it is not repeated. */
function shown(entry: Entry, value: string): string {
  return secretEntries.has(entry.env) ? "…" : value.slice(0, 80);
}

/** Kubernetes sets AFTERCARE_PORT=tcp://… in every pod beside a Service that is named aftercare. */
function hint(value: string): string {
  return value.startsWith("tcp://")
    ? ' Kubernetes sets it for a Service named "aftercare": use enableServiceLinks: false.'
    : "";
}

function withoutSlash(value: string): string {
  return value.replace(/\/+$/, "");
}
