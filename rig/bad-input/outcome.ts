import { connect, type Frame, type TestLink, type Transport } from "../api/links.ts";
import { ask } from "../api/server.ts";

/** What became of something sent: a refusal's code, an acknowledgement, or nothing at all. */
export type Outcome = string;

/** Close codes in the words of refusals: a frame that is no frame ends the session, a body that is none is refused. */
const codeOfClose: Readonly<Record<number, string>> = {
  4500: "invalid",
  4501: "too-large",
  4502: "version-unsupported",
  4503: "unauthorised",
  4504: "hello-missing",
  1007: "invalid",
  1009: "too-large",
};

/** Sends texts one at a time and tells what became of each, in the same words on every way there is. */
export type Sender = {
  readonly way: string;
  /** A command's JSON text, as it stands. */
  command(text: string): Promise<Outcome>;
  /** A frame's JSON text; only where there are frames. */
  frame?: (text: string, isAnswer: (frame: Frame) => boolean) => Promise<Outcome>;
  close(): Promise<void>;
};

export const ways = ["http", "socket", "events", "poll"] as const;
export type Way = (typeof ways)[number];

export const openSender = (way: Way, url: string, token: string): Sender =>
  way === "http" ? httpSender(url, token) : linkSender(way, url, token);

function httpSender(url: string, token: string): Sender {
  return {
    way: "http",
    async command(text) {
      const { status, body } = await ask(url, "/v1/commands", { token, body: text });
      return status === 200 ? acknowledged(body) : (body.refusal?.code ?? `status ${status}`);
    },
    close: async () => undefined,
  };
}

/** The answer to one command is the same wherever it is asked, but for the moment at which nothing was done. */
const acknowledged = ({ id, stream, seq, conversation }: Frame): Outcome =>
  `ack ${JSON.stringify([id, stream, seq, conversation ?? null])}`;

/** Frames that one link may send are limited, so a new one is taken now and then. */
const framesPerLink = 500;

function linkSender(way: Transport, url: string, token: string): Sender {
  let link: TestLink | undefined;
  let isOver = true;
  let sent = 0;

  async function fresh(): Promise<TestLink> {
    if (link && !isOver && sent++ < framesPerLink) return link;
    await link?.close();
    const opened = await connect(way, url, token);
    await opened.until((frame) => frame.t === "live");
    sent = 0;
    isOver = false;
    link = opened;
    void opened.ended.then(() => {
      if (link === opened) isOver = true;
    });
    return opened;
  }

  async function frame(text: string, isAnswer: (frame: Frame) => boolean): Promise<Outcome> {
    const one = await fresh();
    (one.frames as Frame[]).length = 0;
    const refused = await post(one, text);
    if (refused !== undefined) return refused;
    const answer = one.until((each) => isAnswer(each) || each.t === "bye").then(outcomeOf);
    const close = one.ended.then((code) => codeOfClose[code] ?? `close ${code}`);
    // Of the two that race, the one that lost must not be heard of later.
    answer.catch(() => undefined);
    const outcome = await Promise.race([answer, close]);
    if (one.frames.some((each) => each.t === "bye")) isOver = true;
    return outcome;
  }

  return {
    way,
    frame,
    command: (text) => frame(`{"t":"command","command":${text}}`, (each) => each.t === "ack" || each.t === "refused"),
    close: async () => link?.close(),
  };
}

function outcomeOf(frame: Frame): Outcome {
  if (frame.t === "bye") return codeOfClose[frame.code] ?? `close ${frame.code}`;
  if (frame.t === "ack") return acknowledged(frame.ack);
  return frame.refusal?.code ?? frame.t;
}

/** A post that is refused as a whole never reaches the session. */
async function post(link: TestLink, text: string): Promise<Outcome | undefined> {
  if (!link.post) {
    await link.send(text);
    return undefined;
  }
  const { status, body } = await link.post(`[${text}]`);
  return status === 200 ? undefined : (body.refusal?.code ?? `status ${status}`);
}
