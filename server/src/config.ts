import { fileURLToPath } from "node:url";
import { problemsTogether } from "./config-rules.ts";
import { type Entry, type Facts, type Machine, table, withoutSlash } from "./config-table.ts";

export type { Machine } from "./config-table.ts";

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
  if (problems.length === 0) problems.push(...problemsTogether(config as Config));
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

/** What may hold a password is not repeated, also when it is wrong. */
function shown(entry: Entry, value: string): string {
  return entry.secret ? "…" : value.slice(0, 80);
}

/** Kubernetes sets AFTERCARE_PORT=tcp://… in every pod beside a Service that is named aftercare. */
function hint(value: string): string {
  return value.startsWith("tcp://")
    ? ' Kubernetes sets it for a Service named "aftercare": use enableServiceLinks: false.'
    : "";
}
