import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runCaptured, SetupFailure } from "./process.mjs";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const debianPackages = ["chromium", "fonts-noto-cjk", "fonts-noto-color-emoji"];
const advice = `sudo apt-get install ${debianPackages.join(" ")}`;

/** A Chromium with Chinese letters for the end-to-end tests: found, or installed from Debian when root. Gives its path. */
export async function ensureBrowser() {
  const missing = [...(findBrowser() ? [] : ["chromium"]), ...((await hasChinese()) ? [] : debianPackages.slice(1))];
  if (missing.length > 0) await installFromDebian(missing);
  const found = findBrowser();
  if (!found) throw new SetupFailure(`No Chromium: run \`${advice}\`, or name one with CHROMIUM_PATH.`);
  if (!(await hasChinese())) throw new SetupFailure(`No Chinese font: run \`${advice}\`.`);
  return found;
}

function findBrowser() {
  const given = process.env.CHROMIUM_PATH;
  if (given) {
    if (!isProgram(given)) throw new SetupFailure(`CHROMIUM_PATH names ${given}, which is not a program.`);
    return given;
  }
  const folders = [...(process.env.PATH ?? "").split(delimiter), "/usr/bin"];
  return names.flatMap((name) => folders.map((folder) => join(folder, name))).find(isProgram);
}

function isProgram(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Only Linux comes without; elsewhere the system has them. */
async function hasChinese() {
  if (process.platform !== "linux" || existsSync("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")) return true;
  const { code, output } = await runCaptured("fc-list", [":lang=zh-tw"], { quiet: true });
  return code === 0 && output.trim() !== "";
}

async function installFromDebian(missing) {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) {
    throw new SetupFailure(
      `The end-to-end tests need ${missing.join(" and ")}: run \`${advice}\`, or name a Chromium with CHROMIUM_PATH.`,
    );
  }
  console.log(`aftercare: installing ${missing.join(" and ")} from Debian …`);
  const env = { DEBIAN_FRONTEND: "noninteractive" };
  const install = () =>
    runCaptured("apt-get", ["install", "-y", "--no-install-recommends", ...missing], { env, quiet: true });
  const update = await runCaptured("apt-get", ["update"], { env, quiet: true });
  const { code, output } = await install();
  if (code !== 0) {
    const why = [...update.output.split("\n"), ...output.split("\n")].filter((line) => /^[EW]:/.test(line)).slice(-3);
    throw new SetupFailure(
      `apt-get could not install ${missing.join(" and ")}: ${why.join(" ") || `exit code ${code}`}`,
    );
  }
}
