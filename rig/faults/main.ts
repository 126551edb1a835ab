import { parseArgs } from "node:util";
import { Random } from "../sim/random.ts";
import { type Fault, NotRun, type Outcome } from "./fault.ts";
import { faults } from "./list.ts";

const usage = `npm run faults -- NAME … [--seed N] [--short] [--verbose]
npm run faults -- --all [--jobs N] | --short | --list

${faults.map(({ name, text }) => `  ${name.padEnd(28)}${text}`).join("\n")}`;

type Verdict = { readonly fault: Fault; readonly seed: number; readonly seconds: number } & (
  | { readonly kind: "ok" | "FAILED"; readonly outcome: Outcome }
  | { readonly kind: "not run"; readonly why: string }
);

/** Runs one fault to its verdict. */
async function verdictOf(fault: Fault, seed: number, short: boolean, verbose: boolean): Promise<Verdict> {
  const startedAt = performance.now();
  const say = (line: string) =>
    verbose &&
    console.log(
      `  ${fault.name.padEnd(27)}${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`,
    );
  const took = () => ({ fault, seed, seconds: (performance.now() - startedAt) / 1000 });
  try {
    const outcome = await fault.run({ random: new Random(seed), short, say });
    return { ...took(), kind: outcome.breaches.length === 0 ? "ok" : "FAILED", outcome };
  } catch (error) {
    if (error instanceof NotRun) return { ...took(), kind: "not run", why: error.message };
    const breaches = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
    return { ...took(), kind: "FAILED", outcome: { breaches, facts: [] } };
  }
}

/** What was looked at: a green line without it would say nothing. */
function checkedText({ checked }: Outcome): string {
  if (!checked) return "";
  const { acked, commands, refused, delivered, devices, rows, stays } = checked;
  return `${acked} of ${commands} commands acknowledged, ${refused} fairly refused; ${rows} rows; ${delivered} events on the wire to ${devices} devices; ${stays} memberships`;
}

function print(verdict: Verdict, short: boolean): void {
  const { fault, seed, seconds, kind } = verdict;
  console.log(`${fault.name}: ${kind} (seed ${seed}, ${seconds.toFixed(1)} s)`);
  if (kind === "not run") return console.log(`  ${verdict.why}`);
  const { outcome } = verdict;
  for (const line of [...outcome.facts, checkedText(outcome)]) if (line) console.log(`  ${line}`);
  for (const breach of outcome.breaches) console.log(`  BREACH ${breach}`);
  if (kind === "FAILED")
    console.log(`  again: npm run faults -- ${fault.name} --seed ${seed}${short ? " --short" : ""}`);
}

function table(verdicts: readonly Verdict[]): string {
  const lines = verdicts.map((one) => {
    const checked = one.kind === "not run" ? one.why : one.outcome.checked;
    const what =
      typeof checked === "object"
        ? `${checked.acked} acked, ${checked.delivered} delivered, ${checked.stays} stays`
        : checked;
    return `  ${one.fault.name.padEnd(28)}${String(one.seed).padStart(8)}  ${one.kind.padEnd(8)}${one.seconds.toFixed(1).padStart(7)} s  ${what ?? ""}`;
  });
  return [
    `\n  ${"fault".padEnd(28)}${"seed".padStart(8)}  ${"verdict".padEnd(8)}${"time".padStart(9)}  checked`,
    ...lines,
  ].join("\n");
}

/** Each has a world of its own, so that several may stand side by side where there are processors for them. */
async function inTurns<T, R>(items: readonly T[], jobs: number, work: (item: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const left = [...items.entries()];
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) results[next[0]] = await work(next[1]);
  };
  await Promise.all(Array.from({ length: Math.max(1, jobs) }, worker));
  return results;
}

async function main(words: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      all: { type: "boolean", default: false },
      short: { type: "boolean", default: false },
      list: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      seed: { type: "string" },
      jobs: { type: "string", default: "1" },
    },
  });
  const unknown = positionals.find((name) => !faults.some((fault) => fault.name === name));
  const chosen = faults.filter(
    ({ name, short }) =>
      positionals.includes(name) || values.all || (positionals.length === 0 && values.short && short),
  );
  if (values.help || values.list || unknown !== undefined || chosen.length === 0) {
    console.log(unknown === undefined ? usage : `${unknown} is not a fault.\n${usage}`);
    return values.help || values.list ? 0 : 2;
  }
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
  const verdicts = await inTurns(chosen, Number(values.jobs), async (fault) => {
    const verdict = await verdictOf(fault, seed, values.short, values.verbose);
    print(verdict, values.short);
    return verdict;
  });
  console.log(table(verdicts));
  const count = (kind: Verdict["kind"]) => verdicts.filter((one) => one.kind === kind).length;
  if (count("not run") > 0) console.log(`\n${count("not run")} not run: this machine cannot make them, see above`);
  console.log(`\n${count("ok")} passed, ${count("FAILED")} failed`);
  return count("FAILED") > 0 ? 1 : 0;
}

process.exit(await main(process.argv.slice(2)));
