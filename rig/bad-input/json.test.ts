import { afterAll, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { inboxOf, limits, notesOf } from "@aftercare/protocol";
import { connect, type Frame, openSocket, type TestLink, type Transport, transports } from "../api/links.ts";
import { ask, type Credential, commandId, conversation, customer, message } from "../api/server.ts";
import { openSender, ways } from "./outcome.ts";
import { headsOf, type ServerProcess, startProcess } from "./server.ts";
import { createWitness, type Witness } from "./witness.ts";

// A runner that gives a test up kills the servers of all the others.
setDefaultTimeout(60_000);

let server: ServerProcess;
let witness: Witness;
let mine: Credential;
let stream: string;
let theirs: { who: Credential; stream: string };
beforeAll(async () => {
  server = await startProcess();
  witness = await createWitness(server);
  ({ who: mine, stream } = await conversation(server.url));
  theirs = await conversation(server.url);
});
afterAll(async () => {
  await witness.close();
  await server.stop();
});

const nested = (depth: number, open = "[", close = "]"): string => open.repeat(depth) + close.repeat(depth);
const sending = (part: string, more = ""): string =>
  `{"id":"${commandId()}","type":"message.send","stream":"${stream}","body":{"parts":[${part}]${more}}}`;
const saying = (text: string): string => sending(`{"type":"text","text":${text}}`);
const marks = "\u0301".repeat(30_000);

type Case = [name: string, text: string];
const refused = (): Case[] => [...refusedForms(), ...refusedTexts()];

/** Forms that must be refused by every way. */
const refusedForms = (): Case[] => [
  ["nothing", ""],
  ["white space", " \n\t"],
  ["no JSON", "nonsense"],
  ["half of it", saying('"x"').slice(0, -3)],
  ["two of it", `${saying('"x"')}${saying('"x"')}`],
  ["a comma too many", `{"id":"${commandId()}",}`],
  ["single quotes", "{'id':1}"],
  ["a comment", "{/**/}"],
  ["NaN", saying("NaN")],
  ["undefined", saying("undefined")],
  ["a byte order mark first", `\ufeff${saying('"x"')}`],
  ["a raw line end in a string", saying('"a\nb"')],
  ["a raw NUL", saying('"a\u0000b"')],
  ["a bad escape", saying('"\\x41"')],
  ["half an escape", saying('"\\u12"')],
  ...["null", "true", "1", '"x"', "[]", "[{}]", "{}"].map((text): Case => [`${text} alone`, text]),
  ["depth in a field", saying(nested(limits.frameDepth))],
  ["depth of 100 arrays", nested(100)],
  ["depth of 5,000 objects", `${'{"a":'.repeat(5_000)}1${"}".repeat(5_000)}`],
  ["30,000 brackets that never close", "[".repeat(30_000)],
  ["depth in an unknown field", sending("", `,"x":${nested(8)}`)],
  ...[
    "1e999",
    "-1e999",
    "1e400",
    "9007199254740993",
    "99999999999999999999999999",
    "1.5",
    "-1",
    "0",
    "1e-5",
    `1${"0".repeat(5_000)}`,
  ].map(
    (number): Case => [
      `the number ${number.slice(0, 30)}`,
      sending('{"type":"text","text":"x"}', `,"replyTo":${number}`),
    ],
  ),
  ["a hexadecimal number", sending('{"type":"text","text":"x"}', ',"replyTo":0x10')],
  ...[
    "__proto__",
    "constructor",
    "prototype",
    "\\u005f_proto__",
    "__defineGetter__",
    "toString",
    "hasOwnProperty",
  ].flatMap((name): Case[] => [
    [`${name} in the command`, saying('"x"').replace("{", `{"${name}":{"kind":"staff"},`)],
    [`${name} in the body`, sending('{"type":"text","text":"x"}', `,"${name}":{"replyTo":1}`)],
    [`${name} in a part`, sending(`{"type":"text","text":"x","${name}":{"mentions":[]}}`)],
    [`${name} as the type`, saying('"x"').replace('"message.send"', `"${name}"`)],
    [`${name} as the type of a part`, sending(`{"type":"${name}","text":"x"}`)],
  ]),
];

/** Text and sizes that must be refused by every way. */
const refusedTexts = (): Case[] => [
  ["a prototype that fills in", `{"__proto__":${saying('"x"')}}`],
  ["two ids, the later one wrong", saying('"x"').replace(/}$/, ',"id":"x"}')],
  ["two bodies, the later one wrong", saying('"x"').replace(/}$/, ',"body":[]}')],
  ["two texts, the later one wrong", sending('{"type":"text","text":"x","text":1}')],
  ["an escaped lone surrogate", saying('"\\ud83d"')],
  ["escaped surrogates the wrong way round", saying('"\\udc4d\\ud83d"')],
  ["escaped NUL", saying('"a\\u0000b"')],
  ["a terminal's escape", saying('"\\u001b[2J"')],
  ["a bidi override", saying('"\u202egpj.exe"')],
  ["an escaped bidi override", saying('"\\u202egpj.exe"')],
  ["30,000 combining marks", saying(`"a${marks}"`)],
  ["30,000 combining marks in an id", saying('"x"').replace(stream, `c_${marks}`)],
  ["30,000 combining marks as a field's name", `{"${marks}":1}`],
  ["an id of 60,000 letters", saying('"x"').replace(/"id":"[^"]+/, `"id":"${"a".repeat(60_000)}`)],
  ["a type of 60,000 letters", saying('"x"').replace("message.send", "m".repeat(60_000))],
  ["a stream of 60,000 letters", saying('"x"').replace(stream, "c".repeat(60_000))],
  ["a field's name of 60,000 letters", `{"${"a".repeat(60_000)}":1}`],
  ["5,000 unknown fields", `{${Array.from({ length: 5_000 }, (_, n) => `"f${n}":1`).join()}}`],
  ["10,000 parts", sending(Array.from({ length: 5_000 }, () => "{}").join())],
  ["a frame over its bound", saying(`"${"x".repeat(limits.frameBytes)}"`)],
  ["a frame over its bound in bytes alone", saying(`"${"長".repeat(limits.frameBytes / 2)}"`)],
  ["numbers as names", '{"0":1,"1":2,"length":2}'],
];

