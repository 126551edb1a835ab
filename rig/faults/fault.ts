import type { Random } from "../sim/random.ts";

export type FaultRun = {
  readonly random: Random;
  /** A smaller run for every test. */
  readonly short: boolean;
  say(line: string): void;
};

export type Fault = {
  readonly name: string;
  readonly text: string;
  /** Part of `--short`. */
  readonly short: boolean;
  /** What broke a law (nothing, when all is well), and the facts of the run. */
  run(run: FaultRun): Promise<{ breaches: readonly string[]; facts: readonly string[] }>;
};
