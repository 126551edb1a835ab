import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { childrenOf, statOf } from "../server-process.ts";

/** The kernel's unit of process times, fixed at 100 a second for programs. */
const ticksPerSecond = 100;
const pageBytes = 4096;

/** The system under test has the one core, what makes the load the other. */
export const testedCore = "0";
export const loadCore = "1";

export const onTestedCore: readonly string[] = ["taskset", "-c", testedCore];

/** A sentence when this machine cannot keep the two apart. */
export function pinningProblem(): string | undefined {
  if (spawnSync("taskset", ["--version"]).status !== 0) return "taskset is missing; install util-linux.";
  if (availableParallelism() < 2) return "Two cores are needed: one for the tested side, one for the load.";
  return undefined;
}

export function pin(pid: number, core: string): void {
  const { status, stderr } = spawnSync("taskset", ["-a", "-p", "-c", core, String(pid)]);
  if (status !== 0) throw new Error(`taskset: ${stderr}`);
}

/** A postmaster and everything it has started; what it starts later inherits the core. */
export function pinPostgres(postmaster: number): void {
  for (const pid of [postmaster, ...childrenOf(postmaster)]) pin(pid, testedCore);
}

/** CPU seconds so far of these processes and of their children, those that ended included. */
export function cpuSeconds(pids: readonly number[]): number {
  let ticks = 0;
  for (const pid of pids) {
    const stat = statOf(pid);
    if (stat) ticks += stat.ownTicks + stat.childTicks;
    for (const child of childrenOf(pid)) ticks += statOf(child)?.ownTicks ?? 0;
  }
  return ticks / ticksPerSecond;
}

export const residentBytes = (pid: number): number => (statOf(pid)?.residentPages ?? 0) * pageBytes;
