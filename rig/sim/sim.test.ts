import { expect, test } from "bun:test";
import { killScenarios, simulateKill } from "./kills.ts";
import { Random } from "./random.ts";
import { simulate } from "./run.ts";
import { inOwnTurn, Scheduler } from "./scheduler.ts";

const limitMs = 60_000;

for (const seed of [3, 12])
  test(
    `the same seed is the same run, step by step (seed ${seed})`,
    async () => {
      const one = await inOwnTurn(() => simulate(seed));
      const other = await inOwnTurn(() => simulate(seed));
      expect(other.digest).toBe(one.digest);
      expect(other.trace).toEqual(one.trace);
      expect(other.steps).toBe(one.steps);
      expect(one.acked).toBeGreaterThan(0);
    },
    limitMs,
  );

test(
  "another seed is another run",
  async () => {
    const one = await inOwnTurn(() => simulate(3));
    const other = await inOwnTurn(() => simulate(4));
    expect(other.digest).not.toBe(one.digest);
  },
  limitMs,
);

test(
  "law 1: a kill at a step of the write path loses nothing acknowledged, and is the same kill each time",
  async () => {
    const kill = killScenarios().find(({ victim, step }) => victim === "node" && step === 9);
    if (!kill) throw new Error("there is no such kill");
    const one = await inOwnTurn(() => simulateKill(kill));
    const other = await inOwnTurn(() => simulateKill(kill));
    expect(one.violation).toBeUndefined();
    expect(one.trace.some((line) => line.includes(kill.name))).toBe(true);
    expect(other.digest).toBe(one.digest);
  },
  limitMs,
);

test("tasks run in order of time, then of asking; microtasks end before the next task", () => {
  const scheduler = new Scheduler(0, new Random(1));
  const order: string[] = [];
  scheduler.after(5, () => order.push("late"));
  scheduler.after(1, () => {
    order.push("first");
    void Promise.resolve().then(() => order.push("its microtask"));
  });
  scheduler.after(1, () => order.push("second"));
  const cancelled = scheduler.after(2, () => order.push("cancelled"));
  scheduler.cancel(cancelled);
  return inOwnTurn(() => {
    scheduler.run(10);
    expect(order).toEqual(["first", "its microtask", "second", "late"]);
    expect(scheduler.now).toBe(10);
  });
});
