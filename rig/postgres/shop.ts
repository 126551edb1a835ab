import { decide } from "@aftercare/core";
import type { Credential, StreamId } from "@aftercare/protocol";
import {
  type Client,
  createClient,
  Lists,
  loneTab,
  MemoryStore,
  steadyWake,
  systemClock,
  systemRandom,
  WebSocketTransport,
} from "@aftercare/sdk";
import { readConfig, thisMachine } from "../../server/src/config.ts";
import { startServer } from "../../server/src/main.ts";
import { textsOf } from "../fakes/device.ts";

export type RunningNode = { readonly url: string; stop(): Promise<void> };

/** A node as an operator runs it, but quick to notice. */
export function startNode(url: string, flags: Readonly<Record<string, string | number>> = {}): Promise<RunningNode> {
  const all = {
    "database-url": url,
    port: 0,
    "log-level": "silent",
    "drain-ms": 200,
    "heartbeat-ms": 500,
    "customers-per-minute": 100_000,
    "rate-address-per-second": 100_000,
    "rate-address-burst": 100_000,
    "rate-account-per-second": 10_000,
    "rate-account-burst": 10_000,
    ...flags,
  };
  const words = Object.entries(all).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const { config, problems } = readConfig({}, words, thisMachine());
  if (!config) throw new Error(problems.join("\n"));
  return startServer(config, { url });
}

/** One device of one person, with the real SDK over a real socket. */
export async function startDevice(base: string, credential: Credential): Promise<Client> {
  const auth = { credential: async () => credential };
  const client = createClient({
    transports: [new WebSocketTransport({ base, auth })],
    auth,
    store: new MemoryStore(),
    tabs: loneTab(),
    wake: steadyWake,
    clock: systemClock,
    random: systemRandom,
    law: decide,
    lists: Lists,
  });
  await client.start();
  return client;
}

/** What a device shows of a conversation; what waits is marked. */
export const shownBy = (client: Client, stream: StreamId): string[] =>
  textsOf(client.stream(stream)).filter((text) => text !== "");

export const say = (client: Client, stream: StreamId, text: string) =>
  client.send("message.send", stream, { parts: [{ type: "text", text }] });
