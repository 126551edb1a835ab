import { makeCommandId } from "@aftercare/protocol";
import { readConfig, thisMachine } from "../../server/src/config.ts";
import { migrate } from "../../server/src/db/migrate.ts";
import { startServer } from "../../server/src/main.ts";
import { seedDemo } from "../../server/src/seed.ts";
import { testSecretKey } from "../server-process.ts";
import { createDatabase } from "../setup/database.ts";

/** The whole server on a real PostgreSQL, asked over real HTTP. */
export type TestServer = {
  readonly url: string;
  readonly databaseUrl: string;
  readonly signIns: readonly { login: string; password: string; name: string }[];
  /** Another node on the same database. */
  another(flags?: Readonly<Record<string, string | number>>): Promise<{ url: string; stop(): Promise<void> }>;
  stop(): Promise<void>;
};

/** Bounds that no test meets unless it means to. */
const roomy = {
  port: 0,
  "log-level": "silent",
  "secret-key": testSecretKey,
  "drain-ms": 200,
  "customers-per-minute": 100_000,
  "rate-address-per-second": 100_000,
  "rate-address-burst": 100_000,
  "rate-account-per-second": 10_000,
  "rate-account-burst": 10_000,
};

export async function startTestServer(flags: Readonly<Record<string, string | number>> = {}): Promise<TestServer> {
  const database = await createDatabase();
  await migrate(database.url);
  const { signIns } = await seedDemo(database.url);
  const node = (more: Readonly<Record<string, string | number>>) => {
    const words = Object.entries({ ...roomy, ...more }).flatMap(([name, value]) => [`--${name}`, String(value)]);
    const { config, problems } = readConfig({}, words, thisMachine());
    if (!config) throw new Error(problems.join("\n"));
    return startServer(config, { url: database.url });
  };
  const server = await node(flags);
  return {
    url: server.url,
    databaseUrl: database.url,
    signIns,
    another: (more = {}) => node(more),
    async stop() {
      await server.stop();
      await database.drop();
    },
  };
}

// biome-ignore lint/suspicious/noExplicitAny: answers are asserted on, field by field
export type Answer = { status: number; body: any; headers: Headers };

/** One request: a POST when there is a body. */
export async function ask(
  url: string,
  path: string,
  { token, body, ...init }: Omit<RequestInit, "body"> & { token?: string; body?: unknown } = {},
): Promise<Answer> {
  const headers = new Headers(init.headers);
  if (token !== undefined) headers.set("authorization", `Bearer ${token}`);
  if (body !== undefined && !headers.has("content-type")) headers.set("content-type", "application/json");
  const text = body === undefined ? undefined : typeof body === "string" ? body : JSON.stringify(body);
  const method = init.method ?? (body === undefined ? "GET" : "POST");
  const response = await fetch(url + path, { ...init, method, headers, ...(text !== undefined && { body: text }) });
  const answer = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") ?? false;
  return { status: response.status, headers: response.headers, body: isJson ? JSON.parse(answer) : answer };
}

export type Credential = { token: string; account: string; name: string };

export async function customer(url: string): Promise<Credential> {
  return (await ask(url, "/v1/customers", { body: {} })).body;
}

export async function staff({ url, signIns }: Pick<TestServer, "url" | "signIns">, login = "mei"): Promise<Credential> {
  const { password } = signIns.find((one) => one.login === login) ?? {};
  return (await ask(url, "/v1/sign-in", { body: { login, password } })).body;
}

export const commandId = (): string => makeCommandId(Date.now(), crypto.getRandomValues(new Uint8Array(10)));

export const command = (type: string, body: object, stream?: string) => ({
  id: commandId(),
  type,
  ...(stream !== undefined && { stream }),
  body,
});

export const message = (stream: string, text: string) =>
  command("message.send", { parts: [{ type: "text", text }] }, stream);

/** A customer with an open support conversation. */
export async function conversation(url: string): Promise<{ who: Credential; stream: string }> {
  const who = await customer(url);
  const { body } = await ask(url, "/v1/commands", { token: who.token, body: command("conversation.ask", {}) });
  return { who, stream: body.conversation };
}
