import type { Durability } from "./side.ts";
import type { SideResult, WorkloadResult } from "./workload.ts";

/** Above this share of its core the generator may be what was measured. */
const saturatedShare = 0.9;

/** Four digits are more than the noise allows. */
const rounded = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(4)) : value);

/** Infinity is no JSON: an endless latency is null. */
export const roundedJson = (line: object): string =>
  JSON.stringify(line, (_, value: unknown) =>
    typeof value === "number" ? (Number.isFinite(value) ? rounded(value) : null) : value,
  );

type Column = { head: string; of: (side: SideResult) => string };

const whole = (value: number | undefined): string =>
  value === undefined || Number.isNaN(value) ? "" : Math.round(value).toLocaleString("en-US");
const fixed = (value: number | undefined, digits: number): string =>
  value === undefined || Number.isNaN(value) ? "" : value.toFixed(digits);
const seconds = (value: number | undefined): string =>
  value === undefined || !Number.isFinite(value) ? "" : value.toPrecision(3);
const spread = ([a, b]: [number, number]): string => `${seconds(a)}-${seconds(b)}`;

const columns: readonly Column[] = [
  { head: "side", of: ({ side }) => side },
  { head: "CPU-s/1,000 acked", of: (one) => seconds(one.cpuSecondsPer1000Acked) },
  { head: "range", of: ({ range }) => (range ? spread(range.cpuSecondsPer1000Acked) : "") },
  { head: "CPU-s/1,000 deliveries", of: (one) => seconds(one.cpuSecondsPer1000Deliveries) },
  { head: "at/s", of: (one) => whole(one.comparedAtPerSecond) },
  { head: "p50 ms", of: ({ ackMs }) => fixed(ackMs?.p50, 1) },
  { head: "p99 ms", of: ({ ackMs }) => fixed(ackMs?.p99, 1) },
  { head: "p99 range", of: ({ range }) => (range ? range.p99Ms.map((ms) => fixed(ms, 0)).join("-") : "") },
  { head: "acked/s", of: (one) => whole(one.ackedPerSecond) },
  { head: "deliveries/s", of: (one) => whole(one.deliveriesPerSecond) },
  { head: "most/s", of: (one) => whole(one.saturatedPerSecond) },
  { head: "resident MB", of: (one) => (one.residentBytes === undefined ? "" : fixed(one.residentBytes / 1e6, 0)) },
  { head: "resident B/connection", of: (one) => whole(one.residentBytesPerConnection) },
  { head: "generator", of: ({ generatorShare: share }) => (share === undefined ? "" : `${whole(100 * share)}%`) },
];
const verdict: Column = { head: "checker", of: ({ checker }) => checker };

const classTexts: Record<Durability, string> = {
  D2: "D2: flushed to the disk before the acknowledgement",
  D1: "D1: written, not flushed, before the acknowledgement",
  D0: "D0: in memory",
};

export function printResult(name: string, text: string, result: WorkloadResult): void {
  const { sides, ratios, notes, notRun = [] } = result;
  console.log(`\n${name}: ${text}`);
  // Only equal classes share a table.
  for (const [durability, title] of Object.entries(classTexts)) {
    const equal = sides.filter((side) => side.durability === durability);
    if (equal.length > 0) printTable(title, equal);
  }
  for (const [ratio, value] of Object.entries(ratios.ratios)) {
    const parts = typeof value === "number" ? [["", value] as const] : Object.entries(value);
    for (const [peer, figure] of parts)
      console.log(`  ${ratio}${peer && ` against ${peer}`}: ${rounded(figure)} (above 1: Aftercare is better)`);
  }
  for (const note of notes) console.log(`  ${note}`);
  for (const { side, generatorShare = 0 } of sides)
    if (generatorShare > saturatedShare)
      console.log(`  the generator was saturated at ${side}: throughput and latency are its own; CPU figures hold`);
  for (const { side, why } of notRun) console.log(`  ${side} not run: ${why}`);
}

function printTable(title: string, sides: readonly SideResult[]): void {
  const own = [...new Set(sides.flatMap(({ figures = {} }) => Object.keys(figures)))];
  const all = [
    ...columns,
    ...own.map((head): Column => ({ head, of: ({ figures }) => ownText(figures?.[head]) })),
    verdict,
  ];
  // A column in which no side has a figure says nothing.
  const shown = all.filter(({ of }) => sides.some((side) => of(side) !== ""));
  const rows = [shown.map(({ head }) => head), ...sides.map((side) => shown.map(({ of }) => of(side)))];
  const widths = shown.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  console.log(` ${title}`);
  for (const row of rows) console.log(`  ${row.map((cell, index) => cell.padStart(widths[index] ?? 0)).join("  ")}`);
}

const ownText = (value: number | undefined): string =>
  value === undefined ? "" : Math.abs(value) >= 1_000 ? whole(value) : String(rounded(value));
