import { expect } from "bun:test";
import { connect, type TestLink } from "../api/links.ts";
import { conversation, message, staff } from "../api/server.ts";
import type { ServerProcess } from "./server.ts";

/** Two good people in one conversation, whose talk goes on whatever others do. */
export type Witness = {
  readonly stream: string;
  /** Each says something that the other hears; the process lives and has complained of nothing. */
  talk(after: string): Promise<void>;
  close(): Promise<void>;
};

const beatMs = 10_000;

export async function createWitness(server: ServerProcess): Promise<Witness> {
  const { who, stream } = await conversation(server.url);
  const agent = await staff(server);
  const hello = { cursors: [{ stream }] };
  const links = await Promise.all([who, agent].map(({ token }) => connect("socket", server.url, token, hello)));
  const [customer, other] = links as [TestLink, TestLink];
  for (const link of links) await link.until((frame) => frame.t === "live" && frame.stream === stream);

  // As good people do: whoever is silent is taken for gone.
  const beating = setInterval(() => void Promise.all(links.map((link) => link.send({ t: "beat" }))), beatMs);

  async function say(from: TestLink, to: TestLink, text: string): Promise<void> {
    const sent = message(stream, text);
    await from.send({ t: "command", command: sent });
    const { ack } = await from.until((frame) => frame.t === "ack" && frame.ack.id === sent.id);
    const { event } = await to.until((frame) => frame.t === "event" && frame.event.commandId === sent.id);
    expect([event.seq, event.body.parts[0].text]).toEqual([ack.seq, text]);
    for (const link of links) (link.frames as unknown[]).length = 0;
  }

  return {
    stream,
    async talk(after) {
      expect([after, server.isAlive()]).toEqual([after, true]);
      await say(customer, other, `問 ${encodeURIComponent(after.toWellFormed())}`.slice(0, 100));
      await say(other, customer, "答");
      expect([after, server.complaints()]).toEqual([after, []]);
    },
    async close() {
      clearInterval(beating);
      await Promise.all(links.map((link) => link.close()));
    },
  };
}
