import { readFileSync } from "node:fs";
import { audit, readAuditWords } from "./cli/audit.ts";
import { doctor } from "./cli/doctor.ts";
import { openKeyring, unsealedWarning } from "./cli/keys.ts";
import { ownerInvite, ownerLink, ownerResetFactor, readResetWords } from "./cli/owner.ts";
import { waitForDatabase, whenItAnswers } from "./cli/ready.ts";
import { readTraceWords, trace } from "./cli/trace.ts";
import { type Config, printConfigMarkdown, printHelp, readConfig } from "./config.ts";
import { beginEpoch } from "./db/epoch.ts";
import { migrate } from "./db/migrate.ts";
import { openSql } from "./db/sql.ts";
import { explain } from "./embedded/explain.ts";
import { probePort } from "./embedded/port.ts";
import { type EmbeddedLog, lockDataDir, startEmbedded, urlOfRunning } from "./embedded/start.ts";

/** The commands, for `--help` too. */
const commands = {
  start: { text: "Start the server, with its own PostgreSQL when DATABASE_URL is empty.", run: start },
  migrate: { text: "Bring the database to the schema of this version, and stop.", run: migrateOnly },
  seed: { text: "Fill an empty database with the demo shop, and stop.", run: seedOnly },
  "new-epoch": {
    text: "After a backup was brought back: have every client forget what the backup lacks, and stop.",
    run: newEpoch,
  },
  "owner-invite": {
    text: "Print a link, good once and for a day, by which somebody becomes an owner.",
    run: inviteOwner,
  },
  owner: {
    text: "Take away the second factor of somebody who lost it and whom nobody else may help: owner reset-factor LOGIN.",
    takes: "reset-factor LOGIN [passkeys]",
    run: resetFactor,
  },
  doctor: { text: "Look for what would keep the server from working, and say how to mend it.", run: doctor },
  trace: {
    text: "Say when a message reached which device: trace STREAM SEQ, with --json for programs.",
    takes: "STREAM SEQ [--json]",
    run: printTrace,
  },
  audit: {
    text: "Prove the audit log, or print it as JSON lines: audit verify [SEQ:HASH noted earlier], audit export.",
    takes: "verify [SEQ:HASH] | export",
    run: printAudit,
  },
} as const satisfies Record<string, Command>;

/** `takes`: words of its own before the options, handed over as they are. */
type Command = { text: string; takes?: string; run: (config: Config, words: readonly string[]) => Promise<number> };

type CommandName = keyof typeof commands;

const exitUsage = 2;
/** A second Ctrl-C within this time is the echo of the first, sent by the terminal and by npm. */
const echoMs = 1_000;
const parentCheckMs = 500;

async function main(words: readonly string[]): Promise<number> {
  const [word = "--help", ...flags] = words;
  if (word === "--version" || word === "-v") return print(`aftercare ${version()}`);
  if (word === "--help" || word === "-h" || word === "help") {
    return print(flags.includes("--markdown") ? printConfigMarkdown() : helpText());
  }
  if (!isCommand(word)) return complain([`"${word}" is not a command; --help lists them all.`]);
  if (flags.includes("--help") || flags.includes("-h")) return print(helpText());
  const command: Command = commands[word];
  const own = command.takes === undefined ? [] : ownWords(flags);
  const { config, problems } = readConfig(
    process.env,
    flags.filter((flag) => !own.includes(flag)),
  );
  if (problems) return complain(problems);
  try {
    return await command.run(config, own);
  } catch (error) {
    const sentence = explain(error, { host: config.host, port: config.port, dataDir: config.dataDir });
    if (sentence === undefined) console.error(error);
    else console.error(`aftercare: ${sentence}`);
    return 1;
  }
}

