import { type Answer, ask } from "./server.ts";

// biome-ignore lint/suspicious/noExplicitAny: frames are asserted on, field by field
export type Frame = any;

/** A raw client of one transport: what goes over the wire and nothing more. */
export interface TestLink {
  readonly frames: readonly Frame[];
  send(...frames: unknown[]): Promise<void>;
  /** A body for the frames as it stands, and its answer; sockets have none. */
  readonly post?: (body: string) => Promise<Answer>;
  /** The first frame that fits, now or later. */
  until(fits: (frame: Frame) => boolean): Promise<Frame>;
  /** Resolves with the close code. */
  readonly ended: Promise<number>;
  close(): Promise<void>;
}

export const transports = ["socket", "events", "poll"] as const;
export type Transport = (typeof transports)[number];

const patienceMs = 10_000;

function inbox() {
  const frames: Frame[] = [];
  let wake: (() => void)[] = [];
  const { promise: ended, resolve: end } = Promise.withResolvers<number>();
  return {
    frames,
    ended,
    end(code: number): void {
      end(code);
    },
    take(frame: Frame): void {
      frames.push(frame);
      if (frame.t === "bye") end(frame.code);
      for (const each of wake.splice(0)) each();
    },
    async until(fits: (frame: Frame) => boolean): Promise<Frame> {
      const giveUpAt = Date.now() + patienceMs;
      for (;;) {
        const found = frames.find(fits);
        if (found) return found;
        if (Date.now() > giveUpAt) throw new Error(`no such frame among ${JSON.stringify(frames).slice(0, 2_000)}`);
        await Promise.race([new Promise<void>((resolve) => wake.push(resolve)), Bun.sleep(200)]);
        wake = [];
      }
    },
  };
}

type Hello = { versions?: number[]; cursors?: object[] };
const helloOf = ({ versions = [1], cursors = [] }: Hello) => ({ t: "hello", versions, cursors });

export async function connect(transport: Transport, url: string, token: string, hello: Hello = {}): Promise<TestLink> {
  if (transport === "socket") {
    const { ticket } = (await ask(url, "/v1/ticket", { token, body: {} })).body;
    const link = await openSocket(url);
    await link.send({ ...helloOf(hello), ticket });
    return link;
  }
  const opened = await ask(url, "/v1/session", { token, body: helloOf(hello) });
  if (opened.status !== 201) throw new Error(`session refused: ${JSON.stringify(opened.body)}`);
  const headers = { "aftercare-session": opened.body.session as string };
  return transport === "events" ? openEvents(url, token, headers) : openPoll(url, token, headers);
}

/** A bare socket that has said nothing yet. */
export async function openSocket(
  url: string,
  headers: Record<string, string> = {},
): Promise<TestLink & { raw: WebSocket }> {
  const box = inbox();
  const raw = new WebSocket(`${url.replace("http", "ws")}/v1/socket`, { headers } as never);
  await new Promise<void>((resolve, reject) => {
    raw.onopen = () => resolve();
    raw.onerror = () => reject(new Error("socket refused"));
  });
  raw.onmessage = (event) => box.take(JSON.parse(String(event.data)));
  raw.onclose = (event) => box.end(event.code);
  return {
    ...box,
    raw,
    async send(...frames) {
      for (const frame of frames) raw.send(typeof frame === "string" ? frame : JSON.stringify(frame));
    },
    async close() {
      raw.close();
    },
  };
}

const post = (url: string, token: string, headers: Record<string, string>) => ({
  async send(...frames: unknown[]) {
    await ask(url, "/v1/frames", { token, headers, body: frames });
  },
  post: (body: string) => ask(url, "/v1/frames", { token, headers, body }),
});

async function openEvents(url: string, token: string, headers: Record<string, string>): Promise<TestLink> {
  const box = inbox();
  const stop = new AbortController();
  const response = await fetch(`${url}/v1/events`, {
    headers: { ...headers, authorization: `Bearer ${token}` },
    signal: stop.signal,
  });
  if (!response.body || response.status !== 200) throw new Error(`events refused: ${response.status}`);
  void readEvents(response.body, box).catch(() => box.end(1006));
  return { ...box, ...post(url, token, headers), close: async () => stop.abort() };
}

async function readEvents(body: ReadableStream<Uint8Array>, box: ReturnType<typeof inbox>): Promise<void> {
  const decoder = new TextDecoder();
  const reader = body.getReader();
  let text = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    text += decoder.decode(value, { stream: true });
    const events = text.split("\n\n");
    text = events.pop() ?? "";
    for (const event of events) if (event.startsWith("data: ")) box.take(JSON.parse(event.slice(6)));
  }
  box.end(0);
}

function openPoll(url: string, token: string, headers: Record<string, string>): TestLink {
  const box = inbox();
  let isOver = false;
  const run = async () => {
    let ack = 0;
    while (!isOver) {
      const { status, body } = await ask(url, "/v1/poll", { token, headers, body: { ack } });
      if (status !== 200) break;
      for (const [n, frame] of body.frames) {
        ack = n;
        box.take(frame);
      }
    }
    box.end(0);
  };
  void run().catch(() => box.end(1006));
  return {
    ...box,
    ...post(url, token, headers),
    async close() {
      isOver = true;
      await ask(url, "/v1/session/close", { token, headers, body: {} });
    },
  };
}
