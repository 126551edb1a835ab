import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { notesOf, type Trace } from "@aftercare/protocol";
import { connect, type TestLink, transports } from "./links.ts";
import { ask, conversation, message, staff, startTestServer, type TestServer } from "./server.ts";

setDefaultTimeout(60_000);

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer();
});
afterAll(() => server.stop());

const cli = fileURLToPath(new URL("../../server/src/cli.ts", import.meta.url));

function aftercare(...words: string[]): { status: number | null; stdout: string; stderr: string } {
  const env = { PATH: process.env.PATH ?? "", DATABASE_URL: server.databaseUrl };
  const { status, stdout, stderr } = spawnSync(process.execPath, [cli, "trace", ...words], { env, encoding: "utf8" });
  return { status, stdout, stderr };
}

const isEvent = (stream: string, seq: number) => (frame: { t: string; event?: { stream: string; seq: number } }) =>
  frame.t === "event" && frame.event?.stream === stream && frame.event.seq === seq;

test("every transport's device is told with its times, by HTTP, by a link and by the command line", async () => {
  const { who, stream } = await conversation(server.url);
  const mei = await staff(server);
  const kit = await staff(server, "kit");
  const links: TestLink[] = [];
  for (const transport of transports) {
    const device = await staff(server, "kit");
    const link = await connect(transport, server.url, device.token, { cursors: [{ stream }] });
    await link.until((frame) => frame.t === "live" && frame.stream === stream);
    links.push(link);
  }
  const { body: ack } = await ask(server.url, "/v1/commands", { token: who.token, body: message(stream, "你好") });
  for (const link of links) {
    await link.until(isEvent(stream, ack.seq) as never);
    await link.send({ t: "receipt", stream, deliveredSeq: ack.seq, readSeq: ack.seq });
  }
  const path = `/v1/streams/${stream}/trace?seq=${ack.seq}`;
  let trace: Trace | undefined;
  const complete = () => trace?.people.flatMap(({ devices }) => devices).filter(({ readAt }) => readAt !== undefined);
  for (let tries = 0; tries < 100 && complete()?.length !== transports.length; tries++) {
    trace = (await ask(server.url, path, { token: mei.token })).body as Trace;
    await Bun.sleep(20);
  }
  expect(trace).toMatchObject({ stream, seq: ack.seq, by: who.account, times: "kept" });
  const { acceptedAt = 0, storedAt = 0 } = trace ?? {};
  expect(acceptedAt).toBeGreaterThan(0);
  expect(storedAt).toBeGreaterThanOrEqual(acceptedAt);
  const devices = trace?.people.find(({ account }) => account === kit.account)?.devices ?? [];
  expect(devices.map(({ transport }) => transport).sort()).toEqual(["poll", "sse", "websocket"]);
  expect(new Set(devices.map(({ device }) => device)).size).toBe(3);
  for (const { sentAt = 0, deliveredAt = 0, readAt = 0, firstSeenAt = 0 } of devices)
    expect([firstSeenAt <= sentAt, acceptedAt <= sentAt, sentAt <= deliveredAt, deliveredAt <= readAt]).toEqual([
      true,
      true,
      true,
      true,
    ]);

  const json = aftercare(stream, String(ack.seq), "--json");
  expect([json.status, json.stderr]).toEqual([0, ""]);
  expect(JSON.parse(json.stdout)).toEqual(trace);
  const table = aftercare(stream, String(ack.seq)).stdout;
  for (const { device, transport } of devices) expect(table).toMatch(new RegExp(`${device} +${transport} +\\+\\d`));
  for (const link of links) await link.close();
});

test("who may not is refused alike over HTTP and over every transport", async () => {
  const { who, stream } = await conversation(server.url);
  const [mei, kit] = [await staff(server), await staff(server, "kit")];
  const stranger = await conversation(server.url);
  const notes = notesOf(stream);
  const { body: ack } = await ask(server.url, "/v1/commands", { token: mei.token, body: message(notes, "note") });
  for (const [name, token, one, seq, code] of [
    ["a customer", who.token, stream, 1, "forbidden"],
    ["a customer, of the notes", who.token, notes, ack.seq, "not-a-member"],
    ["a stranger", stranger.who.token, stream, 1, "not-a-member"],
    ["an agent", kit.token, stream, 1, "forbidden"],
    ["a supervisor, of no such event", mei.token, stream, 999, "not-found"],
    ["a supervisor", mei.token, notes, ack.seq, undefined],
  ] as const) {
    const path = `/v1/streams/${one}/trace?seq=${seq}`;
    const { body } = await ask(server.url, path, { token });
    expect([name, body.refusal?.code]).toEqual([name, code]);
    const alarms = await ask(server.url, "/v1/alarms", { token });
    expect([name, alarms.body.refusal?.code]).toEqual([name, token === mei.token ? undefined : "forbidden"]);
    for (const transport of transports) {
      const link = await connect(transport, server.url, token);
      await link.send({ t: "read", n: 5, read: { type: "trace", stream: one, seq } });
      const answer = (await link.until((frame) => frame.t === "answer")) as { refusal?: { code: string } };
      expect([name, transport, answer.refusal?.code]).toEqual([name, transport, code as string]);
      await link.close();
    }
  }
  expect((await ask(server.url, "/v1/me", { token: mei.token })).body.may).toContain("delivery.inspect");
  expect((await ask(server.url, "/v1/me", { token: kit.token })).body.may).not.toContain("delivery.inspect");
});

test("the command line says what it needs, and what is not there", () => {
  expect(aftercare("nonsense", "1")).toMatchObject({ status: 2, stdout: "" });
  expect(aftercare(`c_${"-".repeat(22)}`)).toMatchObject({ status: 2 });
  const { status, stderr } = aftercare(`c_${"-".repeat(22)}`, "1");
  expect([status, stderr]).toEqual([1, `aftercare: there is no event 1 in c_${"-".repeat(22)}.\n`]);
});
