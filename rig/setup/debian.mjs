import { accessSync, constants, existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { runCaptured, SetupFailure } from "./process.mjs";

/** Where programs lie; Debian keeps servers out of the search path of ordinary accounts. */
const alsoIn = ["/usr/bin", "/usr/sbin", "/usr/local/bin", "/usr/local/sbin"];

/** The program that the variable names, or else the first of these names that is installed. */
export function findProgram(variable, names) {
  const given = process.env[variable];
  if (given) {
    if (!isProgram(given)) throw new SetupFailure(`${variable} names ${given}, which is not a program.`);
    return given;
  }
  const folders = [...(process.env.PATH ?? "").split(delimiter), ...alsoIn];
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

/** Installs packages from Debian when root; `advice` is what a person is told who must do it by hand. */
export async function installFromDebian(missing, advice) {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) throw new SetupFailure(advice);
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
