import { parseArgs } from "node:util";
import { Random } from "../sim/random.ts";
import type { Fault } from "./fault.ts";
import { killExternalFault, killFault } from "./kill.ts";
import { doubleIdFault, drainFault, halfOpenFault, slowConsumerFault } from "./links.ts";

const faults: readonly Fault[] = [
  killFault,
  killExternalFault,
  drainFault,
  doubleIdFault,
  halfOpenFault,
  slowConsumerFault,
];

const usage = `npm run faults -- NAME … [--seed N] [--short] [--verbose]
npm run faults -- --all

${faults.map(({ name, text }) => `  ${name.padEnd(16)}${text}`).join("\n")}`;

/** Runs one fault and prints its verdict. */
async function verdict(fault: Fault, seed: number, short: boolean, verbose: boolean): Promise<boolean> {
  const startedAt = performance.now();
  const say = (line: string) =>
    verbose && console.log(`  ${((performance.now() - startedAt) / 1000).toFixed(1).padStart(6)} s  ${line}`);
  let breaches: readonly string[];
  let facts: readonly string[] = [];
  try {
    ({ breaches, facts } = await fault.run({ random: new Random(seed), short, say }));
  } catch (error) {
    breaches = [error instanceof Error ? (error.stack ?? error.message) : String(error)];
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1);
  const ok = breaches.length === 0;
  console.log(`${fault.name}: ${ok ? "ok" : "FAILED"} (seed ${seed}, ${seconds} s): ${facts.join(", ")}`);
  for (const breach of breaches) console.log(`  ${breach}`);
  if (!ok) console.log(`  again: npm run faults -- ${fault.name} --seed ${seed}${short ? " --short" : ""}`);
  return ok;
}

async function main(words: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args: words,
    allowPositionals: true,
    options: {
      all: { type: "boolean", default: false },
      short: { type: "boolean", default: false },
      verbose: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
      seed: { type: "string" },
    },
  });
  const unknown = positionals.find((name) => !faults.some((fault) => fault.name === name));
  const chosen = faults.filter(
    ({ name, short }) =>
      positionals.includes(name) || values.all || (positionals.length === 0 && values.short && short),
  );
  if (values.help || unknown !== undefined || chosen.length === 0) {
    console.log(unknown === undefined ? usage : `${unknown} is not a fault.\n${usage}`);
    return values.help ? 0 : 2;
  }
  const seed = values.seed === undefined ? Date.now() % 1_000_000 : Number(values.seed);
  let failed = 0;
  for (const fault of chosen) if (!(await verdict(fault, seed, values.short, values.verbose))) failed++;
  console.log(`${chosen.length - failed} passed, ${failed} failed`);
  return failed > 0 ? 1 : 0;
}

process.exit(await main(process.argv.slice(2)));
