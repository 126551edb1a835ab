import type { SideResult, WorkloadResult } from "./workload.ts";

/** Four digits are more than the noise allows. */
const rounded = (value: number): number => (Number.isFinite(value) ? Number(value.toPrecision(4)) : value);

/** Infinity is no JSON: an endless latency is null. */
export const roundedJson = (line: object): string =>
  JSON.stringify(line, (_, value: unknown) =>
    typeof value === "number" ? (Number.isFinite(value) ? rounded(value) : null) : value,
  );

type Column = { head: string; of: (side: SideResult) => string };

const whole = (value: number | undefined): string =>
  value === undefined ? "" : Math.round(value).toLocaleString("en-US");

const columns: readonly Column[] = [
  { head: "side", of: ({ side, durability }) => `${side} (${durability})` },
  { head: "CPU-s/1,000 acked", of: (one) => one.cpuSecondsPer1000Acked.toFixed(3) },
  {
    head: "range",
    of: ({
      range: {
        cpuSecondsPer1000Acked: [a, b],
      },
    }) => `${a.toFixed(3)}-${b.toFixed(3)}`,
  },
  { head: "CPU-s/1,000 deliveries", of: (one) => one.cpuSecondsPer1000Deliveries.toFixed(3) },
  { head: "at/s", of: (one) => whole(one.comparedAtPerSecond) },
  { head: "p50 ms", of: ({ ackMs }) => ackMs.p50.toFixed(1) },
  { head: "p99 ms", of: ({ ackMs }) => ackMs.p99.toFixed(1) },
  { head: "acked/s", of: (one) => whole(one.ackedPerSecond) },
  { head: "deliveries/s", of: (one) => whole(one.deliveriesPerSecond) },
  { head: "most/s", of: (one) => whole(one.saturatedPerSecond) },
  { head: "resident B/connection", of: (one) => whole(one.residentBytesPerConnection) },
  { head: "checker", of: ({ checker }) => checker },
];

export function printResult(name: string, text: string, { sides, ratios, notes }: WorkloadResult): void {
  // A column in which no side has a figure says nothing.
  const shown = columns.filter(({ of }) => sides.some((side) => of(side) !== ""));
  const rows = [shown.map(({ head }) => head), ...sides.map((side) => shown.map(({ of }) => of(side)))];
  const widths = shown.map((_, index) => Math.max(...rows.map((row) => row[index]?.length ?? 0)));
  console.log(`\n${name}: ${text}`);
  for (const row of rows) console.log(`  ${row.map((cell, index) => cell.padStart(widths[index] ?? 0)).join("  ")}`);
  for (const [ratio, value] of Object.entries(ratios.ratios)) {
    const parts = typeof value === "number" ? [["", value] as const] : Object.entries(value);
    for (const [peer, figure] of parts)
      console.log(`  ${ratio}${peer && ` against ${peer}`}: ${rounded(figure)} (above 1: Aftercare is better)`);
  }
  for (const note of notes) console.log(`  ${note}`);
}
