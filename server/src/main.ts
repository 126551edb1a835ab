import { makeId } from "@aftercare/protocol";
import type { Sql } from "postgres";
import { type Bus, createLocalBus } from "./bus.ts";
import { createNatsBus } from "./bus-nats.ts";
import type { Config } from "./config.ts";
import type { Ctx, Logger, Settings } from "./context.ts";
import { createListStore } from "./db/list-store.ts";
import { createLogStore, createTold, type LogStoreOptions } from "./db/log-store.ts";
import { schemaStateOf } from "./db/migrate.ts";

import { createDeadline, createGate, createReplicas } from "./db/replicas.ts";
import { sealStored } from "./db/sealed.ts";
import { leave, openSql } from "./db/sql.ts";
import { createTraceStore } from "./db/trace-store.ts";

import { listen } from "./gateway/bun.ts";
import { createLinks } from "./gateway/link-table.ts";
import { Buckets } from "./gateway/rate.ts";
import { socketHandler } from "./gateway/socket.ts";
import { createApp } from "./http/app.ts";
import type { PushFace } from "./http/call.ts";
import { createSecurityHeaders } from "./http/headers.ts";
import { createOrigins } from "./http/origin.ts";
import { createPages } from "./http/pages.ts";
import { createCustomers } from "./identity/customers.ts";
import { createIdentity, type Identity } from "./identity/identity.ts";
import { createIdentityKeys } from "./identity/identity-keys.ts";
import { type NamesCtx, nameDuty, tellName } from "./identity/names.ts";
import { createDoor } from "./identity/staff/door.ts";
import { roleRules } from "./identity/staff/role-rules.ts";
import { createIdentityStore } from "./identity/store.ts";
import { createKeyring, type Keyring, namedKeys } from "./keyring.ts";
import { createNode, type ServerNode, within } from "./node.ts";
import {
  createLogger,
  freshPush,
  lookupAll,
  makePushKey,
  postPush,
  processFigures,
  systemClock,
  systemIds,
  systemPasswords,
  systemSecrets,
} from "./platform.ts";
import { loadVapidKey } from "./push/key.ts";
import { type PusherCtx, startPusher } from "./push/pusher.ts";
import { createPushServices } from "./push/service.ts";
import { dropSubscription, saveSubscription } from "./push/store.ts";
import { duties, startWorker } from "./worker.ts";
import { createAdmin } from "./workspace/admin.ts";
import { createLooks, type Looks } from "./workspace/looks.ts";

/** How long an answer of /readyz may be repeated, so that probes cost the database nothing. */
const readyCacheMs = 1_000;
/** A database that does not answer a probe within this is out of reach. */
const readyTimeoutMs = 3_000;

/** Connections that lists may take of the spare ones. */
const listConnections = 1;

/** Everything the log needs, made of real parts. */
export function createCtx(
  sql: Sql,
  settings: Settings,
  log: Logger,
  bus: Bus = createLocalBus(),
  storeOptions?: LogStoreOptions,
): Ctx {
  const store = createLogStore(sql, storeOptions);
  // Not behind the pages of a thousand conversations that a console opens with.
  const lists = createListStore(sql, createTold(sql, { ...storeOptions, reads: createGate(listConnections) }));
  return { store, lists, bus, clock: systemClock, ids: systemIds, log, settings };
}

/** The composition root: wires everything once. The database has been migrated. */
export async function startServer(
  config: Config,
  { url, keyring = createKeyring(namedKeys(config), systemSecrets) }: { url: string; keyring?: Keyring },
): Promise<{ url: string; stop(): Promise<void> }> {
  const pools = openPools(config, url);
  try {
    await sealStored(pools.sql, keyring);
    return await serve(config, keyring, pools);
  } catch (error) {
    await pools.end(1);
    throw error;
  }
}

/** Connections that other work than appending and reading history always finds free. */
const spareConnections = 2;

