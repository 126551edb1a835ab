import { afterAll, afterEach, beforeAll, describe, expect, setDefaultTimeout, test } from "bun:test";
import { decide } from "@aftercare/core";
import { type Client, type Credential, createBrowserClient, MemoryStore } from "@aftercare/sdk";
import { FakeWake, textsOf } from "../fakes/device.ts";
import { FakeBrowser } from "../fakes/tabs.ts";
import { startDevice } from "../postgres/shop.ts";
import { ask, staff, startTestServer, type TestServer } from "./server.ts";
import { openShop, type Shop } from "./shop.ts";

setDefaultTimeout(60_000);
let server: TestServer;
let agent: Client;
let mei: { token: string; account: string };
let shop: Shop;
const open: Client[] = [];

beforeAll(async () => {
  server = await startTestServer({ "heartbeat-ms": 500 });
  mei = await staff(server);
  shop = await openShop(server, mei.token);
  agent = await startDevice(server.url, mei as unknown as Credential);
}, 60_000);
afterEach(async () => {
  for (const client of open.splice(0)) await client.stop();
});
afterAll(async () => {
  await agent.stop();
  await server.stop();
});

/** Waits for what must come; nothing is asserted about when. */
async function until(what: string, holds: () => boolean): Promise<void> {
  const giveUpAt = Date.now() + 15_000;
  while (!holds()) {
    if (Date.now() > giveUpAt) throw new Error(`never: ${what}`);
    await Bun.sleep(10);
  }
}

/** One browser of a person: what it keeps outlives its tabs. */
class Browser {
  readonly data = new Map<string, unknown>();
  readonly who = new Map<string, unknown>();
  readonly wake = new FakeWake();
  readonly #tabs = new FakeBrowser();
  #credential: Credential | undefined;
  readonly base: string;

  constructor(base = server.url) {
    this.base = base;
  }

  async tab(more: { onTokenNeeded?: () => Promise<string | undefined> } = {}) {
    const box = {
      load: () => this.#credential,
      save: (one: Credential | undefined) => {
        this.#credential = one;
      },
    };
    const tab = this.#tabs.tab();
    const ports = { store: new MemoryStore(this.data), who: new MemoryStore(this.who), tabs: tab, wake: this.wake };
    const made = createBrowserClient({ base: this.base, kind: "customer", law: decide, box, ports, ...more });
    open.push(made.client);
    await made.client.start();
    return { ...made, tab };
  }

  get credential(): Credential | undefined {
    return this.#credential;
  }

