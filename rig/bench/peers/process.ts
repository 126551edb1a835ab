import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { onTestedCore } from "../machine.ts";

const readyTimeoutMs = 30_000;
const installTimeoutMs = 120_000;

export type PeerProcess = { readonly pid: number; stop(): Promise<void> };

/** Starts a peer on the tested core, and waits until its port takes connections. */
export async function startPeer(words: readonly string[], port: number): Promise<PeerProcess> {
  const [file = "", ...rest] = [...onTestedCore, ...words];
  const child = spawn(file, rest, { stdio: ["ignore", "ignore", "pipe"] });
  let tail = "";
  child.stderr?.on("data", (chunk: Buffer) => {
    tail = (tail + chunk).slice(-1_000);
  });
  const kill = () => void child.kill("SIGKILL");
  process.on("exit", kill);
  for (const startedAt = Date.now(); !(await accepts(port)); await sleep(50)) {
    if (child.exitCode !== null) throw new Error(`${words[0]} ended at its start: ${tail}`);
    if (Date.now() - startedAt > readyTimeoutMs) throw new Error(`${words[0]} did not start within 30 s`);
  }
  return { pid: child.pid ?? 0, stop: () => stop(child, kill) };
}

async function stop(child: ChildProcess, kill: () => void): Promise<void> {
  process.off("exit", kill);
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = new Promise((resolve) => child.on("exit", resolve));
  kill();
  await ended;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection({ port, host: "127.0.0.1" });
    socket.on("connect", () => {
      socket.destroy();
      resolve(true);
    });
    socket.on("error", () => resolve(false));
  });
}

/** Installs a server from Debian when root; throws a sentence that says what to do otherwise. */
export function needProgram(program: string, ...packages: readonly string[]): void {
  const path = `${process.env.PATH ?? ""}:/usr/sbin`;
  const has = () =>
    spawnSync("sh", ["-c", `command -v ${program}`], { env: { ...process.env, PATH: path } }).status === 0;
  if (has()) return;
  const advice = `install it with: apt-get install ${packages.join(" ")}`;
  if (process.getuid?.() !== 0) throw new Error(`${program} is missing; ${advice}`);
  console.error(`bench: installing ${packages.join(" ")} …`);
  // A policy script would start the service; a bench starts its own.
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive", RUNLEVEL: "1" };
  spawnSync("apt-get", ["install", "-y", "--no-install-recommends", ...packages], { env, timeout: installTimeoutMs });
  if (!has()) throw new Error(`${program} could not be installed; ${advice}`);
}

/** A directory for what a peer keeps, and its end. */
export function peerDirectory(name: string): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), `aftercare-bench-${name}-`));
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) };
}
