import { expect, test } from "bun:test";
import { join } from "node:path";
import { ownerLink } from "../../server/src/cli/owner.ts";
import { readConfig, thisMachine } from "../../server/src/config.ts";
import { migrate } from "../../server/src/db/migrate.ts";
import { startServer } from "../../server/src/main.ts";
import { withDatabase } from "../setup/database.ts";
import { ask } from "./server.ts";

const linkOf = (text: string | undefined): string => /#\/join\/(lnk_[-\w]{43})/.exec(text ?? "")?.[1] ?? "";

/** As an operator types it. */
async function command(url: string, ...words: string[]): Promise<string> {
  const cli = join(import.meta.dir, "../../server/src/cli.ts");
  const env = { ...process.env, DATABASE_URL: url, AFTERCARE_PUBLIC_URL: "https://desk.shop.example" };
  const child = Bun.spawn([process.execPath, cli, ...words], { env, stdout: "pipe", stderr: "pipe" });
  const text = await new Response(child.stdout).text();
  expect(await child.exited).toBe(0);
  return text;
}

test(
  "an installation without the demo is taken over by a link, good once, and has no password before",
  () =>
    withDatabase(async (url) => {
      await migrate(url);
      const { config } = readConfig({}, ["--port", "0", "--log-level", "silent"], thisMachine());
      if (!config) throw new Error("no configuration");
      const server = await startServer(config, { url });
      try {
        const first = linkOf(await ownerLink(url, server.url));
        const printed = await command(url, "owner-invite");
        expect(printed).toContain("https://desk.shop.example/console/#/join/");
        const link = linkOf(printed);
        expect((await ask(server.url, "/v1/link", { body: { link: first } })).status).toBe(409);
        expect((await ask(server.url, "/v1/link", { body: { link } })).body).toMatchObject({
          kind: "owner",
          email: "",
        });
        const accept = { link, password: "brisk-otter-Quay-41", name: "Ada" };
        expect((await ask(server.url, "/v1/link/accept", { body: accept })).body.refusal.path).toBe("email");
        const mine = { ...accept, email: "ada@shop.example" };
        const [one, other] = await Promise.all([1, 2].map(() => ask(server.url, "/v1/link/accept", { body: mine })));
        expect([one?.status, other?.status].sort()).toEqual([200, 409]);
        const { body } = await ask(server.url, "/v1/sign-in", {
          body: { login: "ADA@shop.example", password: mine.password },
        });
        expect((await ask(server.url, "/v1/invitations", { token: body.token })).status).toBe(200);
        expect(await ownerLink(url, server.url)).toBeUndefined();
      } finally {
        await server.stop();
      }
    }),
  60_000,
);
