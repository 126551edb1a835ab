import { parseArgs } from "node:util";
import { simulate } from "./run.ts";
import { inOwnTurn } from "./scheduler.ts";
const { values } = parseArgs({ options: { runs: { type: "string", default: "20" }, seed: { type: "string", default: "1" }, verbose: { type: "boolean", default: false } } });
const rejections: unknown[] = [];
process.on("unhandledRejection", (e) => rejections.push(e));
process.on("uncaughtException", (e) => rejections.push(e));
const from = Number(values.seed);
const tally = new Map<string, number[]>();
const t0 = performance.now();
for (let seed = from; seed < from + Number(values.runs); seed++) {
  const t = performance.now();
  const o = await inOwnTurn(() => simulate(seed, values.verbose));
  await new Promise((r) => setImmediate(r)); await new Promise((r) => setImmediate(r));
  if (values.verbose) console.log(o.trace.join("\n"));
  const rej = rejections.splice(0).map((r) => String((r as Error)?.stack ?? r));
  if (o.violation || rej.length) {
    console.log(`seed ${seed}: ${o.violation?.law}: ${o.violation?.text.slice(0, 600)} ${rej.slice(0,2).join("\n")}`);
    const k = o.violation?.law ?? "rejection"; tally.set(k, [...(tally.get(k) ?? []), seed]);
  } else if (Number(values.runs) < 10) console.log(seed, o.steps, o.acked, o.refused, o.events, o.frames, (performance.now() - t).toFixed(0));
}
console.log(tally, ((performance.now() - t0) / 1000).toFixed(1), "s");