function openPools(config: Config, url: string) {
  const bounds = {
    statementTimeoutMs: config.dbStatementTimeoutMs,
    lockTimeoutMs: config.dbLockTimeoutMs,
    idleTransactionTimeoutMs: config.dbIdleTransactionTimeoutMs,
    connectTimeoutMs: config.dbConnectTimeoutMs,
  };
  const returned = { listener: () => undefined as unknown };
  const seats = Math.max(1, config.dbConnections - config.lanes - spareConnections);
  const sql = openSql(url, config.dbConnections, { ...bounds, onReturn: () => returned.listener() });
  const copies = config.databaseReplicaUrls.map((one) => openSql(one, seats, { ...bounds, standby: true }));
  const deadline = (pool: Sql) => createDeadline(systemClock, config.dbAnswerTimeoutMs, () => leave(pool));
  const replicas = createReplicas(
    copies.map((pool) => ({ pool, within: deadline(pool) })),
    seats,
    systemClock,
  );
  const storeOptions: LogStoreOptions = {
    failoverEpoch: config.failoverEpoch,
    within: deadline(sql),
    reads: createGate(seats),
    replicas,
  };
  const end = async (timeout: number) => {
    await Promise.all([sql, ...copies].map((pool) => pool.end({ timeout })));
  };
  return { sql, storeOptions, replicas, returned, end };
}

async function serve(
  config: Config,
  keyring: Keyring,
  { sql, storeOptions, replicas, returned, end }: ReturnType<typeof openPools>,
): Promise<{ url: string; stop(): Promise<void> }> {
  const log = createLogger(config.logLevel);
  const bus = config.natsServers.length > 0 ? createNatsBus(config, { clock: systemClock, log }) : createLocalBus();
  const ctx = { ...createCtx(sql, config, log, bus, storeOptions), traces: createTraceStore(sql, config.traceDays) };
  const clock = ctx.clock;
  const { epoch } = await ctx.store.heads([]);
  const place = { origin: config.publicUrl };
  const { identity, door, identityKeys, customers } = await openIdentity({ sql, bus, log, config, keyring, place });
  const node = createNode({ ...ctx, principals: identity.principals }, epoch);
  const names: NamesCtx = { sql, bus, failoverEpoch: config.failoverEpoch, clock, log };
  const admin = openAdmin(names, node, identity);
  returned.listener = node.check;
  const rates = new Buckets(clock, config.rateAddressPerSecond, config.rateAddressBurst);
  node.shareRate("address", rates);
  node.shareRate("arrival", identity.arrivals);
  let isDraining = false;
  const stopWorker = startDuties(config, ctx, names, node.name, () => isDraining);
  const push = await openPush(config, keyring, { sql, bus, clock, log, holder: node.name });
  const links = createLinks(clock, config.maxConnections);
  const stopWatching = identity.watch((credentials) => node.revoke(credentials));
  const app = createApp({
    node,
    identity,
    door,
    admin,
    identityKeys,
    customers,
    links,
    clock,
    log,
    processFigures,
    replicaStats: replicas.stats,
    push: push.face,
    ...outside(config, createLooks({ read: admin.readWidgetSettings, bus, clock, log })),
    newSessionId: ctx.ids.secret,
    isDraining: () => isDraining,
    troubles: createTroubles(sql, () => isDraining),
    rates,
    busHealth: bus.health,
  });
  const listener = listen({
    host: config.host,
    port: config.port,
    fetch: (request, carrier) => app.fetch(request, carrier),
    websocket: socketHandler({ node, identity, links, socketBufferBytes: config.socketBufferBytes }),
  });
  const shownHost = config.host.includes(":") ? `[${config.host}]` : config.host;
  const url = config.publicUrl || `http://${shownHost}:${listener.port}`;
  place.origin = url;
  log.info({ url }, "listening");
  return {
    url,
    async stop() {
      isDraining = true;
      await node.stop(config.drainMs);
      stopWatching();
      await within(ctx, 0, () => Promise.all([stopWorker(), push.stop()]));
      links.stop();
      await listener.stop();
      await ctx.bus.close();
      door.stop();
      await end(1);
    },
  };
}

/** How the server looks from a browser. */
function outside(config: Config, looks: Looks) {
  const pages = createPages(config, looks);
  return {
    page: pages.page,
    publicUrl: config.publicUrl,
    origins: createOrigins(config),
    isGateway: config.roles.includes("gateway"),
    securityHeaders: createSecurityHeaders(config, pages.inline),
    trustedProxies: config.trustedProxies,
  };
}

