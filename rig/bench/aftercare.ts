import { randomBytes } from "node:crypto";
import { makeCommandId } from "@aftercare/protocol";
import { createApi } from "../client.ts";
import { freePort, ServerProcess } from "../server-process.ts";
import { AftercareDevice } from "./aftercare-device.ts";
import type { BenchDatabase } from "./database.ts";
import { onTestedCore } from "./machine.ts";
import { insertAftercare, insertHistory } from "./people.ts";
import { beatInTurn, inParallel, type Side } from "./side.ts";
import type { Opener } from "./workload.ts";

/** As shipped, but for the rates, which are set for people. */
const rates = {
  AFTERCARE_DEMO: "false",
  AFTERCARE_LOG_LEVEL: "error",
  AFTERCARE_RATE_ACCOUNT_PER_SECOND: "100000",
  AFTERCARE_RATE_ACCOUNT_BURST: "1000000",
  AFTERCARE_RATE_ADDRESS_PER_SECOND: "1000000",
  AFTERCARE_RATE_ADDRESS_BURST: "10000000",
};
const connectAtOnce = 50;

export type AftercareOptions = {
  readonly runtime?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Whether devices say how far they were reached, as those of the SDK do. */
  readonly receipts?: boolean;
  /** Messages in every conversation from the start. */
  readonly storedItems?: number;
};

export type AftercareSide = Side & Required<Pick<Side, "type" | "cut" | "resume" | "history" | "catchUp" | "url">>;

export const aftercare = (options: AftercareOptions = {}): Opener => ({
  name: "aftercare",
  open: async (database) => openAftercare(await database(), options),
});

export async function openAftercare(database: BenchDatabase, options: AftercareOptions = {}): Promise<AftercareSide> {
  const { runtime = [], env = {}, receipts = false, storedItems = 0 } = options;
  const server = new ServerProcess({
    port: await freePort(),
    env: { ...rates, ...env, DATABASE_URL: database.url },
    before: onTestedCore,
    runtime,
  });
  await server.start();
  const api = createApi(server.url);
  let devices: AftercareDevice[] = [];
  let beats: ReturnType<typeof setInterval> | undefined;
  const one = (device: number): AftercareDevice => {
    const found = devices[device];
    if (!found) throw new Error(`there is no device ${device}`);
    return found;
  };

  return {
    name: "aftercare",
    durability: "D2",
    pid: server.pid,
    url: server.url,
    usesDatabase: true,
    delivers: true,
    async prepare(people) {
      await insertAftercare(database.sql, people);
      if (storedItems > 0) await insertHistory(database.sql, people, storedItems);
    },
    async connect(people, hear) {
      devices = people.seats.map((seat, index) => new AftercareDevice(api, seat, index, hear, receipts));
      // From the first on: connecting them all may take longer than the server waits for a sign of life.
      beats = beatInTurn(devices, (device) => device.beat());
      await inParallel(devices, connectAtOnce, (device) => device.open());
    },
    send(device, message, text) {
      one(device).command(idOf(message), { parts: [{ type: "text", text }] });
    },
    type: (device, on) => one(device).type(on),
    cut: (device) => one(device).cut(),
    resume: (device) => one(device).open(),
    history: (device, items) => one(device).history(items),
    catchUp: (device, events) => one(device).catchUp(events),
    disconnect() {
      clearInterval(beats);
      for (const device of devices) device.close();
      devices = [];
    },
    async stored() {
      const [row] = await database.sql<{ rows: number; distinct: number }[]>`
        select count(*)::integer as rows, count(distinct command_id)::integer as distinct
        from event where type = 'message.sent' and command_id is not null`;
      return row ?? { rows: 0, distinct: 0 };
    },
    async close() {
      await server.signal("SIGTERM");
    },
  };
}

/** A UUIDv7 whose last twelve digits are the message's number. */
const idOf = (message: number): string =>
  makeCommandId(Date.now(), randomBytes(10)).slice(0, 24) + message.toString(16).padStart(12, "0");
