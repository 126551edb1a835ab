import type { Random } from "../sim/random.ts";
import type { Checked } from "./oracle.ts";

export type FaultRun = {
  readonly random: Random;
  /** A smaller run for every test. */
  readonly short: boolean;
  say(line: string): void;
};

export type Outcome = {
  /** What broke a law; nothing, when all is well. */
  readonly breaches: readonly string[];
  /** The facts of the run. */
  readonly facts: readonly string[];
  /** What the oracle looked at. */
  readonly checked?: Checked;
};

export type Fault = {
  readonly name: string;
  readonly text: string;
  /** Part of `--short`. */
  readonly short: boolean;
  run(run: FaultRun): Promise<Outcome>;
};

/** This machine cannot make the fault: the verdict says so, and is not a green one. */
export class NotRun extends Error {}
