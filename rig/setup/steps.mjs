/**
 * What `npm test` and `npm run check` run, in this order. A step whose entry file is missing fails: nothing is skipped.
 * `entry` runs under Bun; `tests` are folders of test files, shared out among `processes`; `tool` under Node; `limitMs` ends a
 * step that hangs; `needs` is made ready before.
 */
const minuteMs = 60_000;
/** A file or a CI log is no place for colours. */
const colours = process.stdout.isTTY ? [] : ["--colors=off"];

const types = { name: "types", tool: "node_modules/typescript/bin/tsc", words: ["-b"], limitMs: 3 * minuteMs };
const lint = {
  name: "lint",
  tool: "node_modules/@biomejs/biome/bin/biome",
  words: ["ci", ".", ...colours],
  limitMs: minuteMs,
};
const tidy = { name: "tidy", entry: "rig/tidy/main.ts", words: [], limitMs: minuteMs };
/** Tests that have a step of their own: with processes to themselves, and not in the quick check. */
const apart = {
  api: ["rig/api/", "rig/contract/"],
  setup: ["server/src/embedded/", "rig/setup/"],
  mutants: ["rig/mutants/"],
  "bad-input": ["rig/bad-input/"],
  postgres: ["rig/postgres/"],
  oracle: ["rig/faults/"],
};
/** Steps whose files have each their own databases, ports and folders, and wait more than they compute. */
const shared = ["api"];
const tests = (name) => ({
  name,
  tests: apart[name],
  except: [],
  processes: shared.includes(name) ? 2 : 1,
  // The API serves the pages, too: what is asked of them is asked of those that are built.
  needs: ["database", "nats", ...(name === "api" ? ["pages"] : [])],
  limitMs: 5 * minuteMs,
});

/** Where unit tests live; those of the end-to-end step have a browser and run there. */
const rooms = ["protocol", "core", "server", "integrations", "sdk", "calls", "ui", "widget", "console", "bot", "rig"];
const unit = {
  name: "unit",
  tests: rooms,
  except: ["rig/e2e/", ...Object.values(apart).flat()],
  processes: 2,
  needs: ["database", "nats"],
  limitMs: 5 * minuteMs,
};

const simulation = (runs) => ({
  name: "simulation",
  entry: "rig/sim/main.ts",
  words: ["--runs", String(runs)],
  limitMs: 4 * minuteMs,
});

export const plans = {
  check: [types, lint, tidy, unit, simulation(200)],
  test: [
    types,
    lint,
    tidy,
    unit,
    ...Object.keys(apart).map(tests),
    simulation(300),
    {
      name: "faults",
      entry: "rig/faults/main.ts",
      words: ["--short", "--jobs", "2"],
      needs: ["nats"],
      limitMs: 5 * minuteMs,
    },
    { name: "size", entry: "rig/size.ts", words: [], needs: ["pages"], limitMs: minuteMs },
    // Four to five minutes of two cores; a machine half as fast again is no failure.
    { name: "e2e", entry: "rig/e2e/main.ts", words: [], needs: ["pages", "browser"], limitMs: 9 * minuteMs },
  ],
};
