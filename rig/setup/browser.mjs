import { existsSync } from "node:fs";
import { findProgram, installFromDebian } from "./debian.mjs";
import { runCaptured, SetupFailure } from "./process.mjs";

/** The shell without windows is the same browser, and spends half the processor: what the whole suite waits for. */
const names = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const debianPackages = ["chromium-headless-shell", "fonts-noto-cjk", "fonts-noto-color-emoji"];
const advice = `sudo apt-get install ${debianPackages.join(" ")}`;

/** A Chromium with Chinese letters for the end-to-end tests: found, or installed from Debian when root. Gives its path. */
export async function ensureBrowser() {
  const missing = [
    ...(findBrowser() ? [] : debianPackages.slice(0, 1)),
    ...((await hasChinese()) ? [] : debianPackages.slice(1)),
  ];
  if (missing.length > 0)
    await installFromDebian(
      missing,
      `The end-to-end tests need ${missing.join(" and ")}: run \`${advice}\`, or name a Chromium with CHROMIUM_PATH.`,
    );
  const found = findBrowser();
  if (!found) throw new SetupFailure(`No Chromium: run \`${advice}\`, or name one with CHROMIUM_PATH.`);
  if (!(await hasChinese())) throw new SetupFailure(`No Chinese font: run \`${advice}\`.`);
  return found;
}

const findBrowser = () => findProgram("CHROMIUM_PATH", names);

/** Only Linux comes without; elsewhere the system has them. */
async function hasChinese() {
  if (process.platform !== "linux" || existsSync("/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc")) return true;
  const { code, output } = await runCaptured("fc-list", [":lang=zh-tw"], { quiet: true });
  return code === 0 && output.trim() !== "";
}
