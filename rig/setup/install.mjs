import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { root, runCaptured, SetupFailure, sleep } from "./process.mjs";

const stamp = join(root, "node_modules", ".aftercare-installed");
const attempts = 3;
const pauseMs = 3_000;
const lockStaleMs = 15 * 60_000;

/** Installs the packages of the lock file, when they are not there already. */
export async function installPackages() {
  if (isInstalled()) return;
  const release = await takeTurn();
  try {
    // Another command may have done it while we waited.
    if (isInstalled()) return;
    console.log("aftercare: installing packages …");
    await npmCi();
    writeFileSync(stamp, wanted());
  } finally {
    release();
  }
}

/** The lock file, and the system for which its optional packages were chosen. */
function wanted() {
  const lock = readFileSync(join(root, "package-lock.json"));
  return createHash("sha256").update(lock).update(`${process.platform} ${process.arch}`).digest("hex");
}

function isInstalled() {
  if (existsSync(stamp)) return readFileSync(stamp, "utf8") === wanted();
  if (!matchesLock()) return false;
  writeFileSync(stamp, wanted());
  return true;
}

/** Packages that somebody installed with npm itself are as good, when npm's own record says the same as the lock. */
function matchesLock() {
  try {
    const record = join(root, "node_modules", ".package-lock.json");
    const have = JSON.parse(readFileSync(record, "utf8")).packages;
    const want = JSON.parse(readFileSync(join(root, "package-lock.json"), "utf8")).packages;
    return Object.entries(want).every(([path, entry]) => {
      if (!path.startsWith("node_modules/") || entry.link) return true;
      return have[path] ? have[path].version === entry.version : entry.optional === true || entry.peer === true;
    });
  } catch {
    return false;
  }
}

async function npmCi() {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    const words = ["ci", "--no-audit", "--no-fund", "--fetch-retries=1"];
    // npm's own file, so that the shell and its search path play no part; npm sets it for its scripts.
    const cli = process.env.npm_execpath;
    const npm = cli?.endsWith(".js") ? [process.execPath, cli, ...words] : ["npm", ...words];
    const { code, output } = await runCaptured(npm[0], npm.slice(1));
    if (code === 0) return;
    const problem = problemIn(output);
    if (problem) throw new SetupFailure(problem);
    if (attempt < attempts) {
      console.log(`aftercare: that did not work; trying again (${attempt + 1} of ${attempts}) …`);
      await sleep(pauseMs * attempt);
    }
  }
  throw new SetupFailure(
    "The packages could not be installed: the registry cannot be reached. Check the network, or name a mirror with `npm config set registry URL`, then run the command again.",
  );
}

/** What trying again would not mend. */
function problemIn(output) {
  if (/ENOSPC/.test(output)) return "The disk is full; free about 1 GB and run the command again.";
  if (/EACCES|EPERM/.test(output)) {
    return `This account may not write to ${join(root, "node_modules")}; change its owner, or run as the owner of the checkout.`;
  }
  if (/EUSAGE/.test(output))
    return "package.json and package-lock.json do not agree; run `npm install` and commit the lock file.";
  if (/EBADENGINE/.test(output)) return `Node ${process.version} is too old for the packages; install a newer one.`;
  if (/E40[13]\b/.test(output)) return "The registry refuses this account; see the lines above.";
  return undefined;
}

/** Two commands in a fresh clone must not install at the same time. */
async function takeTurn() {
  const name = createHash("sha256").update(root).digest("hex").slice(0, 12);
  const lock = join(tmpdir(), `aftercare-install-${process.getuid?.() ?? 0}-${name}`);
  const owner = join(lock, "pid");
  for (const startedAt = Date.now(); ; await sleep(300)) {
    try {
      mkdirSync(lock);
      writeFileSync(owner, String(process.pid));
      return () => rmSync(lock, { recursive: true, force: true });
    } catch (error) {
      if (error.code !== "EEXIST") throw error;
    }
    if (Date.now() - startedAt > lockStaleMs || isDead(owner)) rmSync(lock, { recursive: true, force: true });
  }
}

function isDead(owner) {
  try {
    process.kill(Number(readFileSync(owner, "utf8")), 0);
    return false;
  } catch (error) {
    return error.code === "ESRCH";
  }
}
