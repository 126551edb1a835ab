import { afterAll, beforeAll, expect, test } from "bun:test";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identityReasons } from "@aftercare/protocol";
import { ask, staff, startTestServer, type TestServer } from "./server.ts";
import { openShop } from "./shop.ts";

const guide = readFileSync(join(import.meta.dir, "../../docs/how-to/identify-customers.md"), "utf8");
const dir = mkdtempSync(join(tmpdir(), "aftercare-guide-"));
let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
}, 60_000);
afterAll(async () => {
  rmSync(dir, { recursive: true });
  await server.stop();
});

test("the guide lists every reason with the words of the code", () => {
  const rows = [...guide.matchAll(/^\| `([-a-z]+)` \| (.+) \|$/gm)].map(([, reason, text]) => [reason, text]);
  expect(rows.filter(([reason]) => Object.hasOwn(identityReasons, reason ?? ""))).toEqual(
    Object.entries(identityReasons),
  );
});

test("the guide's example for Node signs tokens that are taken, of either kind", async () => {
  const code = /```js\n([\s\S]*?)```/.exec(guide)?.[1] ?? "";
  expect(code.trim().split("\n").length).toBeLessThanOrEqual(11);
  const file = join(dir, "example.mjs");
  writeFileSync(file, code);
  const { tokenFor } = await import(file);
  const { token: mei } = await staff(server);
  for (const algorithm of ["EdDSA", "HS256"] as const) {
    const { kid, workspace, signer } = await openShop(server, mei, algorithm);
    const key =
      typeof signer === "string" ? { secret: signer } : { pem: signer.export({ format: "pem", type: "pkcs8" }) };
    const token = tokenFor({ id: `c-${algorithm}`, name: "陳美" }, { kid, workspace, ...key });
    const answer = await ask(server.url, "/v1/customers/identify", { body: { token } });
    expect([answer.status, answer.body.name]).toEqual([200, "陳美"]);
  }
});