describe("JSON that is no command", () => {
  for (const way of ways)
    test(`is refused, by ${way}`, async () => {
      const before = await headsOf(server);
      const sender = openSender(way, server.url, mine.token);
      const codes: string[] = ["invalid", "too-large", "unknown-command"];
      for (const [name, text] of refused()) {
        const outcome = await sender.command(text);
        // An empty list of frames, or an empty request, is refused too, but there is no command to refuse.
        expect([name, outcome, codes.includes(outcome)]).toEqual([name, outcome, true]);
      }
      await sender.close();
      expect(await headsOf(server)).toEqual(before);
      await witness.talk(way);
    });

  test("the same code is given by every way", async () => {
    const senders = ways.map((way) => openSender(way, server.url, mine.token));
    for (const [name, text] of refused()) {
      const outcomes = await Promise.all(senders.map((sender) => sender.command(text)));
      expect([name, ...outcomes]).toEqual([name, ...ways.map(() => outcomes[0] ?? "")]);
    }
    await Promise.all(senders.map((sender) => sender.close()));
  });

  test("what is odd but JSON is taken: white space, escapes, doubled fields of which the last counts", async () => {
    for (const way of ways) {
      const sender = openSender(way, server.url, mine.token);
      for (const text of [
        ` \n${saying('"x"')}\t`,
        saying('"\\u4f60\\/\\ud83d\\udc4d"'),
        sending('{"type":"text","text":1,"text":"x"}'),
        saying('"{\\"__proto__\\":1}"'),
        sending('{"type":"text","text":"x"}', ',"replyTo":1e0').replace(',"replyTo":1e0', ""),
      ]) {
        const outcome = await sender.command(text);
        expect([way, text, outcome.slice(0, 4)]).toEqual([way, text, "ack "]);
      }
      await sender.close();
    }
    expect(({} as { kind?: string }).kind).toBeUndefined();
  });

  test("bytes that are no text are refused in every body", async () => {
    const { session } = (await ask(server.url, "/v1/session", { token: mine.token, body: hello() })).body;
    const headers = {
      authorization: `Bearer ${mine.token}`,
      "content-type": "application/json",
      "aftercare-session": session,
    };
    const [before, after] = saying('"?"').split("?") as [string, string];
    for (const bytes of [[0xff], [0xed, 0xa0, 0x80], [0xc0, 0xaf], [0xf4, 0x90, 0x80, 0x80], [0xe9, 0x95]])
      for (const path of ["/v1/commands", "/v1/frames", "/v1/receipts", "/v1/signals", "/v1/session"]) {
        const body = Buffer.concat([Buffer.from(before), Buffer.from(bytes), Buffer.from(after)]);
        const response = await fetch(server.url + path, { method: "POST", headers, body });
        expect([path, bytes, response.status]).toEqual([path, bytes, 400]);
      }
    await witness.talk("bytes");
  });
});

