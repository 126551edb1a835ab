import { expect, test } from "bun:test";
import { type Machine, printConfigMarkdown, printHelp, readConfig } from "./config.ts";

const user: Machine = { isRoot: false, projectRoot: "/home/shop/aftercare/" };
const root: Machine = { isRoot: true, projectRoot: "/home/shop/aftercare/" };

function good(env: Record<string, string>, flags: string[] = [], machine = user) {
  const { config, problems } = readConfig(env, flags, machine);
  expect(problems).toBeUndefined();
  if (!config) throw new Error("unreachable");
  return config;
}

function bad(env: Record<string, string>, flags: string[] = []) {
  return readConfig(env, flags, user).problems ?? [];
}

test("an empty environment gives a loopback server on the embedded database, with the demo shop", () => {
  const config = good({});
  expect(config).toMatchObject({ host: "127.0.0.1", port: 7420, databaseUrl: "", demo: true, allowedOrigins: [] });
  expect(config).toMatchObject({
    heartbeatMs: 15_000,
    drainMs: 10_000,
    batchMaxRows: 256,
    lanes: 4,
    dbConnections: 10,
  });
});

test("the demo shop is not put into a database that somebody brought", () => {
  expect(good({ DATABASE_URL: "postgres://a:b@db/shop" }).demo).toBe(false);
  expect(good({ DATABASE_URL: "postgres://a:b@db/shop", AFTERCARE_DEMO: "yes" }).demo).toBe(true);
});

test("data lie in the project, or below /var/lib for root, where the account of PostgreSQL can go", () => {
  expect(good({}).dataDir).toBe("/home/shop/aftercare/.aftercare");
  expect(good({}, [], root).dataDir).toMatch(/^\/var\/lib\/aftercare\/[0-9a-f]{12}$/);
  expect(good({}, [], { ...root, projectRoot: "/other" }).dataDir).not.toBe(good({}, [], root).dataDir);
});

test("a flag wins over the environment, in each spelling", () => {
  expect(good({ AFTERCARE_PORT: "1" }, ["--port", "2"]).port).toBe(2);
  expect(good({ AFTERCARE_PORT: "1" }, ["--port=3"]).port).toBe(3);
  expect(good({}, ["--no-demo"]).demo).toBe(false);
  expect(good({}, ["--demo=false", "--recall-window-ms=0"]).recallWindowMs).toBe(0);
});

test("an empty variable counts as absent", () => {
  expect(good({ AFTERCARE_PORT: "" }).port).toBe(7420);
});

test("each wrong value is one sentence that names the variable and the bounds", () => {
  expect(bad({ AFTERCARE_PORT: "70000" })).toEqual([
    'AFTERCARE_PORT is "70000", but must be a whole number from 0 to 65535.',
  ]);
  expect(bad({ AFTERCARE_LOG_LEVEL: "loud" })[0]).toContain("one of trace, debug, info");
  expect(bad({ AFTERCARE_DEMO: "maybe" })[0]).toContain("true or false");
  expect(bad({ AFTERCARE_ALLOWED_ORIGINS: "https://a.example, b" })[0]).toContain("an origin such as");
  expect(bad({ AFTERCARE_PUBLIC_URL: "https://a.example/chat" })[0]).toContain("without a path");
  expect(bad({}, ["--port"])).toEqual(["--port needs a value."]);
  expect(bad({}, ["--prot", "--no-port"])).toHaveLength(2);
  expect(bad({ AFTERCARE_LANES: "10" })[0]).toContain("must be more than AFTERCARE_LANES");
});

test("numbers are plain: no sign, fraction, hex, exponent or space", () => {
  for (const value of ["-1", "1.5", "0x10", "1e3", "7 0", "NaN", "99999999999999999999"]) {
    expect(bad({ AFTERCARE_PORT: value })).toHaveLength(1);
  }
});

test("a wrong database URL is never repeated, for it may hold a password", () => {
  expect(bad({ DATABASE_URL: "mysql://a:secret@db/shop" }).join()).not.toContain("secret");
});

test("the variable that Kubernetes sets for a Service named aftercare is explained", () => {
  expect(bad({ AFTERCARE_PORT: "tcp://10.0.0.1:7420" })[0]).toContain("enableServiceLinks");
});

test("origins lose their last slash, since browsers send none", () => {
  const { allowedOrigins } = good({ AFTERCARE_ALLOWED_ORIGINS: "https://a.example/, https://b.example:8443," });
  expect(allowedOrigins).toEqual(["https://a.example", "https://b.example:8443"]);
});

test("help and the guide name every variable", () => {
  const names = printHelp().match(/\b(AFTERCARE_[A-Z_]+|DATABASE_URL)(?=, default)/g) ?? [];
  expect(names.length).toBeGreaterThanOrEqual(20);
  for (const name of names) expect(printConfigMarkdown()).toContain(`\`${name}\``);
});
