import { spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";

/** A trouble whose message is the one sentence that a person needs. */
export class SetupFailure extends Error {}

export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));

const signals = ["SIGINT", "SIGTERM", "SIGHUP"];
const parentCheckMs = 500;

/**
 * Runs a program in the foreground until it ends, and gives its exit code. A signal to us reaches it, as does the end
 * of npm: npm that is killed tells nobody, and its shell would keep us running.
 */
export function runForeground(file, words, { env = {}, cwd = root } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(file, words, {
      cwd,
      stdio: "inherit",
      env: { ...process.env, AFTERCARE_STOP_WITH_PARENT: "true", ...env },
    });
    const forward = (signal) => {
      // Ctrl-C reaches the whole foreground group by itself; the child takes the echo for the same request.
      child.kill(signal);
    };
    for (const signal of signals) process.on(signal, forward);
    const watch = watchParents(() => child.kill("SIGTERM"));
    child.on("error", (error) => reject(new SetupFailure(`${file} cannot be run: ${error.message}`)));
    child.on("exit", (code, signal) => {
      clearInterval(watch);
      for (const each of signals) process.off(each, forward);
      resolve(code ?? (signal ? 1 : 0));
    });
  });
}

/** Under npm our ancestors are a shell and npm; when one of them is gone, nobody waits for us any more. */
function watchParents(onGone) {
  if (!process.env.npm_lifecycle_event) return undefined;
  const before = lineage();
  return setInterval(() => {
    const now = lineage();
    if (now !== before) onGone();
  }, parentCheckMs).unref();
}

function lineage() {
  const parent = process.ppid;
  return `${parent}/${/^(?:sh|dash|bash|ash)$/.test(statOf(parent).name) ? statOf(parent).parent : ""}`;
}

function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const close = stat.lastIndexOf(")");
    return { name: stat.slice(stat.indexOf("(") + 1, close), parent: Number(stat.slice(close + 2).split(" ")[1]) };
  } catch {
    return { name: "", parent: 0 };
  }
}

/** Runs a program to its end; its output is shown as it comes unless `quiet`, and returned for reading figures. */
export function runCaptured(file, words, { env = {}, cwd = root, quiet = false, limitMs = 0 } = {}) {
  return new Promise((resolve) => {
    const child = spawn(file, words, { cwd, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, ...env } });
    let output = "";
    let timedOut = false;
    const take = (stream) => (chunk) => {
      output = (output + chunk).slice(-outputMaxChars);
      if (!quiet) stream.write(chunk);
    };
    child.stdout.on("data", take(process.stdout));
    child.stderr.on("data", take(process.stderr));
    const timer = limitMs > 0 ? setTimeout(expire, limitMs) : undefined;
    function expire() {
      timedOut = true;
      child.kill("SIGTERM");
      setTimeout(() => child.kill("SIGKILL"), killAfterMs).unref();
    }
    const forward = (signal) => child.kill(signal);
    for (const signal of signals) process.on(signal, forward);
    const finish = (code) => {
      clearTimeout(timer);
      for (const each of signals) process.off(each, forward);
      resolve({ code, output, timedOut });
    };
    child.on("error", (error) => {
      output += `\n${error.message}`;
      finish(127);
    });
    child.on("close", (code) => finish(code ?? 1));
  });
}

const outputMaxChars = 400_000;
const killAfterMs = 10_000;

export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
