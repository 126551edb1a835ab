import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { migrate } from "../../server/src/db/migrate.ts";
import { freePort } from "../server-process.ts";
import { dropTemplate, type Pair, startPair } from "./pair.ts";

setDefaultTimeout(120_000);

let pair: Pair;
let deadPort = 0;
beforeAll(async () => {
  pair = await startPair();
  deadPort = await freePort();
  await migrate(pair.primary.url);
});
afterAll(async () => {
  await pair.close();
  await dropTemplate();
});

const cli = fileURLToPath(new URL("../../server/src/cli.ts", import.meta.url));

/** What `aftercare doctor` says of the database, of which these servers are named, and its exit code. */
async function doctor(ports: readonly number[]): Promise<{ code: number; line: string }> {
  const hosts = ports.map((port) => `127.0.0.1:${port}`).join(",");
  const url = pair.primary.url.replace(/127\.0\.0\.1:\d+/, hosts);
  const env = { PATH: process.env.PATH ?? "", DATABASE_URL: url };
  const child = spawn(process.execPath, [cli, "doctor", "--port=0"], { env });
  let said = "";
  const hear = (chunk: Buffer) => {
    said += chunk;
  };
  for (const stream of [child.stdout, child.stderr]) stream.on("data", hear);
  const [code] = await once(child, "exit");
  expect(said).not.toContain(new URL(pair.primary.url).password);
  return { code, line: said.split("\n").find((one) => one.includes("database:")) ?? said };
}

test("doctor finds the server that can be written, wherever it is named, and says which others there are", async () => {
  const [primary, standby] = [pair.primary.port, pair.replica.port];
  for (const ports of [
    [deadPort, standby, primary],
    [primary, deadPort, standby],
    [standby, primary, deadPort],
  ]) {
    const { code, line } = await doctor(ports);
    expect([code, line]).toEqual([0, expect.stringMatching(/^ok {3}database: PostgreSQL \d+\.\d+ answers/)]);
    expect(line).toContain(`127.0.0.1:${primary} can be written`);
    expect(line).toContain(`127.0.0.1:${standby} is a standby`);
    expect(line).toContain(`127.0.0.1:${deadPort} does not answer`);
  }
});

test("doctor has it mended when none of them can be written", async () => {
  for (const ports of [
    [deadPort, pair.replica.port],
    [pair.replica.port, deadPort],
  ]) {
    const { code, line } = await doctor(ports);
    expect([code, line.slice(0, 15)]).toEqual([1, "fix  database: "]);
    expect(line).toContain(`127.0.0.1:${pair.replica.port} is a standby`);
    expect(line).toContain(`127.0.0.1:${deadPort} does not answer`);
  }
});

test("doctor with one server says nothing of others", async () => {
  const { code, line } = await doctor([pair.primary.port]);
  expect([code, line]).toEqual([
    0,
    expect.stringMatching(
      /^ok {3}database: PostgreSQL [\d.]+ answers, schema \d+ of \d+; secrets: 0 unsealed \(set AFTERCARE_SECRET_KEY\)$/,
    ),
  ]);
});

test("doctor with only a standby says that it cannot be written", async () => {
  const { code, line } = await doctor([pair.replica.port]);
  expect([code, line]).toEqual([1, expect.stringMatching(/^fix {2}database: PostgreSQL is a standby, which/)]);
});
