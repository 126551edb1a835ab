import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { connect } from "@nats-io/transport-node";
import { busContract, hearing, meet, until, watching } from "../../rig/contract/bus.ts";
import { type NatsOptions, type NatsServer, startNats, startNatsCluster } from "../../rig/nats.ts";
import type { Bell, Bus } from "./bus.ts";
import { createNatsBus } from "./bus-nats.ts";
import { readConfig } from "./config.ts";
import { systemClock } from "./platform.ts";

const silent = { info: () => undefined, warn: () => undefined, error: () => undefined };
const machine = { isRoot: false, projectRoot: "/" };
const stream = "c_-_0A00000000000000000z";
const slowMs = 60_000;

function busOf(servers: readonly Pick<NatsServer, "url">[], env: Record<string, string> = {}): Bus {
  const given = { AFTERCARE_NATS_SERVERS: servers.map(({ url }) => url).join(","), ...env };
  const { config, problems } = readConfig(given, [], machine);
  if (!config) throw new Error(problems.join("\n"));
  return createNatsBus(config, { clock: systemClock, log: silent });
}

/** Two nodes of a deployment that have found each other. */
async function pair(servers: readonly NatsServer[], env: Record<string, string> = {}): Promise<[Bus, Bus]> {
  const nodes: [Bus, Bus] = [busOf(servers, env), busOf([...servers].reverse(), env)];
  await meet(nodes);
  return nodes;
}

const closeAll = (nodes: readonly Bus[]) => Promise.all(nodes.map((node) => node.close()));

/** Everything a bus must do, on a server with these options. */
function contractWith(name: string, options: () => NatsOptions, env: () => Record<string, string>): void {
  describe(name, () => {
    let server: NatsServer;
    beforeAll(async () => {
      server = await startNats(options());
    }, slowMs);
    afterAll(() => server.stop());
    busContract(name, async () => {
      const nodes = await pair([server], env());
      return { nodes, close: async () => void (await closeAll(nodes)) };
    });
  });
}

contractWith(
  "NATS",
  () => ({}),
  () => ({}),
);
contractWith(
  "NATS with a password",
  () => ({ user: "aftercare", password: "p4ss" }),
  () => ({ AFTERCARE_NATS_USER: "aftercare", AFTERCARE_NATS_PASSWORD: "p4ss" }),
);
contractWith(
  "NATS with a token",
  () => ({ token: "t0ken" }),
  () => ({ AFTERCARE_NATS_TOKEN: "t0ken" }),
);

const certificates = mkdtempSync(join(tmpdir(), "aftercare-nats-"));
const pem = (name: string): string => join(certificates, name);
afterAll(() => rmSync(certificates, { recursive: true, force: true }));

