import { expect, test } from "bun:test";
import { createServer } from "node:net";
import { explain, SetupProblem } from "./explain.ts";
import { probePort } from "./port.ts";

const about = { host: "127.0.0.1", port: 7420, dataDir: "/data" };
const problem = (fields: object, message = "x") => Object.assign(new Error(message), fields);

test("a busy port names the port and the way out, whoever reports it", async () => {
  const server = createServer();
  const port = await new Promise<number>((resolve) => {
    server.listen(0, "127.0.0.1", () => resolve((server.address() as { port: number }).port));
  });
  const error = await probePort("127.0.0.1", port).catch((caught) => caught);
  server.close();
  expect(explain(error, about)).toBe(
    `Port ${port} is used by another program; stop it, or choose another port with --port.`,
  );
  expect(explain(problem({ code: "EADDRINUSE" }), about)).toContain("Port 7420 is used");
  expect(explain(problem({}, "Failed to start server. Is port 7420 in use?"), about)).toContain("Port 7420 is used");
});

test("a full disk, from the system or from PostgreSQL, names the place", () => {
  expect(explain(problem({ code: "ENOSPC", path: "/data/x" }), about)).toContain("disk that holds /data/x is full");
  expect(explain(problem({}, 'initdb: FATAL: could not write "pg_wal": No space left on device'), about)).toContain(
    "disk that holds /data is full",
  );
  expect(explain(problem({ code: "53100" }), about)).toContain("full disk");
});

test("a missing permission names the file, or the port", () => {
  expect(explain(problem({ code: "EACCES", path: "/data/x" }), about)).toContain("may not use /data/x");
  expect(explain(problem({ code: "EACCES", syscall: "listen", port: 80 }), about)).toContain(
    "may not listen on port 80",
  );
  expect(explain(problem({ code: "EROFS", path: "/data" }), about)).toContain("read-only disk");
});

test("a database that does not answer, or says no, points at DATABASE_URL", () => {
  for (const code of ["ECONNREFUSED", "ENOTFOUND", "CONNECT_TIMEOUT", "28P01", "3D000"]) {
    expect(explain(problem({ code, address: "db", port: 5432 }), about)).toContain("DATABASE_URL");
  }
});

test("each is one sentence: one line, one full stop, no stack", () => {
  const errors = [
    "EADDRINUSE",
    "EADDRNOTAVAIL",
    "ENOSPC",
    "EROFS",
    "EACCES",
    "ENOTDIR",
    "EMFILE",
    "ECONNREFUSED",
    "53300",
  ];
  for (const code of errors) expect(explain(problem({ code }), about)).toMatch(/^[A-Z/][^\n]*[^.\n]\.$/);
});

test("what is ready is passed on, and a bug stays a bug", () => {
  expect(explain(new SetupProblem("Do this."))).toBe("Do this.");
  expect(explain(new TypeError("x is not a function"))).toBeUndefined();
  expect(explain("text")).toBeUndefined();
  expect(explain(undefined)).toBeUndefined();
});