/** Notifications, made of real parts; this node sends them if it is a worker. */
async function openPush(
  config: Config,
  keyring: Keyring,
  own: Pick<PusherCtx, "sql" | "bus" | "clock" | "log" | "holder">,
): Promise<{ face: PushFace; stop(): Promise<void> }> {
  const { sql } = own;
  const key = await loadVapidKey(createIdentityStore(sql, keyring), makePushKey);
  const services = createPushServices(config.pushServices, lookupAll);
  const sender: PusherCtx = {
    ...own,
    key,
    services,
    contact:
      config.pushContact || (/^https:/.test(config.publicUrl) && config.publicUrl) || "mailto:aftercare@localhost",
    showsText: config.pushShowsText,
    afterMs: config.pushAfterMs,
    post: postPush,
    fresh: freshPush,
  };
  return {
    face: {
      publicKey: key.publicKey,
      services,
      subscribe: (device, account, subscription) => saveSubscription(sql, device, account, subscription),
      unsubscribe: (device) => dropSubscription(sql, device),
    },
    stop: config.roles.includes("worker") ? startPusher(sender) : () => Promise.resolve(),
  };
}

type IdentityParts = {
  sql: Sql;
  bus: Bus;
  log: Logger;
  config: Config;
  keyring: Keyring;
  /** Where browsers reach us; filled when the server listens. */
  place: { origin: string };
};

/** Who people are, and how staff come in. */
async function openIdentity({ sql, bus, log, config, keyring, place }: IdentityParts) {
  const store = createIdentityStore(sql, keyring);
  const shared = { clock: systemClock, secrets: systemSecrets, log };
  const identity = await createIdentity({ ...shared, store, customersPerMinute: config.customersPerMinute });
  const door = await createDoor({
    ...shared,
    ...roleRules(sql),
    sql,
    identity: store,
    passwords: systemPasswords,
    settings: config,
    origin: () => new URL(place.origin).origin,
    ended: identity.ended,
  });
  const { ended } = identity;
  const identityKeys = createIdentityKeys({ ...shared, sql, keyring, ended });
  const { failoverEpoch } = config;
  const customers = createCustomers({ ...shared, sql, bus, keys: identityKeys, failoverEpoch, ended });
  return { identity, door, identityKeys, customers };
}

const openAdmin = (own: NamesCtx, node: ServerNode, identity: Identity) =>
  createAdmin({
    ...own,
    secrets: systemSecrets,
    newId: (prefix) => makeId(prefix, systemClock.now(), systemSecrets.random(10)),
    told(accounts, credentials) {
      node.rightsChanged(accounts);
      identity.ended([...credentials]);
    },
    tellName: (account) => void tellName(own, account),
  });

/** The work of a node with the role worker, until the returned function is called. */
function startDuties(
  config: Config,
  ctx: Ctx,
  names: NamesCtx,
  holder: string,
  isOver: () => boolean,
): () => Promise<void> {
  if (!config.roles.includes("worker")) return () => Promise.resolve();
  const filled = fillLists(ctx, isOver);
  const stop = startWorker({ ...names, holder }, [...duties, nameDuty(names)]);
  return async () => {
    await Promise.all([stop(), filled]);
  };
}

/** Conversations taken in one transaction: their streams are locked for so long. */
const fillRows = 100;

/** Makes the list rows of conversations from before there were lists. Nothing else has to wait for it. */
async function fillLists({ lists, log }: Pick<Ctx, "lists" | "log">, isOver: () => boolean): Promise<void> {
  try {
    while (!isOver() && (await lists?.rebuild(fillRows)));
  } catch (error) {
    log.warn({ error: String(error) }, "lists not filled; the next start goes on");
  }
}

/** What keeps this node from taking traffic, looked up at most once a second. */
function createTroubles(sql: Sql, isDraining: () => boolean): () => Promise<string[]> {
  let last: { at: number; found: Promise<string[]> } | undefined;
  async function look(): Promise<string[]> {
    try {
      const { at, head } = await Promise.race([schemaStateOf(sql), late()]);
      return at === head ? [] : ["schema"];
    } catch {
      return ["database"];
    }
  }
  return async () => {
    const now = systemClock.elapsed();
    if (!last || now - last.at > readyCacheMs) last = { at: now, found: look() };
    const found = await last.found;
    return isDraining() ? ["draining", ...found] : found;
  };
}

const late = (): Promise<never> =>
  new Promise((_, reject) => systemClock.setTimer(() => reject(new Error("late")), readyTimeoutMs));