async function start(config: Config): Promise<number> {
  const stopped = waitForStop(config.stopWithParent);
  const base = await openDatabase(config, async () => {
    // Before the database is started for nothing.
    if (config.port !== 0) await probePort(config.host, config.port);
  });
  try {
    const { startServer, seedDemo } = await wholeServer();
    // All of it may be done again: the database may go once more right after it came.
    const { keyring, demo } = await whenItAnswers(async () => {
      await migrate(base.url);
      const keys = await openKeyring(config, base.url);
      return { keyring: keys, demo: config.demo ? await seedDemo(base.url, keys) : undefined };
    }, plainLog.info);
    if (!keyring.canSeal) plainLog.warn(unsealedWarning);
    const server = await startServer(config, { url: base.url, keyring });
    try {
      await base.announce(server.url);
      console.log(welcome(server.url, demo));
      const setup = await ownerLink(base.url, server.url);
      if (setup !== undefined)
        console.log(`\nNobody is here yet. To become the owner, open once, today:\n\n  ${setup}\n`);
      const reason = await stopped;
      console.log(`\nStopping (${reason}): letting work finish …`);
    } finally {
      // Clients are told to move before their database goes away.
      await server.stop();
    }
  } finally {
    await base.stop();
  }
  console.log("Stopped.");
  return 0;
}

async function migrateOnly(config: Config): Promise<number> {
  return withDatabase(config, async (url) => {
    const { from, to } = await migrate(url);
    console.log(
      from === to ? `The schema is up to date (version ${to}).` : `The schema went from version ${from} to ${to}.`,
    );
  });
}

async function seedOnly(config: Config): Promise<number> {
  return withDatabase(config, async (url) => {
    await migrate(url);
    const { seedDemo } = await wholeServer();
    const demo = await seedDemo(url, await openKeyring(config, url));
    console.log(
      demo.fresh ? "The demo shop is in the database." : "The database already holds a shop; nothing was changed.",
    );
    if (demo.signIns.length > 0) console.log(signInLines(demo.signIns).join("\n"));
  });
}

/** Beside a running server, or with the database alone. */
async function inviteOwner(config: Config): Promise<number> {
  const running = config.databaseUrl === "" ? await urlOfRunning(config.dataDir) : config.databaseUrl;
  if (running !== undefined) return ownerInvite(running, config);
  return withDatabase(config, async (url) => {
    await migrate(url);
    await ownerInvite(url, config);
  });
}

async function newEpoch(config: Config): Promise<number> {
  return withDatabase(config, async (url) => {
    const sql = openSql(url, 1);
    try {
      const { from, to } = await beginEpoch(sql);
      console.log(`The epoch went from ${from} to ${to}: each client reads its conversations anew.`);
    } finally {
      await sql.end({ timeout: 5 });
    }
  });
}

async function withDatabase(config: Config, work: (url: string) => Promise<void>): Promise<number> {
  const base = await openDatabase(config);
  try {
    await work(base.url);
  } finally {
    await base.stop();
  }
  return 0;
}

async function printTrace(config: Config, words: readonly string[]): Promise<number> {
  const asked = readTraceWords(words);
  if (!asked) return complain([`trace needs a stream and a seq: aftercare trace ${commands.trace.takes}.`]);
  return beside(config, (url) => trace(url, config.traceDays, asked));
}

async function printAudit(config: Config, words: readonly string[]): Promise<number> {
  const asked = readAuditWords(words);
  if (!asked) return complain([`audit needs to be told what: aftercare audit ${commands.audit.takes}.`]);
  return beside(config, (url) => audit(url, asked));
}

async function resetFactor(config: Config, words: readonly string[]): Promise<number> {
  const asked = readResetWords(words);
  if (!asked) return complain([`owner needs to be told what: aftercare owner ${commands.owner.takes}.`]);
  return beside(config, (url) => ownerResetFactor(url, asked));
}

/** Beside a running server, or with the database alone. */
async function beside(config: Config, work: (url: string) => Promise<number>): Promise<number> {
  const running = config.databaseUrl === "" ? await urlOfRunning(config.dataDir) : config.databaseUrl;
  if (running !== undefined) return work(running);
  const base = await openDatabase(config);
  try {
    return await work(base.url);
  } finally {
    await base.stop();
  }
}

type OpenDatabase = { readonly url: string; announce(serverUrl: string): Promise<void>; stop(): Promise<void> };

