import { expect, test } from "bun:test";
import { join } from "node:path";
import { mutants } from "./mutants.ts";

const limitMs = 120_000;
const cleanRuns = 25;

/** Runs the simulator as a person does, until its first failure. */
async function run(runs: number, mutant?: string, failovers = false): Promise<{ code: number; output: string }> {
  const preload = mutant === undefined ? [] : ["--preload", join(import.meta.dir, "plugin.ts")];
  const main = join(import.meta.dir, "../sim/main.ts");
  const words = ["--bare", "--first", "--workers", "1", "--seed", "1", "--runs", String(runs)];
  if (failovers) words.push("--failovers");
  const child = Bun.spawn([process.execPath, ...preload, main, ...words], {
    env: { ...process.env, ...(mutant !== undefined && { AFTERCARE_MUTANT: mutant }) },
    stdout: "pipe",
    stderr: "pipe",
  });
  const [output, errors] = await Promise.all([new Response(child.stdout).text(), new Response(child.stderr).text()]);
  return { code: await child.exited, output: output + errors };
}

test.each([false, true])(
  "without a mutant the same runs are clean; with failovers in each: %p",
  async (failovers) => {
    const { code, output } = await run(cleanRuns, undefined, failovers);
    expect(output).toContain(`${cleanRuns} passed, 0 failed`);
    expect(code).toBe(0);
  },
  limitMs,
);

for (const { name, caughtAs, withinRuns, failovers } of mutants)
  test(
    `caught: ${name}`,
    async () => {
      const { code, output } = await run(withinRuns, name, failovers);
      const failure = /^FAIL seed (\d+)(?: --failovers)?: (.*)$/m.exec(output);
      expect(failure?.[2] ?? output).toMatch(caughtAs);
      expect(code).toBe(1);
    },
    limitMs,
  );
