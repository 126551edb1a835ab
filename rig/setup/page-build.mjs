import { createHash } from "node:crypto";
import { relative } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "vite";
import { limits } from "../../protocol/src/limits.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));

/** The validator's words, and ours in protocol/src/id.ts and text.ts: called only to make a schema. */
const schemaMakers = [
  ..."anyObject idForm cleanLine cleanText cleanTextOrEmpty marksInRow".split(" "),
  ..."array boolean check integer length literal looseObject maxEntries maxLength maxValue".split(" "),
  ..."minLength minValue nullable number object optional picklist pipe record regex strictObject string".split(" "),
  ..."transform union unknown variant RegExp Object.keys".split(" "),
];

const taken = new Map();

/**
 * A short name for a class of one file, the same in every build: the long one is in the page twice for each use. A page with
 * many classes needs a sign more, that no two are called the same.
 */
export const classNames = (signs) => (name, file) => {
  const place = `${relative(root, file.split("?")[0])}:${name}`;
  const short = `_${createHash("sha256").update(place).digest("base64url").replace(/[-_]/g, "").slice(0, signs)}`;
  const before = taken.get(short) ?? place;
  if (before !== place) throw new Error(`two classes would be called ${short}, rename one: ${before}, ${place}`);
  taken.set(short, place);
  return short;
};

/** A script in one file, that needs nothing beside it. */
export async function lone(entry, define = {}) {
  const output = await build({
    configFile: false,
    logLevel: "warn",
    define,
    build: {
      write: false,
      target: "es2022",
      minify: true,
      rolldownOptions: { input: entry, output: { format: "iife", codeSplitting: false } },
    },
  });
  const [built] = Array.isArray(output) ? output : [output];
  const chunk = built && "output" in built ? built.output[0] : undefined;
  if (chunk?.type !== "chunk") throw new Error(`${entry} gave no script`);
  return chunk.code;
}

/** A limit that a page asks for stands there as its number, in as many characters: the table of all limits is the server's. */
const limitsInPlace = {
  name: "aftercare-limits",
  apply: "build",
  enforce: "pre",
  transform: {
    filter: { id: /\/src\/[^?]*\.tsx?$/, code: /import \{[^}]*\blimits\b[^}]*\} from/ },
    handler: (code) => ({
      code: code.replace(/(?<![\w./#])limits\.(\w+)/g, (said, name) => String(limits[name]).padEnd(said.length)),
      map: null,
    }),
  },
};

const named = new RegExp(`(?<![\\w.$])(?:${schemaMakers.filter((name) => /^[a-z]/.test(name)).join("|")})\\(`);

/** A call of the same name elsewhere would be taken for the making of a schema, and left out where nobody looks at what it gives. */
const noFalseSchemas = {
  name: "aftercare-false-schemas",
  apply: "build",
  enforce: "pre",
  transform: {
    filter: { id: /\/(?:console|widget|ui|sdk|core|calls)\/src\/[^?]*\.tsx?$/, code: named },
    handler: (code, id) => {
      throw new Error(
        `${relative(root, id)}: ${named.exec(code)?.[0]}…) is left out of pages as a schema's: call it something else`,
      );
    },
  },
};

/** A page names all its later parts: of each sign of a hash a byte is paid, and seven tell four million million contents apart. */
export const shortNames = {
  entryFileNames: "assets/[name]-[hash:7].js",
  chunkFileNames: "assets/[name]-[hash:7].js",
  assetFileNames: "assets/[name]-[hash:7][extname]",
};

/** What makes a page small, for every page of ours. Schemas are the server's: a page parses none of them. */
export const smallPage = {
  plugins: [limitsInPlace, noFalseSchemas],
  css: { modules: { generateScopedName: classNames(3) } },
  build: {
    target: "es2022",
    sourcemap: true,
    modulePreload: { polyfill: false },
    rolldownOptions: {
      // What the first screen needs is one file, also where a later part needs it too: small files pack badly.
      output: { ...shortNames, codeSplitting: { groups: [{ name: "first", tags: ["$initial"] }] } },
      treeshake: { propertyReadSideEffects: false, manualPureFunctions: schemaMakers },
    },
  },
};
