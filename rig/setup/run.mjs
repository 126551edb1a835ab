// The standard commands. Plain Node without packages, since it runs before anything is installed.
import { bunPath } from "./bun.mjs";
import { installPackages } from "./install.mjs";
import { ensureNats } from "./nats.mjs";
import { buildPages } from "./pages.mjs";
import { runForeground, SetupFailure } from "./process.mjs";
import { runSteps } from "./test.mjs";

const nodeAtLeast = [20, 19];

const commands = {
  start: (words) => serve(words),
  dev: (words) => script("rig/setup/dev.ts", words),
  test: (words) => runSteps("test", words),
  check: (words) => runSteps("check", words),
  sim: (words) => script("rig/sim/main.ts", words),
  bench: (words) => script("rig/bench/main.ts", words),
  capacity: (words) => script("rig/capacity/main.ts", words),
  faults: (words) => faults(words),
  size: () => size(),
  cli: (words) => script("server/src/cli.ts", words),
};

async function main([command, ...words]) {
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  if (major < nodeAtLeast[0] || (major === nodeAtLeast[0] && minor < nodeAtLeast[1])) {
    throw new SetupFailure(`Node ${process.version} is too old; install ${nodeAtLeast.join(".")} or newer.`);
  }
  const run = Object.hasOwn(commands, command ?? "") ? commands[command] : undefined;
  if (!run) throw new SetupFailure(`Say one of: ${Object.keys(commands).join(", ")}.`);
  await installPackages();
  return run(words);
}

async function serve(words) {
  // `npm start -- --help` must not wait for a build.
  if (!words.includes("--help")) await buildPages();
  return script("server/src/cli.ts", ["start", ...words]);
}

async function size() {
  await buildPages();
  return script("rig/size.ts", []);
}

/** The faults of the browser need the pages, those of the bus a nats-server; what is missing is said by the fault itself. */
async function faults(words) {
  if (!words.includes("--list") && !words.includes("--help")) {
    await buildPages();
    process.env.NATS_SERVER_PATH = await ensureNats();
  }
  return script("rig/faults/main.ts", words);
}

function script(file, words) {
  return runForeground(bunPath(), [file, ...words]);
}

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof SetupFailure ? `aftercare: ${error.message}` : error);
  process.exitCode = 1;
}