  /** All that this browser has kept, as text. */
  kept(): string {
    return JSON.stringify([...this.data, ...this.who, this.#credential]);
  }
}

const online = (client: Client) => until("online", () => client.connection.value.state === "online");
const say = (client: Client, stream: string, text: string) =>
  client.send("message.send", stream, { parts: [{ type: "text", text }] });
const texts = (client: Client, stream: string) => textsOf(client.stream(stream)).filter((text) => text !== "");
const shows = (client: Client, stream: string, wanted: string[]) =>
  until(`${wanted} in ${stream}`, () => JSON.stringify(texts(client, stream)) === JSON.stringify(wanted));

async function start(client: Client, text: string): Promise<string> {
  await online(client);
  const asked = await client.send("conversation.ask", undefined, {}).done;
  const stream = ("ack" in asked && asked.ack.conversation) || "";
  await say(client, stream, text).done;
  return stream;
}

describe("a visitor who says who they are", () => {
  test("and is new to the shop keeps account, conversation and what waits, in all tabs", async () => {
    const browser = new Browser();
    const first = await browser.tab();
    const stream = await start(first.client, "one");
    const second = await browser.tab();
    await shows(second.client, stream, ["one"]);
    const before = browser.credential;
    const waiting = say(second.client, stream, "two");
    const entered = await second.auth.identify(shop.token({ sub: "tabs", name: "Ann" }));
    expect("credential" in entered && entered.credential.account).toBe(before?.account as string);
    expect(browser.credential?.token).not.toBe(before?.token);
    await waiting.done;
    await say(first.client, stream, "three").done;
    for (const client of [first.client, second.client, agent]) await shows(client, stream, ["one", "two", "three"]);
    await until(
      "the name",
      () => agent.stream(stream).view.value.state?.members[before?.account ?? ""]?.name === "Ann",
    );
  });

  test("L12 and is known already: what was typed without a network before is sent after, once and in order", async () => {
    const desk = new Browser();
    const known = await desk.tab();
    await known.auth.identify(shop.token({ sub: "known", name: "Bea" }));
    const old = await start(known.client, "from last year");

    const browser = new Browser();
    const { client, auth } = await browser.tab();
    const stream = await start(client, "zero");
    await until("what was said is there", () => client.pending.value.length === 0);
    const visitor = browser.credential?.account ?? "";
    browser.wake.set(false);
    await until("offline", () => client.connection.value.state === "offline");
    for (const text of ["one", "two", "three"]) say(client, stream, text);
    client.stream(stream).setDraft("half a thou");
    const entered = await auth.identify(shop.token({ sub: "known" }));
    expect("credential" in entered && entered.credential.formerly).toEqual([visitor]);
    expect(client.pending.value.filter(({ type }) => type === "message.send")).toHaveLength(3);
    browser.wake.set(true);
    for (const one of [client, known.client, agent]) {
      await shows(one, stream, ["zero", "one", "two", "three"]);
      await shows(one, old, ["from last year"]);
    }
    expect(client.me.value?.account).toBe(known.client.me.value?.account as string);
    expect(client.stream(stream).draft.value?.text).toBe("half a thou");
    await say(known.client, stream, "from my desk").done;
    for (const one of [client, agent]) await shows(one, stream, ["zero", "one", "two", "three", "from my desk"]);
    expect(client.pending.value.filter(({ status }) => status.state === "failed")).toEqual([]);
  });

  test("L12 a browser killed between the server's answer and the next frame still sends what waits", async () => {
    const first = new Browser();
    await (await first.tab()).auth.identify(shop.token({ sub: "killed" }));
    const browser = new Browser();
    const { client, auth, tab } = await browser.tab();
    const stream = await start(client, "zero");
    await shows(client, stream, ["zero"]);
    browser.wake.set(false);
    say(client, stream, "typed before");
    await until("kept", () => browser.kept().includes("typed before"));
    await auth.identify(shop.token({ sub: "killed" }));
    tab.close();
    const again = await browser.tab();
    expect(texts(again.client, stream)).toEqual(["zero", "…typed before"]);
    browser.wake.set(true);
    for (const one of [again.client, agent]) await shows(one, stream, ["zero", "typed before"]);
  });

  test("L12 messages sent while the claim runs arrive once each and in order", async () => {
    const desk = new Browser();
    const known = await desk.tab();
    await known.auth.identify(shop.token({ sub: "busy" }));
    for (let round = 0; round < 4; round++) {
      const browser = new Browser();
      const { client, auth } = await browser.tab();
      const stream = await start(client, "m0");
      const wanted = Array.from({ length: 30 }, (_, n) => `m${n}`);
      const entering = Bun.sleep(round * 4).then(() => auth.identify(shop.token({ sub: "busy" })));
      for (const text of wanted.slice(1)) {
        say(client, stream, text);
        await Bun.sleep(1);
      }
      await entering;
      for (const one of [client, agent, known.client]) await shows(one, stream, wanted);
    }
  });

  test("is told in plain words when the token is refused, and a fresh one is asked for where that helps", async () => {
    const browser = new Browser();
    const now = Math.floor(Date.now() / 1_000);
    let asked = 0;
    const onTokenNeeded = async () => {
      asked++;
      return shop.token({ sub: "fresh" });
    };
    const { client, auth } = await browser.tab({ onTokenNeeded });
    const stream = await start(client, "hello");
    const warned: string[] = [];
    const { warn } = console;
    console.warn = (text: string) => void warned.push(text);
    try {
      const refused = await auth.identify(shop.token({ aud: "w_other" }));
      expect(refused).toEqual({ refusal: { code: "unauthorised", reason: "wrong-audience" } });
      const entered = await auth.identify(shop.token({ sub: "fresh", iat: now - 400, exp: now - 100 }));
      expect("credential" in entered).toBe(true);
    } finally {
      console.warn = warn;
    }
    expect(warned.map((text) => /refused: (\S+?)[. ]/.exec(text)?.[1])).toEqual(["wrong-audience", "expired"]);
    expect(asked).toBe(1);
    const { token = "" } = browser.credential ?? {};
    await ask(server.url, "/v1/sign-out", { token, body: {} });
    await until("asked again", () => asked === 2);
    await online(client);
    await shows(client, stream, ["hello"]);
  });
});

describe("signing out", () => {
  test("L5 forgets in all tabs; the next one is a new visitor who sees nothing, and the old token is worth nothing", async () => {
    const browser = new Browser();
    const first = await browser.tab();
    const second = await browser.tab();
    await first.auth.identify(shop.token({ sub: "leaves", name: "Dora" }));
    const stream = await start(first.client, "my address is private");
    await shows(second.client, stream, ["my address is private"]);
    second.client.stream(stream).setDraft("private too");
    const before = browser.credential;
    expect(await second.auth.reset()).toEqual({ revoked: true });
    await online(first.client);
    await until("a new visitor", () => first.client.me.value !== undefined);
    expect(first.client.me.value?.account).not.toBe(before?.account as string);
    expect(browser.kept()).not.toContain("private");
    expect(browser.kept()).not.toContain(before?.account as string);
    for (const { client } of [first, second]) {
      expect(texts(client, stream)).toEqual([]);
      expect(client.inbox.value.lines).toEqual([]);
      expect(client.pending.value).toEqual([]);
    }
    expect((await ask(server.url, "/v1/me", { token: before?.token ?? "" })).status).toBe(401);
  });

  test("without a network forgets all the same, and says that the server has not heard it", async () => {
    const proxy = Bun.serve({ port: 0, fetch: (request) => forward(request) });
    const forward = (request: Request) => {
      const { pathname, search } = new URL(request.url);
      return fetch(`${server.url}${pathname}${search}`, request);
    };
    const browser = new Browser(`http://127.0.0.1:${proxy.port}`);
    const { client, auth } = await browser.tab();
    const stream = await start(client, "private");
    say(client, stream, "private and waiting");
    await proxy.stop(true);
    browser.wake.set(false);
    expect(await auth.reset()).toEqual({ revoked: false });
    expect(browser.kept()).not.toContain("private");
    expect(browser.credential).toBeUndefined();
    expect(texts(client, stream)).toEqual([]);
  });

  test("L5 another customer on the same device sees nothing of the one before, nor sends what waited", async () => {
    const browser = new Browser();
    const first = await browser.tab();
    const second = await browser.tab();
    await first.auth.identify(shop.token({ sub: "one-of-two" }));
    const stream = await start(first.client, "private");
    browser.wake.set(false);
    say(first.client, stream, "never sent");
    await until("kept", () => browser.kept().includes("never sent"));
    await second.auth.identify(shop.token({ sub: "two-of-two" }));
    await until("forgotten", () => !browser.kept().includes("private"));
    browser.wake.set(true);
    const other = await start(first.client, "mine");
    await shows(second.client, other, ["mine"]);
    for (const { client } of [first, second]) expect(texts(client, stream)).toEqual([]);
    expect(browser.kept()).not.toContain("never sent");
    await shows(agent, stream, ["private"]);
  });
});
