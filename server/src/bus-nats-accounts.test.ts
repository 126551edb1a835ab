import { afterAll, afterEach, beforeAll, describe, expect, test } from "bun:test";
import { createHash } from "node:crypto";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nkeys } from "@nats-io/transport-node";
import { busContract, hearing, meet, until } from "../../rig/contract/bus.ts";
import { type NatsServer, startNats } from "../../rig/nats.ts";
import type { Bus } from "./bus.ts";
import { createNatsBus } from "./bus-nats.ts";
import { readConfig } from "./config.ts";
import { systemClock } from "./platform.ts";

const slowMs = 60_000;
type Key = ReturnType<typeof nkeys.createUser>;

/** What `nsc` writes: a claim about a key, signed by the key above it. */
function tokenOf(issuer: Key, subject: Key, name: string, nats: object, issuedAt = 1_700_000_000): string {
  const base = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const claim = { iat: issuedAt, iss: issuer.getPublicKey(), sub: subject.getPublicKey(), name, nats };
  const jti = createHash("sha256").update(JSON.stringify(claim)).digest("base64url");
  const signed = `${base({ typ: "JWT", alg: "ed25519-nkey" })}.${base({ jti, ...claim })}`;
  return `${signed}.${Buffer.from(issuer.sign(Buffer.from(signed))).toString("base64url")}`;
}

const unlimited = { subs: -1, data: -1, payload: -1 };
const accountLimits = { ...unlimited, imports: -1, exports: -1, wildcards: true, conn: -1, leaf: -1 };

/** An operator, one account of his, and its users, in files as a NATS with accounts takes them. */
class Accounts {
  readonly #directory = mkdtempSync(join(tmpdir(), "aftercare-nats-accounts-"));
  readonly #operator = nkeys.createOperator();
  readonly #account = nkeys.createAccount();

  /** A server's configuration, in which these users may no longer come. */
  config(revoked: readonly Key[] = []): string {
    const revocations = Object.fromEntries(revoked.map((user) => [user.getPublicKey(), 1_800_000_000]));
    const operator = tokenOf(this.#operator, this.#operator, "shop", { type: "operator", version: 2 });
    const account = { type: "account", version: 2, limits: accountLimits, revocations };
    const token = tokenOf(this.#operator, this.#account, "aftercare", account);
    const lines = [
      `operator: ${this.#file("operator.jwt", operator)}`,
      "resolver: MEMORY",
      `resolver_preload: { ${this.#account.getPublicKey()}: "${token}" }`,
    ];
    return this.#file("server.conf", lines.join("\n"));
  }

  /** The credentials file of a user, signed by the account (or by another, which the server must not believe). */
  credentials(user: Key, signer: Key = this.#account): string {
    const token = tokenOf(signer, user, "node", { type: "user", version: 2, ...unlimited });
    const seed = Buffer.from(user.getSeed()).toString();
    const part = (name: string, text: string) => `-----BEGIN ${name}-----\n${text}\n------END ${name}------\n`;
    return this.#file("node.creds", `${part("NATS USER JWT", token)}\n${part("USER NKEY SEED", seed)}`);
  }

  empty(): string {
    return this.#file("empty.creds", "");
  }

  #file(name: string, text: string): string {
    const path = join(this.#directory, name);
    writeFileSync(path, text, { mode: 0o600 });
    return path;
  }

  remove(): void {
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

const warnings: string[] = [];
const log = {
  info: () => undefined,
  warn: (facts: object) => void warnings.push(JSON.stringify(facts)),
  error: () => undefined,
};

function busOf({ url }: NatsServer, credentialsFile: string | undefined): Bus {
  const given = { AFTERCARE_NATS_SERVERS: url, AFTERCARE_NATS_CREDENTIALS_FILE: credentialsFile };
  const { config, problems } = readConfig(given, [], { isRoot: false, projectRoot: "/" });
  if (!config) throw new Error(problems.join("\n"));
  return createNatsBus(config, { clock: systemClock, log });
}

let accounts: Accounts;
beforeAll(() => {
  accounts = new Accounts();
});
afterAll(() => accounts.remove());
afterEach(() => void warnings.splice(0));

describe("NATS with a credentials file", () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNats({ words: ["-c", accounts.config()] });
  }, slowMs);
  afterAll(() => server.stop());

  busContract("NATS with a credentials file", async () => {
    const file = accounts.credentials(nkeys.createUser());
    const nodes: [Bus, Bus] = [busOf(server, file), busOf(server, file)];
    await meet(nodes);
    return { nodes, close: async () => void (await Promise.all(nodes.map((node) => node.close()))) };
  });

  test.each([
    ["no credentials", () => undefined, /authorization/i],
    [
      "a user that another account has signed",
      () => accounts.credentials(nkeys.createUser(), nkeys.createAccount()),
      /authorization/i,
    ],
    ["a file that is not there", () => "/nowhere/node.creds", /ENOENT/],
    ["a file with nothing in it", () => accounts.empty(), /unable to parse credentials/],
  ])("%s: the node goes on without NATS and says so", async (_, file, why) => {
    const bus = busOf(server, file());
    await until(() => warnings.some((one) => why.test(one)));
    bus.publish({ kind: "revoked", credentials: ["a"] });
    expect(bus.health).toMatchObject({ connected: false, bellsNotRung: 1 });
    expect(warnings.join()).not.toMatch(/SU[A-Z2-7]{50}|eyJ/);
    await bus.close();
  });
});

test(
  "credentials that are exchanged in the file are used from the next connection on",
  async () => {
    const [before, after] = [nkeys.createUser(), nkeys.createUser()];
    const file = accounts.credentials(before);
    const first = await startNats({ words: ["-c", accounts.config()] });
    const nodes: [Bus, Bus] = [busOf(first, file), busOf(first, file)];
    await meet(nodes);
    const heard = hearing(nodes[1]);
    // Caught in the middle of the exchange: the file has nothing yet.
    writeFileSync(file, "");
    await first.stop();
    const second = await startNats({ port: first.port, words: ["-c", accounts.config([before])] });
    await until(() => warnings.some((one) => one.includes("Authorization Violation")));
    accounts.credentials(after);
    await meet(nodes);
    nodes[0].publish({ kind: "revoked", credentials: ["a"] });
    await until(() => heard.length > 0);
    await Promise.all(nodes.map((node) => node.close()));
    await second.stop();
  },
  slowMs,
);
