import { createHash } from "node:crypto";
import {
  knownRole,
  mailDomain,
  mailSender,
  natsServer,
  natsSubject,
  notEmpty,
  optionalIssuer,
  optionalOrigin,
  pushContact,
  pushService,
  roleName,
  smtpUrl,
} from "./config-checks.ts";
import { databaseUrlProblem } from "./embedded/url.ts";

/**
 * Every setting of the server, once. The environment, the flags, `--help` and the operator guide are made from this
 * table, and nothing else reads the environment.
 */

/** What defaults may depend on; an argument, so that a test can be another machine. */
export type Machine = { readonly isRoot: boolean; readonly projectRoot: string };

/** `databaseUrl` is known before the other defaults are worked out. */
export type Facts = Machine & { readonly databaseUrl: string };

type Shape = "text" | "integer" | "boolean" | "list" | "choice";

export type Entry = {
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
  /** Never shown, not even when it is wrong: it may hold a password. */
  readonly secret?: boolean;
  /** A sentence that ends "… must be", when the value is wrong. */
  readonly check?: (value: string) => string | undefined;
};

const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;

export const table = {
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
  embedOrigins: {
    env: "AFTERCARE_EMBED_ORIGINS",
    shape: "list",
    fallback: "",
    fallbackText: "only our own pages, and those that may connect",
    check: optionalOrigin,
    text: "Sites of the shop whose pages may show the chat in a frame, separated by commas.",
  },
  pushServices: {
    env: "AFTERCARE_PUSH_SERVICES",
    shape: "list",
    fallback: "fcm.googleapis.com,*.push.services.mozilla.com,*.push.apple.com,*.notify.windows.com",
    check: pushService,
    text: "Services that notifications may be sent through: host names, reached by https at public addresses only; an origin such as https://push.example.com:8443 is taken as it is.",
  },
  pushContact: {
    env: "AFTERCARE_PUSH_CONTACT",
    shape: "text",
    fallback: "",
    fallbackText: "the public URL",
    check: pushContact,
    text: "Whom a push service may write to about our notifications: mailto:… or https://….",
  },
  pushShowsText: {
    env: "AFTERCARE_PUSH_SHOWS_TEXT",
    shape: "boolean",
    fallback: "false",
    text: "Whether a notification shows the beginning of the message; without it, only that there is one.",
  },
  pushAfterMs: {
    env: "AFTERCARE_PUSH_AFTER_MS",
    shape: "integer",
    fallback: "8000",
    min: 0,
    max: 3_600_000,
    text: "How long a message may stay unread before the customer's devices are notified.",
  },
  databaseUrl: {
    env: "DATABASE_URL",
    shape: "text",
    fallback: "",
    fallbackText: "empty: the embedded PostgreSQL",
    check: databaseUrlProblem,
    secret: true,
    text: "PostgreSQL to use, as postgres://user:password@host:port/name; several servers as host1:port,host2:port.",
  },
  databaseReplicaUrls: {
    env: "AFTERCARE_DATABASE_REPLICA_URLS",
    shape: "list",
    fallback: "",
    fallbackText: "empty: every read goes to the primary",
    check: databaseUrlProblem,
    secret: true,
    text: "Streaming replicas that may answer reads of history, separated by commas, one server each.",
  },
  failoverEpoch: {
    env: "AFTERCARE_FAILOVER_EPOCH",
    shape: "choice",
    choices: ["new", "keep", "off"],
    fallback: "new",
    text: "When another PostgreSQL takes over: `new` has every client read anew what it may have missed; `keep` is for synchronous replicas, which lose nothing; `off` does not look, for databases without timelines.",
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
    fallback: "10",
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
  dbStatementTimeoutMs: {
    env: "AFTERCARE_DB_STATEMENT_TIMEOUT_MS",
    shape: "integer",
    fallback: "10000",
    min: 100,
    max: 600_000,
    text: "Longest time of one statement; PostgreSQL ends a longer one.",
  },
  dbLockTimeoutMs: {
    env: "AFTERCARE_DB_LOCK_TIMEOUT_MS",
    shape: "integer",
    fallback: "2000",
    min: 10,
    max: 600_000,
    text: "Longest wait for a row that somebody else holds; then what needs it is answered busy.",
  },
  dbIdleTransactionTimeoutMs: {
    env: "AFTERCARE_DB_IDLE_TRANSACTION_TIMEOUT_MS",
    shape: "integer",
    fallback: "10000",
    min: 1_000,
    max: 600_000,
    text: "How long PostgreSQL keeps the locks of a node that fell silent in the middle of a transaction.",
  },
  dbConnectTimeoutMs: {
    env: "AFTERCARE_DB_CONNECT_TIMEOUT_MS",
    shape: "integer",
    fallback: "3000",
    min: 100,
    max: 60_000,
    text: "Longest time to open a connection; then the next server of DATABASE_URL is tried.",
  },
  dbAnswerTimeoutMs: {
    env: "AFTERCARE_DB_ANSWER_TIMEOUT_MS",
    shape: "integer",
    fallback: "15000",
    min: 500,
    max: 600_000,
    text: "Longest time without an answer of the database; then its connections are given up: its machine may be gone.",
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
  smtpUrl: {
    env: "AFTERCARE_SMTP_URL",
    shape: "text",
    fallback: "",
    fallbackText: "empty: no mail, so neither invitations nor password resets",
    secret: true,
    check: smtpUrl,
    text: "Mail server for invitations and password resets, as smtps://user:password@mail.example.com:465.",
  },
  mailFrom: {
    env: "AFTERCARE_MAIL_FROM",
    shape: "text",
    fallback: "",
    check: mailSender,
    text: "Sender of mails, as Service desk <desk@example.com>.",
  },
  oidcIssuer: {
    env: "AFTERCARE_OIDC_ISSUER",
    shape: "text",
    fallback: "",
    fallbackText: "empty: no single sign-on",
    check: optionalIssuer,
    text: "OpenID Connect provider by which staff may sign in, as https://login.example.com.",
  },
  oidcClientId: {
    env: "AFTERCARE_OIDC_CLIENT_ID",
    shape: "text",
    fallback: "",
    text: "Our client id at the provider.",
  },
  oidcClientSecret: {
    env: "AFTERCARE_OIDC_CLIENT_SECRET",
    shape: "text",
    fallback: "",
    secret: true,
    text: "Our client secret at the provider.",
  },
  oidcDomains: {
    env: "AFTERCARE_OIDC_DOMAINS",
    shape: "list",
    fallback: "",
    fallbackText: "empty: only those who were invited",
    check: mailDomain,
    text: "Mail domains whose people may come in by single sign-on without an invitation, as agents.",
  },
  secondFactorRoles: {
    env: "AFTERCARE_SECOND_FACTOR_ROLES",
    shape: "list",
    fallback: "",
    fallbackText: "nobody",
    check: roleName,
    text: "Roles that must prove who they are by two factors, as owner,admin; ids of custom roles too.",
  },
  natsServers: {
    env: "AFTERCARE_NATS_SERVERS",
    secret: true,
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
  natsPassword: {
    env: "AFTERCARE_NATS_PASSWORD",
    shape: "text",
    fallback: "",
    secret: true,
    text: "Password for NATS.",
  },
  natsToken: {
    env: "AFTERCARE_NATS_TOKEN",
    shape: "text",
    fallback: "",
    secret: true,
    text: "Token for NATS, instead of a name.",
  },
  natsCredentialsFile: {
    env: "AFTERCARE_NATS_CREDENTIALS_FILE",
    shape: "text",
    fallback: "",
    text: "File with credentials for NATS (a user JWT and its seed), instead of a name; read anew for each connection.",
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

function defaultDataDir(facts: Facts): string {
  const root = withoutSlash(facts.projectRoot);
  if (!facts.isRoot) return `${root}/.aftercare`;
  // PostgreSQL refuses to run as root, and the account it runs as may not be able to enter the checkout.
  return `/var/lib/aftercare/${createHash("sha256").update(root).digest("hex").slice(0, 12)}`;
}

export function withoutSlash(value: string): string {
  return value.replace(/\/+$/, "");
}
