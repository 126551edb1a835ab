import { join } from "node:path";
import { plugin } from "bun";
import { type Mutant, mutants } from "./mutants.ts";

/** Preloaded: plants the mutant that AFTERCARE_MUTANT names. A text that is not there once is an error, not a mutant that does nothing. */
const root = join(import.meta.dir, "../..");

function plant(mutant: Mutant): void {
  for (const file of new Set(mutant.edits.map((edit) => edit.file))) {
    const path = join(root, file);
    const filter = new RegExp(`^${path.replace(/[.*+?^${}()|[\]\\]/g, "\\$&")}$`);
    plugin({
      name: `${mutant.name} in ${file}`,
      setup(build) {
        build.onLoad({ filter }, async () => {
          let contents = await Bun.file(path).text();
          for (const { find, replace } of mutant.edits.filter((edit) => edit.file === file)) {
            if (contents.split(find).length !== 2) throw new Error(`${file} does not hold this text once: ${find}`);
            contents = contents.replace(find, () => replace);
          }
          return { contents, loader: "ts" };
        });
      },
    });
  }
}

const name = process.env.AFTERCARE_MUTANT;
const named = mutants.find((mutant) => mutant.name === name);
if (!named) throw new Error(`there is no mutant "${name}"`);
plant(named);