const hello = (more: object = {}) => ({ t: "hello", versions: [1], cursors: [], ...more });

/** Frame texts that end the session, or refuse the post that carries them. */
const endingFrames = (): [name: string, text: string, codes: string[]][] => [
  ["a second hello", JSON.stringify(hello()), ["invalid"]],
  ["an unknown type", '{"t":"admin"}', ["invalid"]],
  ["a server's frame", '{"t":"ack","ack":{}}', ["invalid"]],
  ["a prototype's name as the type", '{"t":"__proto__"}', ["invalid"]],
  ["no type", "{}", ["invalid"]],
  ["an unknown field", '{"t":"beat","x":1}', ["invalid"]],
  ["a constructor", '{"t":"beat","constructor":1}', ["invalid"]],
  ["a list", "[]", ["invalid"]],
  ["null", "null", ["invalid"]],
  ["a command that is none", '{"t":"command","command":[]}', ["invalid"]],
  ["a read without a number", '{"t":"read","read":{"type":"people"}}', ["invalid"]],
  ["a read with a huge number", '{"t":"read","n":1e300,"read":{"type":"people"}}', ["invalid"]],
  ["a cursor with a seq below zero", subscribing({ stream, epoch: 1, seq: -1 }), ["invalid"]],
  ["a cursor with a seq beyond all", subscribing({ stream, epoch: 1, seq: 2 ** 53 }), ["invalid"]],
  ["a cursor with an epoch of zero", subscribing({ stream, epoch: 0, seq: 1 }), ["invalid"]],
  ["a cursor of no stream", subscribing({ stream: "x" }), ["invalid"]],
  ["a cursor with half a seq", subscribing({ stream, epoch: 1, seq: 0.5 }), ["invalid"]],
  ["one cursor too many", manyCursors(limits.cursorsPerFrame + 1), ["invalid"]],
  ["a receipt below zero", `{"t":"receipt","stream":"${stream}","readSeq":-1}`, ["invalid"]],
  ["a receipt with a text", `{"t":"receipt","stream":"${stream}","readSeq":"1"}`, ["invalid"]],
  ["a signal of another type", `{"t":"signal","stream":"${stream}","type":"presence","on":true}`, ["invalid"]],
  ["a signal by somebody", `{"t":"signal","stream":"${stream}","type":"typing","on":true,"by":"x"}`, ["invalid"]],
];

function subscribing(...cursors: object[]): string {
  return JSON.stringify({ t: "subscribe", cursors });
}

function manyCursors(count: number): string {
  return subscribing(...Array.from({ length: count }, (_, n) => ({ stream: `c_${String(n).padStart(22, "0")}` })));
}

const greet = async (transport: Transport, cursors: object[] = []): Promise<TestLink> => {
  const link = await connect(transport, server.url, mine.token, { cursors });
  await link.until((frame) => frame.t === "live" && frame.stream === inboxOf(mine.account));
  return link;
};

