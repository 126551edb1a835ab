import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import {
  inboxOf,
  notesOf,
  type ReadType,
  type Refusal,
  readSchema,
  readSchemas,
  refusalCodes,
  safeParse,
} from "@aftercare/protocol";
import { connect, type TestLink, transports } from "../api/links.ts";
import { ask, type Credential, conversation, customer, staff } from "../api/server.ts";
import { anId, badInputs, seeded, validValue } from "../law/generate.ts";
import { nodeOf } from "../law/schema.ts";
import { headsOf, type ServerProcess, startProcess } from "./server.ts";
import { createWitness, type Witness } from "./witness.ts";

const seed = 20_261_123;

// A runner that gives a test up kills the servers of all the others.
setDefaultTimeout(60_000);

let server: ServerProcess;
let witness: Witness;
beforeAll(async () => {
  server = await startProcess();
  witness = await createWitness(server);
});
afterAll(async () => {
  await witness.close();
  await server.stop();
});

const types = Object.keys(readSchemas) as ReadType[];
type Outcome = { answer?: unknown; refusal?: Refusal };
let asked = 0;

async function outcomeOf(link: TestLink, read: unknown): Promise<Outcome> {
  const n = ++asked;
  await link.send({ t: "read", n, read });
  return (await link.until((frame) => frame.t === "answer" && frame.n === n)) as Outcome;
}

/** Bad reads of a type that a frame may carry: what is no object, or too large or deep for it, ends the session instead. */
function* badReads(type: ReadType): Generator<{ why: string; read: unknown }> {
  for (const { why, path, value } of badInputs(readSchemas[type], seed)) {
    const text = JSON.stringify(value);
    if (text === undefined || !text.startsWith("{") || text.length > 20_000 || /\[{10}|"__proto__"/.test(text))
      continue;
    const read: unknown = JSON.parse(text);
    if (!safeParse(readSchema, read).success) yield { why: `${type} ${why} at ${path}`, read };
  }
}

describe("every wrong form of every read is refused alike by every transport, and the session goes on", () => {
  for (const type of types)
    test(type, async () => {
      const { token } = await staff(server);
      const links = await Promise.all(transports.map((transport) => connect(transport, server.url, token)));
      const before = await headsOf(server);
      let tried = 0;
      for (const { why, read } of badReads(type)) {
        const outcomes = await Promise.all(links.map((link) => outcomeOf(link, read)));
        const codes = outcomes.map(({ refusal }) => refusal?.code);
        expect([why, ...codes]).toEqual([why, ...transports.map(() => codes[0])]);
        expect([why, ["invalid", "too-large"].includes(codes[0] ?? "")]).toEqual([why, true]);
        tried++;
      }
      expect(tried).toBeGreaterThan(5);
      expect(await headsOf(server)).toEqual(before);
      for (const link of links) await link.close();
      await witness.talk(type);
    });
});

describe("reads of good form tell nothing that is not one's own", () => {
  test(`ids of others in every place (seed ${seed})`, async () => {
    const rng = seeded(seed);
    const { stream: theirs, who } = await conversation(server.url);
    const foreign = [theirs, notesOf(theirs), inboxOf(who.account), witness.stream, anId("c_", rng), anId("n_", rng)];
    const people: Credential[] = [await customer(server.url), (await conversation(server.url)).who];
    for (const { token } of people) {
      const link = await connect("socket", server.url, token);
      for (const stream of foreign)
        for (const type of types)
          for (let round = 0; round < 3; round++) {
            const read = {
              ...(validValue(nodeOf(readSchemas[type]), rng) as object),
              ...("stream" in readSchemas[type].entries && { stream }),
            };
            const { refusal } = await outcomeOf(link, read);
            expect([read, Object.keys(refusalCodes)]).toEqual([read, expect.arrayContaining([refusal?.code ?? ""])]);
            expect([read, refusal?.code === "busy"]).toEqual([read, false]);
          }
      await link.close();
    }
    await witness.talk("reads");
  });

  test("the inspector's paths refuse wrong values", async () => {
    const { token } = await staff(server);
    const { stream } = await conversation(server.url);
    for (const query of [
      "",
      "?seq=",
      "?seq=0",
      "?seq=-1",
      "?seq=1.5",
      "?seq=x",
      "?seq=99999999999999999",
      "?seq=1&x=1",
    ]) {
      const { status, body } = await ask(server.url, `/v1/streams/${stream}/trace${query}`, { token });
      expect([query, status, body.refusal?.code]).toEqual([query, 400, "invalid"]);
    }
    for (const bad of ["c_x", "..", "%00", "d_".padEnd(30, "x")])
      expect((await ask(server.url, `/v1/streams/${bad}/trace?seq=1`, { token })).status).toBeGreaterThanOrEqual(400);
    await witness.talk("paths");
  });
});
