import { mkdtempSync } from "node:fs";
import { chmod, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { Ack, Credential } from "@aftercare/protocol";
import postgres, { type Sql } from "postgres";
import { readPostmaster } from "../../server/src/embedded/cluster.ts";
import { placesIn } from "../../server/src/embedded/directory.ts";
import { startEmbedded, urlOfRunning } from "../../server/src/embedded/start.ts";
import { connectionOf } from "../../server/src/embedded/url.ts";
import { type Api, createApi, Device, newCommandId, persist } from "../client.ts";
import { childrenOf, freePort, ServerProcess } from "../server-process.ts";
import type { Random } from "../sim/random.ts";

/** `embedded`: the server keeps its own PostgreSQL, as by default. `external`: PostgreSQL stands apart and outlives the server. */
export type DatabaseKind = "embedded" | "external";

export type World = {
  readonly server: ServerProcess;
  readonly api: Api;
  readonly random: Random;
  postmaster(): Promise<number | undefined>;
  sql<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
};

/** As an operator would run it, but for the rates: a fault sends faster than a person. Durability is the default: fsync on. */
const settings = {
  AFTERCARE_DEMO: "true",
  AFTERCARE_LOG_LEVEL: "error",
  AFTERCARE_RATE_ACCOUNT_PER_SECOND: "10000",
  AFTERCARE_RATE_ACCOUNT_BURST: "100000",
  AFTERCARE_RATE_ADDRESS_PER_SECOND: "10000",
  AFTERCARE_RATE_ADDRESS_BURST: "100000",
  AFTERCARE_CUSTOMERS_PER_MINUTE: "1000",
};
const quiet = { info: () => undefined, warn: () => undefined, error: () => undefined };

export async function openWorld(
  random: Random,
  database: DatabaseKind,
  env: Readonly<Record<string, string>> = {},
): Promise<World> {
  const root = mkdtempSync(join(tmpdir(), "aftercare-faults-"));
  await chmod(root, 0o711);
  const dataDir = join(root, "data");
  const cluster =
    database === "external" ? await startEmbedded({ dataDir: join(root, "external"), log: quiet }) : undefined;
  const server = new ServerProcess({
    port: await freePort(),
    env: { ...settings, AFTERCARE_DATA_DIR: dataDir, DATABASE_URL: cluster?.url ?? "", ...env },
  });
  const close = async () => {
    await server.signal("SIGTERM");
    await cluster?.stop();
    await rm(root, { recursive: true, force: true });
  };
  try {
    await server.start();
  } catch (error) {
    await close();
    throw error;
  }
  return {
    server,
    api: createApi(server.url),
    random,
    postmaster: async () =>
      cluster ? cluster.pid() : (await readPostmaster(placesIn(dataDir).cluster).catch(() => undefined))?.pid,
    async sql(work) {
      const url = await persist(async () => {
        const found = cluster?.url ?? (await urlOfRunning(dataDir));
        if (found === undefined) throw new Error("PostgreSQL is not running");
        return found;
      });
      const connection = connectionOf(url);
      const sql = postgres(connection.url, { ...connection, max: 1, onnotice: () => undefined });
      try {
        return await persist(() => work(sql));
      } finally {
        await sql.end({ timeout: 5 });
      }
    },
    close,
  };
}

/** SIGKILL of the postmaster, of its children, or of both: each is a different crash. */
export async function killPostgres(world: World, how: "all" | "postmaster" | "backend"): Promise<boolean> {
  const postmaster = await world.postmaster();
  if (postmaster === undefined) return false;
  const children = childrenOf(postmaster);
  const victims =
    how === "postmaster" ? [postmaster] : how === "all" ? [postmaster, ...children] : [world.random.pick(children)];
  for (const pid of victims) {
    try {
      process.kill(pid, "SIGKILL");
    } catch {
      // It ended by itself in between.
    }
  }
  return victims.length > 0;
}

/** Ten devices of six people in five conversations, and one person who belongs to none of them. */
export type Cast = {
  readonly devices: Device[];
  readonly outsider: Device;
  readonly members: ReadonlyMap<string, ReadonlySet<string>>;
};

type Act = (who: Credential, type: string, body: object, stream?: string) => Promise<Ack>;

export async function castOf(world: World, options: { heartbeatMs?: number } = {}): Promise<Cast> {
  const { api, random } = world;
  const customers = await Promise.all(["Ann", "Bo", "Cy", "Di"].map((name) => api.newCustomer(name)));
  const [kit, mei] = await signInStaff(world);
  if (!mei || !kit) throw new Error("the demo shop has too few staff");
  const members = await converse(world, customers, mei, kit);
  const device = (credential: Credential, name: string, streams: readonly string[]) =>
    new Device({
      api: () => api,
      credential,
      name,
      streams,
      unit: () => random.unit(),
      heartbeatMs: 2_000,
      ...options,
    });
  const people: [Credential, string, number][] = [
    ...customers.map((one, index): [Credential, string, number] => [one, `customer ${index + 1}`, index === 0 ? 2 : 1]),
    [mei, "staff 1", 3],
    [kit, "staff 2", 2],
  ];
  const devices = people.flatMap(([credential, name, count]) =>
    // Everybody asks for every conversation, also for those that are not theirs.
    Array.from({ length: count }, (_, index) => device(credential, `${name} device ${index + 1}`, [...members.keys()])),
  );
  return { devices, outsider: device(await api.newCustomer("Eve"), "outsider", [...members.keys()]), members };
}

/** Four customers ask at the desk of two staff, who also have a group: by the public commands. */
async function converse({ api }: World, customers: readonly Credential[], mei: Credential, kit: Credential) {
  const members = new Map<string, Set<string>>();
  const act: Act = async (who, type, body, stream) => {
    const command = { id: newCommandId(), type, ...(stream !== undefined && { stream }), body };
    const answer = await persist(() => api.command(who.token, command));
    if ("refusal" in answer) throw new Error(`${type} was refused: ${answer.refusal.code}`);
    return answer.ack;
  };
  for (const [index, customer] of customers.entries()) {
    const { conversation = "" } = await act(customer, "conversation.ask", { title: `Order ${index + 1}` });
    members.set(conversation, new Set([customer, mei, kit].map(({ account }) => account)));
  }
  const { conversation = "" } = await act(mei, "conversation.create-group", { title: "Shift", members: [kit.account] });
  members.set(conversation, new Set([mei.account, kit.account]));
  return members;
}

async function signInStaff({ api, sql }: World): Promise<Credential[]> {
  const rows = await sql(
    (db) => db<{ login: string; password: string }[]>`select login, password from demo_sign_in order by login`,
  );
  return Promise.all(rows.map(({ login, password }) => persist(() => api.signIn(login, password))));
}

export async function online(devices: readonly Device[]): Promise<void> {
  for (const one of devices) one.start();
  await until(() => devices.every((one) => one.state === "online"), 30_000, "every device online");
}

export async function until(done: () => boolean, limitMs: number, what: string): Promise<void> {
  for (const startedAt = Date.now(); !done(); await sleep(5))
    if (Date.now() - startedAt > limitMs) throw new Error(`waited ${limitMs / 1000} s in vain for: ${what}`);
}

/** Each device sends its share, keeping a few commands in the air. */
export function sendAll(
  cast: Cast,
  random: Random,
  total: number,
  window: number,
): { acked(): number; sent(): number } {
  const share = Math.ceil(total / cast.devices.length);
  let sent = 0;
  for (const device of cast.devices) {
    const streams = [...cast.members].filter(([, some]) => some.has(device.account)).map(([stream]) => stream);
    let left = Math.min(share, total - sent);
    sent += left;
    const fill = () => {
      while (left > 0 && device.unanswered < window) {
        left--;
        const n = device.sendings.size + 1;
        device.send(random.pick(streams), `${device.name} says ${n}: 您好，已收到您的訊息`);
      }
    };
    device.onAnswer = fill;
    fill();
  }
  const count = (done: (acks: number) => boolean) =>
    cast.devices.reduce(
      (sum, device) => sum + [...device.sendings.values()].filter(({ acks }) => done(acks.length)).length,
      0,
    );
  return { acked: () => count((acks) => acks > 0), sent: () => count(() => true) };
}