for (const transport of transports)
  describe(`frames over ${transport}`, () => {
    test("wrong ones are refused with their session or their post", async () => {
      const sender = openSender(transport, server.url, mine.token);
      for (const [name, text, codes] of endingFrames()) {
        const outcome = (await sender.frame?.(text, () => false)) ?? "";
        expect([name, outcome]).toEqual([name, codes.includes(outcome) ? outcome : codes.join()]);
        await witness.talk(name);
      }
      await sender.close();
    });

    test("streams of others, and none at all, are gone; a cursor beyond the head is reset", async () => {
      const link = await greet(transport);
      const foreign = [
        theirs.stream,
        notesOf(theirs.stream),
        notesOf(stream),
        inboxOf(theirs.who.account),
        witness.stream,
        `c_${"-".repeat(22)}`,
        `d_${"-".repeat(22)}`,
      ];
      await link.send({ t: "subscribe", cursors: foreign.map((one) => ({ stream: one, epoch: 1, seq: 1 })) });
      for (const one of foreign) await link.until((frame) => frame.t === "gone" && frame.stream === one);
      for (const [epoch, seq] of [
        [1, Number.MAX_SAFE_INTEGER],
        [Number.MAX_SAFE_INTEGER, 1],
        [2, 0],
        [1, 1_000_000],
      ]) {
        (link.frames as Frame[]).length = 0;
        await link.send({ t: "subscribe", cursors: [{ stream, epoch, seq }] });
        await link.until((frame) => frame.t === "reset" && frame.snapshot.stream === stream);
      }
      const allowed = new Set([stream, inboxOf(mine.account)]);
      const told = link.frames
        .filter((frame) => frame.t !== "gone")
        .map((frame) => frame.stream ?? frame.event?.stream);
      expect(told.filter((one) => one !== undefined && !allowed.has(one))).toEqual([]);
      await link.close();
    });

    test("as many cursors as allowed, of streams that do not exist, disturb nobody", async () => {
      const link = await greet(transport);
      for (let n = 0; n < 5; n++) await link.send(JSON.parse(manyCursors(limits.cursorsPerFrame)));
      await link.until(() => link.frames.length > limits.cursorsPerFrame);
      await link.close();
      await witness.talk("cursors");
    });

    test("the same cursor five hundred times in a frame disturbs nobody", async () => {
      const link = await greet(transport, [{ stream }]);
      const text = subscribing(...Array.from({ length: limits.cursorsPerFrame }, () => ({ stream })));
      for (let n = 0; n < 5; n++) await link.send(JSON.parse(text));
      await witness.talk("the same cursor");
      await link.close();
    });

    test("receipts and signals for streams of others, or backwards, or beyond the head, change nothing they may not", async () => {
      const { who, stream: own } = await conversation(server.url);
      const link = await connect(transport, server.url, who.token, { cursors: [{ stream: own }] });
      await link.until((frame) => frame.t === "live" && frame.stream === own);
      const receiptOf = async (one: string, account: string) =>
        (
          await server.query<{ delivered: string; read: string }>(
            `select delivered_seq as delivered, read_seq as read from member where stream = '${one}' and account = '${account}'`,
          )
        ).map(({ delivered, read }) => [Number(delivered), Number(read)])[0];
      const sent = message(own, "x");
      await link.send({ t: "command", command: sent });
      const { ack } = await link.until((frame) => frame.t === "ack" && frame.ack.id === sent.id);
      const theirsBefore = await receiptOf(theirs.stream, theirs.who.account);
      for (const one of [theirs.stream, notesOf(own), inboxOf(theirs.who.account), `c_${"-".repeat(22)}`]) {
        await link.send({ t: "receipt", stream: one, readSeq: 1_000 });
        await link.send({ t: "signal", stream: one, type: "typing", on: true });
      }
      await link.send({ t: "receipt", stream: own, readSeq: Number.MAX_SAFE_INTEGER });
      await link.until((frame) => frame.t === "receipt" && frame.account === who.account);
      await link.send({ t: "receipt", stream: own, readSeq: 0, deliveredSeq: 0 });
      await link.send({ t: "receipt", stream: own });
      await Bun.sleep(400);
      expect(await receiptOf(own, who.account)).toEqual([ack.seq, ack.seq]);
      expect(await receiptOf(theirs.stream, theirs.who.account)).toEqual(theirsBefore as number[]);
      expect(
        await server.query(`select 1 from member where stream = '${theirs.stream}' and account = '${who.account}'`),
      ).toEqual([]);
      await link.close();
      await witness.talk("receipts");
    });

    test("reads of others are refused, wrong reads are refused, and the session lives on", async () => {
      const link = await greet(transport);
      let n = 0;
      const answers: [read: unknown, codes: string[]][] = [
        ...[theirs.stream, notesOf(stream), inboxOf(theirs.who.account), `c_${"-".repeat(22)}`].flatMap(
          (one): [unknown, string[]][] => [
            [{ type: "history", stream: one }, ["not-a-member"]],
            [{ type: "messages", stream: one, seqs: [1] }, ["not-a-member"]],
            [{ type: "snapshot", stream: one }, ["not-a-member"]],
          ],
        ),
        [{ type: "people" }, ["forbidden"]],
        [{ type: "nothing" }, ["invalid"]],
        [{ type: "__proto__" }, ["invalid"]],
        [{}, ["invalid"]],
        [{ type: "people", constructor: 1 }, ["invalid"]],
        [{ type: "history", stream, before: 1, after: 1 }, ["invalid"]],
        [{ type: "history", stream, limit: 1e9 }, ["invalid"]],
        [{ type: "history", stream, at: -1 }, ["invalid"]],
        [{ type: "history", stream, at: 8_640_000_000_000_001 }, ["invalid"]],
        [{ type: "history", stream, before: "1" }, ["invalid"]],
        [{ type: "history", stream: [stream] }, ["invalid"]],
        [{ type: "messages", stream, seqs: [] }, ["invalid"]],
        [{ type: "messages", stream, seqs: Array.from({ length: limits.seqsPerRead + 1 }, () => 1) }, ["too-large"]],
      ];
      for (const [read, codes] of answers) {
        await link.send({ t: "read", n: ++n, read });
        const at = n;
        const { refusal } = await link.until((frame) => frame.t === "answer" && frame.n === at);
        expect([read, refusal?.code]).toEqual([read, codes[0]]);
      }
      for (const place of [{ before: Number.MAX_SAFE_INTEGER }, { around: 1e15 }, { at: 8_640_000_000_000_000 }]) {
        await link.send({ t: "read", n: ++n, read: { type: "history", stream, ...place } });
        const at = n;
        const { answer } = await link.until((frame) => frame.t === "answer" && frame.n === at);
        expect([place, answer?.stream]).toEqual([place, stream]);
      }
      await link.close();
      await witness.talk("reads");
    });
  });

