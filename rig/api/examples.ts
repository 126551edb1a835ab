import { spawnSync } from "node:child_process";
import { findProgram, installFromDebian } from "../setup/debian.mjs";

/** Programs that the guide's examples are written for, installed from Debian where this machine lacks them. */
type Language = {
  readonly names: readonly string[];
  readonly probe: readonly string[];
  readonly packages: readonly string[];
};

export const python: Language = {
  names: ["python3"],
  probe: ["-c", "from cryptography.hazmat.primitives.serialization import load_pem_private_key"],
  packages: ["python3", "python3-cryptography"],
};
export const php: Language = {
  names: ["php"],
  probe: ["-r", "exit(function_exists('sodium_crypto_sign_detached') ? 0 : 1);"],
  packages: ["php-cli"],
};

const works = (path: string, probe: readonly string[]) => spawnSync(path, probe).status === 0;

export async function programFor({ names, probe, packages }: Language): Promise<string> {
  const advice = `The examples of docs/how-to/identify-customers.md are run: install ${packages.join(" and ")}.`;
  const candidates = () => [findProgram("", names), ...names.map((name) => `/usr/bin/${name}`)];
  const found = () => candidates().find((path) => path !== undefined && works(path, probe));
  if (!found()) await installFromDebian(packages, advice);
  const path = found();
  if (!path) throw new Error(advice);
  return path;
}

/** Runs a program of the example's and one line more, which prints a token. */
export function printed(path: string, words: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(path, words, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${path} ended with ${status}: ${stderr}`);
  return stdout.trim();
}
