import { house, limits } from "./house.ts";
import { type Finding, lineCount, type Tree } from "./source.ts";

export function checkRooms(tree: Tree): Finding[] {
  const present = Object.keys(house).filter((room) => tree.files.has(`${room}/package.json`));
  const found = present.flatMap((room) => [
    ...checkFace(tree, room),
    ...checkReadme(tree, room),
    ...checkWiring(tree, room, present),
  ]);
  return [...found, ...checkWorkspaces(tree), ...checkMigrations(tree)];
}

function complaint(file: string, message: string): Finding {
  return { file, line: 1, rule: "room", message };
}

function checkFace(tree: Tree, room: string): Finding[] {
  return tree.files.has(`${room}/index.ts`) ? [] : [complaint(`${room}/index.ts`, "every room has one face, index.ts")];
}

function checkReadme(tree: Tree, room: string): Finding[] {
  const path = `${room}/README.md`;
  const text = tree.files.get(path);
  if (text === undefined) return [complaint(path, "every room has a README that says what it may and must not do")];
  const found: Finding[] = [];
  if (lineCount(text) > limits.readmeLines)
    found.push(complaint(path, `at most ${limits.readmeLines} lines: the rest belongs in docs`));
  for (const word of ["may", "must not"]) {
    if (!new RegExp(`\\b${word}\\b`, "i").test(text)) found.push(complaint(path, `say what the room "${word}"`));
  }
  return found;
}

/** References of the compiler and dependencies of the package say the same as the table. */
function checkWiring(tree: Tree, room: string, present: readonly string[]): Finding[] {
  const allowed = house[room]?.rooms ?? [];
  // The rig may refer to any room, and only to those it uses.
  if (allowed === "any") return [];
  const expected = [...new Set(allowed.map((face) => face.split("/")[0] ?? ""))]
    .filter((each) => present.includes(each))
    .sort();
  const found: Finding[] = [];
  const config = `${room}/tsconfig.json`;
  const references = (readJson(tree, config).references ?? []) as readonly { path: string }[];
  const actual = references.map((reference) => reference.path.replace(/^\.\.\//, "")).sort();
  if (actual.join() !== expected.join()) {
    found.push(complaint(config, `references are [${actual.join(", ")}], the table says [${expected.join(", ")}]`));
  }
  const manifest = `${room}/package.json`;
  const { dependencies = {}, exports = {} } = readJson(tree, manifest);
  for (const name of Object.keys(dependencies as object)) {
    const other = name.startsWith("@aftercare/") ? name.slice("@aftercare/".length) : undefined;
    if (other !== undefined && !expected.includes(other))
      found.push(complaint(manifest, `depends on ${name}, the table does not`));
  }
  const deep = Object.keys(exports as object).filter((face) => face !== "." && !isFace(room, face.slice(2)));
  return [...found, ...deep.map((face) => complaint(manifest, `exports "${face}": one room, one face`))];
}

function isFace(room: string, path: string): boolean {
  return Object.values(house).some(({ rooms }) => rooms !== "any" && rooms.includes(`${room}/${path}`));
}

function checkWorkspaces(tree: Tree): Finding[] {
  const workspaces = (readJson(tree, "package.json").workspaces ?? []) as readonly string[];
  const strangers = workspaces.filter((each) => !(each in house));
  return strangers.map((each) => complaint("package.json", `workspace "${each}" is no room of rig/tidy/house.ts`));
}

function checkMigrations(tree: Tree): Finding[] {
  const directory = "server/migrations/";
  const names = [...tree.files.keys()].filter((path) => path.startsWith(directory)).sort();
  return names.flatMap((path, index) => {
    const expected = String(index + 1).padStart(4, "0");
    if (new RegExp(`^${expected}_[a-z0-9_]+\\.sql$`).test(path.slice(directory.length))) return [];
    return [
      {
        file: path,
        line: 1,
        rule: "migration" as const,
        message: `the next in order is ${expected}_<what_it_does>.sql`,
      },
    ];
  });
}

function readJson(tree: Tree, path: string): Record<string, unknown> {
  const text = tree.files.get(path);
  return text === undefined ? {} : (JSON.parse(text) as Record<string, unknown>);
}