/** The database of `DATABASE_URL`, or our own; `first` runs once nobody else can use our data directory. */
async function openDatabase(config: Config, first: () => Promise<void> = async () => undefined): Promise<OpenDatabase> {
  if (config.databaseUrl !== "") {
    await first();
    const url = await waitForDatabase(config.databaseUrl, plainLog.info);
    return { url, announce: async () => undefined, stop: async () => undefined };
  }
  const lock = await lockDataDir(config.dataDir);
  try {
    await first();
    const maxConnections = Math.max(100, config.dbConnections + spareConnections);
    const embedded = await startEmbedded({ dataDir: config.dataDir, log: plainLog, lock, maxConnections });
    const stop = async () => {
      await embedded.stop();
      await lock.release();
    };
    return { url: embedded.url, announce: (serverUrl) => lock.announce(serverUrl), stop };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

/** For jobs, tools and a person with psql, beside the server's own. */
const spareConnections = 20;

const plainLog: EmbeddedLog = {
  info: (line) => console.log(`aftercare: ${line}`),
  warn: (line) => console.warn(`aftercare: ${line}`),
  error: (line) => console.error(`aftercare: ${line}`),
};

/** Resolves with the reason to stop; a second request, or a stop that hangs, is not our business: SIGKILL is safe. */
function waitForStop(withParent: boolean): Promise<string> {
  return new Promise((resolve) => {
    let askedAt = 0;
    const ask = (reason: string) => {
      if (askedAt > 0 && Date.now() - askedAt > echoMs) {
        console.error("Stopping at once; PostgreSQL is told to shut down.");
        process.exit(1);
      }
      askedAt ||= Date.now();
      resolve(reason);
    };
    for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(signal, () => ask(signal));
    if (!withParent) return;
    const parent = process.ppid;
    const timer = setInterval(() => {
      if (process.ppid === parent) return;
      clearInterval(timer);
      ask("the process that started this one ended");
    }, parentCheckMs);
    timer.unref();
  });
}

/** Read when it is needed: the small commands answer at once. */
const wholeServer = async () => ({ ...(await import("./main.ts")), ...(await import("./seed.ts")) });

type SignIns = Awaited<ReturnType<Awaited<ReturnType<typeof wholeServer>>["seedDemo"]>>["signIns"];

function welcome(url: string, demo: { signIns: SignIns } | undefined): string {
  const base = url.replace(/\/$/, "");
  const lines = [
    "",
    "Aftercare is running.",
    "",
    `  customer chat   ${base}/chat/`,
    `  staff console   ${base}/console/`,
    ...(demo ? [`  demo shop       ${base}/demo/`] : []),
  ];
  if (demo && demo.signIns.length > 0)
    lines.push("", "Demo sign-ins for the console:", "", ...signInLines(demo.signIns));
  return [...lines, "", "Ctrl-C stops everything; a later start continues with the same data."].join("\n");
}

function signInLines(signIns: SignIns): string[] {
  const loginWidth = Math.max(...signIns.map(({ login }) => login.length));
  const passwordWidth = Math.max(...signIns.map(({ password }) => password.length));
  return signIns.map(
    ({ login, password, name }) => `  ${login.padEnd(loginWidth)}  ${password.padEnd(passwordWidth)}  ${name}`,
  );
}

function helpText(): string {
  const names = Object.keys(commands) as CommandName[];
  const width = Math.max(...names.map((name) => name.length));
  const lines = names.map((name) => `  ${name.padEnd(width)}  ${commands[name].text}`);
  return `aftercare ${version()}: instant messaging for after-sales service\n\nUsage: aftercare COMMAND [OPTIONS]\n\nCommands:\n${lines.join("\n")}\n\n${printHelp()}`;
}

/** The words before the first option, and `--json` wherever it stands. */
function ownWords(flags: readonly string[]): string[] {
  const first = flags.findIndex((flag) => flag.startsWith("--"));
  return flags.filter((flag, i) => first === -1 || i < first || flag === "--json");
}

function isCommand(word: string): word is CommandName {
  return Object.hasOwn(commands, word);
}

function version(): string {
  const text = readFileSync(new URL("../package.json", import.meta.url), "utf8");
  return (JSON.parse(text) as { version: string }).version;
}

function print(text: string): number {
  console.log(text.trimEnd());
  return 0;
}

function complain(problems: readonly string[]): number {
  for (const problem of problems) console.error(`aftercare: ${problem}`);
  return exitUsage;
}

// Everything is closed by now; what a library keeps open must not keep the process.
process.exit(await main(process.argv.slice(2)));
