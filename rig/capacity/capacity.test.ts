import { expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { aims, costs, habits, paperSizes } from "./constants.ts";
import { Day, half, recommended } from "./day.ts";
import { scaleGuide } from "./guide.ts";
import { ackedSeconds, planFor } from "./model.ts";

const [small, middle, large] = paperSizes.map(planFor) as [
  ReturnType<typeof planFor>,
  ReturnType<typeof planFor>,
  ReturnType<typeof planFor>,
];
const seed = 1;
const day = (plan: ReturnType<typeof planFor>) => new Day(plan, recommended(plan, aims.socketsPerNode), seed);

test("every constant says its unit, and whether it was measured or assumed", () => {
  for (const { value, unit, source } of Object.values({ ...costs, ...habits })) {
    expect(value).toBeGreaterThan(0);
    expect(unit).not.toBe("");
    expect(source).toMatch(/^(measured|assumed): ./);
  }
});

test("the plan follows from the habits: messages, connections, disk", () => {
  expect(middle.messagesPerYear).toBe(100_000 * 1.5 * 12);
  expect(large.messagesPerYear).toBe(100 * middle.messagesPerYear);
  const meanVisits = (10_000_000 * 4) / (30 * 86_400);
  expect(large.connectsPerSecond).toBeCloseTo(meanVisits * 3 * 4);
  expect(large.sockets).toBe(Math.ceil(meanVisits * 12 * 360 + 2 * large.staff));
  expect(large.diskBytesPerYear).toBe(
    large.messagesPerYear * costs.messageBytes.value + 15_000_000 * costs.conversationBytes.value,
  );
});

test("more load costs less for each message, between the measured ends", () => {
  expect(ackedSeconds(1)).toBe(costs.ackedCpuSeconds.value / 1_000);
  expect(ackedSeconds(1_000_000)).toBeCloseTo(costs.ackedFullCpuSeconds.value / 1_000);
  expect(ackedSeconds(3_000)).toBeLessThan(ackedSeconds(1_000));
});

test("one node may be missing, wherever there are several", () => {
  expect([small, middle, large].map(({ nodes }) => nodes)).toEqual([1, 2, 8]);
  for (const { sockets, nodes, nodeLoadCores } of [middle, large]) {
    expect(sockets / (nodes - 1)).toBeLessThanOrEqual(aims.socketsPerNode);
    expect(nodeLoadCores / (nodes - 1)).toBeLessThanOrEqual(aims.utilisation);
  }
});

test("a simulated day stays in bounds at each size, with one node missing and an incident at the peak", () => {
  const reports = [day(small).run(), day(middle).run(), day(large).run(20, 21)];
  for (const report of reports) {
    expect(report.messages).toBeGreaterThan(20);
    expect(report.refused).toBe(0);
    expect(report.nodeUtilisation).toBeLessThan(aims.utilisation);
    expect(report.databaseUtilisation).toBeLessThan(aims.utilisation);
    expect(report.queueingP99Ms).toBeLessThan(aims.queueingP99Ms);
  }
  expect(day(middle).run()).toEqual(reports[1] as NonNullable<(typeof reports)[1]>);
}, 60_000);

test("with half of the connections, or half of the CPU that the worst hour uses, the same day overloads", () => {
  const enough = recommended(middle, aims.socketsPerNode);
  const scarce = half(middle);
  const run = (sizes: Partial<typeof enough>) => new Day(middle, { ...enough, ...sizes }, seed).run(19, 22);
  expect(run({ connections: scarce.connections }).refused).toBeGreaterThan(0);
  expect(run({ nodeCores: scarce.nodeCores }).queueingP99Ms).toBeGreaterThan(aims.queueingP99Ms);
  expect(run({ databaseCores: scarce.databaseCores }).queueingP99Ms).toBeGreaterThan(aims.queueingP99Ms);
  const halved = recommended(large, aims.socketsPerNode);
  const report = new Day(large, { ...halved, connections: halved.connections / 2 }, seed).run(20, 21);
  expect(report.refused).toBeGreaterThan(10_000);
}, 60_000);

test("docs/operator/scale.md shows what the model says (write it with: bun rig/capacity/guide.ts)", () => {
  const written = readFileSync(join(import.meta.dir, "../../docs/operator/scale.md"), "utf8");
  expect(written).toBe(scaleGuide(written));
});
