import { afterAll, beforeAll, expect, setDefaultTimeout, test } from "bun:test";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import postgres from "postgres";
import { connectionOf } from "../../server/src/embedded/url.ts";
import { connect, type Frame, type TestLink, type Transport, transports } from "./links.ts";
import { ask, type Credential, conversation, message, staff, startTestServer, type TestServer } from "./server.ts";

setDefaultTimeout(60_000);

let server: TestServer;
beforeAll(async () => {
  server = await startTestServer({ "heartbeat-ms": 300 });
});
afterAll(() => server.stop());

const cli = fileURLToPath(new URL("../../server/src/cli.ts", import.meta.url));

/** The command as an operator gives it, beside the running server. */
async function newEpoch(): Promise<{ from: number; to: number }> {
  const env = { PATH: process.env.PATH ?? "", DATABASE_URL: server.databaseUrl };
  const child = spawn(process.execPath, [cli, "new-epoch"], { env });
  let said = "";
  const hear = (chunk: Buffer) => {
    said += chunk;
  };
  for (const stream of [child.stdout, child.stderr]) stream.on("data", hear);
  const [code] = await once(child, "exit");
  const [, from, to] = /^The epoch went from (\d+) to (\d+): /.exec(said) ?? [];
  if (code !== 0 || to === undefined) throw new Error(`new-epoch ended with ${code}: ${said}`);
  return { from: Number(from), to: Number(to) };
}

/** What bringing back a backup does that was made before the last message. */
async function loseLast(stream: string): Promise<void> {
  const connection = connectionOf(server.databaseUrl);
  const sql = postgres(connection.url, { ...connection, max: 1 });
  await sql.begin(async (tx) => {
    await tx`delete from event where stream = ${stream} and seq = (select last_seq from stream where id = ${stream})`;
    await tx`update stream set last_seq = last_seq - 1 where id = ${stream}`;
  });
  await sql.end();
}

async function say(url: string, who: Credential, stream: string, text: string): Promise<number> {
  const { status, body } = await ask(url, "/v1/commands", { token: who.token, body: message(stream, text) });
  expect(status).toBe(200);
  return body.seq;
}

type Cursor = { stream: string; epoch?: number; seq?: number };

async function live(transport: Transport, url: string, who: Credential, cursor: Cursor): Promise<TestLink> {
  const link = await connect(transport, url, who.token, { cursors: [cursor] });
  await link.until((frame) => frame.t === "live" && frame.stream === cursor.stream);
  return link;
}

const eventsOf = (frame: Frame) => (frame.t === "event" ? [frame.event] : frame.t === "events" ? frame.events : []);
const textsIn = (link: TestLink, stream: string): string[] =>
  link.frames
    .flatMap((frame) => (frame.t === "reset" ? (frame.snapshot.items ?? []) : eventsOf(frame)))
    .filter((event) => event.stream === stream && event.type === "message.sent")
    .flatMap((event) => event.body.parts[0].text ?? []);
const hears = (text: string) => (frame: Frame) =>
  eventsOf(frame).some((event: { body?: { parts?: { text: string }[] } }) => event.body?.parts?.[0]?.text === text);

test("L7 new-epoch beside a running server: every link ends, and who resumes forgets what the backup lacks", async () => {
  const { who, stream } = await conversation(server.url);
  const agent = await staff(server);
  await say(server.url, agent, stream, "kept");
  const links = await Promise.all(transports.map((one) => live(one, server.url, who, { stream })));
  const seq = await say(server.url, agent, stream, "lost");
  const cursors: Cursor[] = [];
  for (const link of links) {
    const { epoch } = await link.until(hears("lost"));
    cursors.push({ stream, epoch, seq });
  }
  await loseLast(stream);
  const { from, to } = await newEpoch();
  expect(to).toBeGreaterThan(from);
  await Promise.all(links.map((link) => link.ended));
  const again = await Promise.all(
    transports.map((one, index) => live(one, server.url, who, cursors[index] ?? { stream })),
  );
  // It takes the seq of what is gone.
  expect(await say(server.url, agent, stream, "after")).toBe(seq);
  for (const link of again) {
    const reset = link.frames.find((frame) => frame.t === "reset" && frame.snapshot.stream === stream);
    const told = await link.until(hears("after"));
    expect([reset !== undefined, told.epoch]).toEqual([true, to]);
    expect(textsIn(link, stream)).toEqual(["kept", "after"]);
    await link.close();
  }
});

test("L7 a node that writes before it has looked does not write into the old epoch, and its links end", async () => {
  // It looks at the database when it writes, and not for 18 s else.
  const slow = await server.another({ "heartbeat-ms": 18_000 });
  const { who, stream } = await conversation(slow.url);
  const link = await live("socket", slow.url, who, { stream });
  await say(slow.url, who, stream, "kept");
  await link.until(hears("kept"));
  const { to } = await newEpoch();
  const body = message(stream, "after");
  const send = async () => (await ask(slow.url, "/v1/commands", { token: who.token, body })).status;
  for (let tries = 0; (await send()) !== 200 && tries < 50; tries++) await Bun.sleep(100);
  await link.ended;
  // Never shown under the epoch that is over.
  expect(link.frames.some(hears("after"))).toBe(false);
  const again = await live("socket", slow.url, who, { stream });
  const { epoch } = await again.until((frame) => frame.t === "live" && frame.stream === stream);
  expect([epoch, textsIn(again, stream)]).toEqual([to, ["kept", "after"]]);
  await again.close();
  await slow.stop();
});
