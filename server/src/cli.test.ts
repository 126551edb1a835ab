import { expect, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { join } from "node:path";

function aftercare(words: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(import.meta.dir, "cli.ts"), ...words], {
    env: { PATH: process.env.PATH, ...env },
    encoding: "utf8",
  });
  return { status, stdout, stderr };
}

test("help lists the commands and every option, and is what no words at all give", () => {
  const { status, stdout } = aftercare(["--help"]);
  expect(status).toBe(0);
  for (const word of ["start", "migrate", "seed", "doctor", "trace", "audit", "--port", "AFTERCARE_DATA_DIR"])
    expect(stdout).toContain(word);
  expect(aftercare([]).stdout).toBe(stdout);
  expect(aftercare(["start", "--help"]).stdout).toBe(stdout);
});

test("the version is the package's", () => {
  expect(aftercare(["--version"]).stdout).toMatch(/^aftercare \d+\.\d+\.\d+\n$/);
});

test("an unknown command, option or value gives one line each and no stack", () => {
  expect(aftercare(["strat"])).toEqual({
    status: 2,
    stdout: "",
    stderr: 'aftercare: "strat" is not a command; --help lists them all.\n',
  });
  const { status, stderr } = aftercare(["start", "--prot=1"], { AFTERCARE_LANES: "none" });
  expect(status).toBe(2);
  expect(stderr.trimEnd().split("\n")).toHaveLength(2);
  expect(stderr).toContain('AFTERCARE_LANES is "none"');
});

test("a database that is not there gives one sentence", () => {
  const { status, stdout, stderr } = aftercare(["doctor", "--port=0"], {
    DATABASE_URL: "postgres://a:b@127.0.0.1:1/c",
  });
  expect(status).toBe(1);
  expect(stdout).toMatch(/^fix {2}database: PostgreSQL does not answer; check DATABASE_URL/m);
  expect(stderr).toBe("");
}, 30_000);
