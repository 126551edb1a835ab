import { afterAll, beforeAll, expect, test } from "bun:test";
import type { KeyObject } from "node:crypto";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { identityReasons } from "@aftercare/protocol";
import { findProgram } from "../setup/debian.mjs";
import { php, printed, programFor, python } from "./examples.ts";
import { ask, staff, startTestServer, type TestServer } from "./server.ts";
import { openShop } from "./shop.ts";

const guide = readFileSync(join(import.meta.dir, "../../docs/how-to/identify-customers.md"), "utf8");
/** The first run on a machine may have to install a language. */
const installMs = 180_000;
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

const example = (language: string): string =>
  new RegExp(`\`\`\`${language}\\n([\\s\\S]*?)\`\`\``).exec(guide)?.[1] ?? "";

type Key = { kid: string; workspace: string } & ({ secret: string } | { key: KeyObject });

/** Of each kind, a key of the shop's, and what the server says to the token that `sign` makes with it. */
async function bothKinds(sign: (key: Key) => string | Promise<string>): Promise<void> {
  const { token: mei } = await staff(server);
  for (const algorithm of ["EdDSA", "HS256"] as const) {
    const { kid, workspace, signer } = await openShop(server, mei, algorithm);
    const token = await sign({
      kid,
      workspace,
      ...(typeof signer === "string" ? { secret: signer } : { key: signer }),
    });
    const answer = await ask(server.url, "/v1/customers/identify", { body: { token } });
    expect([algorithm, answer.status, answer.body.name]).toEqual([algorithm, 200, "陳美"]);
  }
}

const pemOf = (key: KeyObject) => String(key.export({ format: "pem", type: "pkcs8" }));

test("the guide's example for Node signs tokens that are taken, of either kind", async () => {
  const code = example("js");
  expect(code.trim().split("\n").length).toBeLessThanOrEqual(11);
  const file = join(dir, "example.mjs");
  writeFileSync(
    file,
    `${code}
const [kid, workspace, secret, pem] = process.argv.slice(2);
console.log(tokenFor({ id: "c-node", name: "陳美" }, { kid, workspace, ...(pem ? { pem } : { secret }) }));`,
  );
  const node = findProgram("", ["node"]) ?? "node";
  await bothKinds(({ kid, workspace, ...one }) =>
    printed(node, [file, kid, workspace, ...("secret" in one ? [one.secret] : ["", pemOf(one.key)])]),
  );
});

test(
  "the guide's example for Python does",
  async () => {
    const file = join(dir, "example.py");
    writeFileSync(
      file,
      `${example("python")}
import sys
kid, workspace, secret, pem = sys.argv[1:]
print(token_for({"id": "c-python", "name": "陳美"}, kid, workspace, pem=pem.encode() or None, secret=secret))
`,
    );
    const program = await programFor(python);
    await bothKinds(({ kid, workspace, ...one }) =>
      printed(program, [file, kid, workspace, ...("secret" in one ? [one.secret, ""] : ["", pemOf(one.key)])]),
    );
  },
  installMs,
);

test(
  "the guide's example for PHP does",
  async () => {
    const file = join(dir, "example.php");
    writeFileSync(
      file,
      `<?php
${example("php")}
[, $kid, $workspace, $secret, $pem] = $argv;
$key = $pem === '' ? $secret : ed25519_key($pem);
echo token_for(['id' => 'c-php', 'name' => '陳美'], $kid, $workspace, $key, $pem !== '');
`,
    );
    const program = await programFor(php);
    await bothKinds(({ kid, workspace, ...one }) =>
      printed(program, [file, kid, workspace, ...("secret" in one ? [one.secret, ""] : ["", pemOf(one.key)])]),
    );
  },
  installMs,
);