/** A CA of our own, and a certificate for the server and for the nodes. */
function makeCertificates(): void {
  const openssl = (...words: string[]) => execFileSync("openssl", words, { cwd: certificates, stdio: "ignore" });
  const key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
  openssl("req", "-x509", ...key, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=test CA", "-days", "2");
  writeFileSync(pem("names"), "subjectAltName=DNS:localhost,IP:127.0.0.1\n");
  for (const name of ["server", "node"]) {
    openssl("req", ...key, "-keyout", `${name}.key`, "-out", `${name}.csr`, "-subj", `/CN=${name}`);
    const signed = ["-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-extfile", "names", "-days", "2"];
    openssl("x509", "-req", "-in", `${name}.csr`, "-out", `${name}.pem`, ...signed);
  }
}

makeCertificates();
const tls = { cert: pem("server.pem"), key: pem("server.key"), ca: pem("ca.pem") };
contractWith(
  "NATS over TLS with a CA of our own",
  () => ({ tls }),
  () => ({ AFTERCARE_NATS_TLS_CA: pem("ca.pem") }),
);
contractWith(
  "NATS over TLS that asks nodes for a certificate",
  () => ({ tls: { ...tls, verify: true } }),
  () => ({
    AFTERCARE_NATS_TLS_CA: pem("ca.pem"),
    AFTERCARE_NATS_TLS_CERT: pem("node.pem"),
    AFTERCARE_NATS_TLS_KEY: pem("node.key"),
  }),
);

const large = (bytes: number): Bell => {
  const event = { stream, seq: 1, type: "message.sent", by: "system", at: 1 } as const;
  const body = { parts: [{ type: "text" as const, text: "x".repeat(bytes) }] };
  return { kind: "events", stream, epoch: 1, head: 1, events: [{ ...event, body }] };
};

describe("NATS bus", () => {
  let server: NatsServer;
  beforeAll(async () => {
    server = await startNats();
  }, slowMs);
  afterAll(() => server.stop());

  test("a node hears only the streams it watches", async () => {
    const nodes = await pair([server]);
    const heard = hearing(nodes[1]);
    await watching(nodes, stream);
    const other = "c_1111111111111111111111";
    const ring = (one: string) => nodes[0].publish({ kind: "events", stream: one, epoch: 1, head: 1, events: [] });
    ring(other);
    ring(stream);
    await until(() => heard.length > 0);
    nodes[1].unwatch(stream);
    // Answers of the server come in order: once another watch works, the end of the first one does too.
    await watching(nodes, other);
    ring(stream);
    ring(other);
    await until(() => heard.length > 1);
    expect(heard.map((one) => one.kind === "events" && one.stream)).toEqual([stream, other]);
    await closeAll(nodes);
  });

  test("a bell that is too large goes without its copy of the events", async () => {
    const nodes = await pair([server]);
    const heard = hearing(nodes[1]);
    await watching(nodes, stream);
    nodes[0].publish(large(400_000));
    nodes[0].publish(large(10));
    await until(() => heard.length === 2);
    expect(heard[0]).toEqual({ kind: "events", stream, epoch: 1, head: 1, events: [] });
    expect(heard[1]).toEqual(large(10));
    await closeAll(nodes);
  });

  test("messages that are no bells are dropped and counted; another deployment is not heard", async () => {
    const nodes = await pair([server]);
    const heard = hearing(nodes[1]);
    await watching(nodes, stream);
    const foreign = await connect({ servers: `127.0.0.1:${server.port}` });
    const before = nodes[1].health.bellsDropped;
    const event = { stream, seq: "1", type: "message.sent", by: "system", at: 1, body: {} };
    const broken = ["", "{}", "null", "[", '["e"]', "[[]]", '["q",1]', JSON.stringify(["e", stream, 1, 1, [event]])];
    for (const text of broken) foreign.publish(`aftercare.s.${stream}`, text);
    foreign.publish("aftercare.all", new Uint8Array([0xff, 0x00, 0xfe]));
    foreign.publish("another.all", '["x",["credential"]]');
    foreign.publish("aftercare.all", '["x",["mine"]]');
    await until(() => heard.length > 0);
    expect(heard).toEqual([{ kind: "revoked", credentials: ["mine"] }]);
    expect(nodes[1].health.bellsDropped - before).toBe(broken.length + 1);
    await foreign.close();
    await closeAll(nodes);
  });

  test("a listener that fails ends neither the others nor the bus", async () => {
    const nodes = await pair([server]);
    nodes[1].subscribe(() => {
      throw new Error("bug");
    });
    const heard = hearing(nodes[1]);
    nodes[0].publish({ kind: "revoked", credentials: ["a"] });
    nodes[0].publish({ kind: "revoked", credentials: ["b"] });
    await until(() => heard.length === 2);
    await closeAll(nodes);
  });
});

test(
  "NATS that is not there at the start is found later, and found again after it went",
  async () => {
    const first = await startNats();
    await first.kill();
    const nodes: [Bus, Bus] = [busOf([first]), busOf([first])];
    const links: boolean[] = [];
    nodes[1].onLink((connected) => links.push(connected));
    const heard = hearing(nodes[1]);
    nodes[1].watch(stream);
    const typing: Bell = { kind: "signal", signal: { type: "typing", stream, by: "a_1", on: true } };
    nodes[0].publish(typing);
    expect(nodes[0].health).toMatchObject({ connected: false, bellsDropped: 1, bellsOut: 0 });
    const second = await startNats({ port: first.port });
    await meet(nodes);
    await watching(nodes, stream);
    await second.kill();
    await until(() => nodes.every(({ health }) => !health.connected));
    const third = await startNats({ port: first.port });
    await meet(nodes);
    await meet(nodes, stream);
    nodes[0].publish(typing);
    await until(() => heard.length > 0);
    expect(heard).toEqual([typing]);
    expect(links).toEqual([true, false, true]);
    expect(nodes[1].health.reconnects).toBe(1);
    await closeAll(nodes);
    await third.stop();
  },
  slowMs,
);

test(
  "of a cluster of two servers one may die",
  async () => {
    const cluster = await startNatsCluster(2);
    const nodes = await pair(cluster);
    const heard = hearing(nodes[1]);
    await watching(nodes, stream);
    await cluster[0]?.kill();
    await meet(nodes, stream);
    nodes[0].publish({ kind: "revoked", credentials: ["a"] });
    await until(() => heard.length > 0);
    expect(heard).toEqual([{ kind: "revoked", credentials: ["a"] }]);
    await closeAll(nodes);
    await cluster[1]?.stop();
  },
  slowMs,
);

test(
  "a wrong password leaves a node without NATS, and the node as it is",
  async () => {
    const server = await startNats({ user: "aftercare", password: "right" });
    const bus = busOf([server], { AFTERCARE_NATS_USER: "aftercare", AFTERCARE_NATS_PASSWORD: "wrong" });
    bus.publish({ kind: "revoked", credentials: ["a"] });
    expect(bus.health.connected).toBe(false);
    await bus.close();
    await server.stop();
  },
  slowMs,
);