describe("the first frame", () => {
  const wrongHellos: [name: string, hello: object, codes: string[]][] = [
    ["no versions", hello({ versions: [] }), ["invalid"]],
    ["a version that is no number", hello({ versions: ["1"] }), ["invalid"]],
    ["too many versions", hello({ versions: Array.from({ length: 17 }, () => 1) }), ["too-large", "invalid"]],
    ["unknown versions", hello({ versions: [0, -1, 2_000_000_000] }), ["version-unsupported"]],
    [
      "too many cursors",
      { ...JSON.parse(manyCursors(limits.cursorsPerFrame + 1)), t: "hello", versions: [1] },
      ["invalid", "too-large"],
    ],
    ["an unclean name", hello({ client: "a\u202eb" }), ["invalid"]],
    ["a long name", hello({ client: "a".repeat(101) }), ["invalid", "too-large"]],
    ["an unknown field", hello({ admin: true }), ["invalid"]],
    ["another frame", { t: "beat" }, ["hello-missing", "invalid"]],
  ];

  for (const transport of transports)
    test(`wrong ones open no session over ${transport}`, async () => {
      for (const [name, wrong, codes] of wrongHellos) {
        const outcome = await outcomeOfHello(transport, wrong);
        expect([name, outcome, codes.includes(outcome)]).toEqual([name, outcome, true]);
      }
      await witness.talk("hellos");
    });

  async function outcomeOfHello(transport: Transport, wrong: object): Promise<string> {
    if (transport === "socket") {
      const link = await openSocket(server.url);
      await link.send(wrong);
      const code = await link.ended;
      return { 4500: "invalid", 4502: "version-unsupported", 4504: "hello-missing" }[code] ?? String(code);
    }
    const { token } = await customer(server.url);
    const opened = await ask(server.url, "/v1/session", { token, body: wrong });
    if (opened.status !== 201) return opened.body.refusal.code;
    const headers = { "aftercare-session": opened.body.session };
    const { body } = await ask(server.url, "/v1/poll", { token, headers, body: { ack: 0 } });
    const bye = body.frames.map(([, frame]: [number, Frame]) => frame).find((frame: Frame) => frame.t === "bye");
    return bye?.reason ?? "welcome";
  }
});
