import type { Credential, Refusal } from "@aftercare/protocol";
import { createClient } from "../client.ts";
import type { Auth, Client, ClientPorts, Store, Tabs } from "../types.ts";
import {
  type CredentialBox,
  type CredentialCopy,
  copyIn,
  customerAuth,
  localBox,
  roomOf,
  signOut,
  staffAuth,
} from "./bearer-auth.ts";
import { IndexedDbStore } from "./indexeddb.ts";
import { LaterTransport } from "./later-transport.ts";
import { MemoryStore } from "./memory-store.ts";
import { systemClock, systemRandom } from "./system-clock.ts";
import { canShareTabs, loneTab, WebTabs } from "./web-tabs.ts";
import { steadyWake, webWake } from "./web-wake.ts";
import { WebSocketTransport } from "./websocket.ts";

/** Gives a fresh token of the shop's site; nothing when nobody is signed in there. */
export type TokenSource = () => Promise<string | undefined> | string | undefined;

export type BrowserOptions = {
  /** Where the server is: `https://chat.shop.example`, or an empty text for the page's own origin. */
  base: string;
  kind: "customer" | "staff";
  law: ClientPorts["law"];
  lists?: ClientPorts["lists"];
  /** The name an anonymous customer begins with. */
  name?: string | undefined;
  /** Another place for the credential than localStorage. */
  box?: CredentialBox | undefined;
  /** Asked when the customer's credential has ended, or a token came too late. */
  onTokenNeeded?: TokenSource | undefined;
  /** Parts of another browser than this one. */
  ports?: (Partial<Pick<ClientPorts, "store" | "tabs" | "wake">> & { who?: Store }) | undefined;
};

export type Entered = { credential: Credential } | { refusal: Refusal };

/** A client, and the ways in and out for the person at the page. */
export type BrowserClient = {
  client: Client;
  /** Where the credential is kept, for ways in that the page brings itself (`staffAccess`). */
  box: CredentialBox;
  auth: Auth & {
    signIn(login: string, password: string): Promise<Entered>;
    /** Revokes the credential at the server and forgets it here. */
    signOut(): Promise<void>;
    /** Becomes the customer whom a token of the shop's site names; what was written before comes along. */
    identify(token: string): Promise<Entered>;
    /**
     * Forgets this customer in all tabs: nothing read, typed or waiting stays, and the next one is a new visitor. `revoked`
     * says whether the server has heard it: without a network its half of the credential lives until it expires, but no
     * copy of ours is left on this device.
     */
    reset(): Promise<{ revoked: boolean }>;
  };
};

/** A client for a page: leads or follows the other tabs, and keeps what it knows in the browser. */
export function createBrowserClient({
  base,
  kind,
  law,
  lists,
  name,
  box,
  onTokenNeeded,
  ports,
}: BrowserOptions): BrowserClient {
  const room = roomOf(base, kind);
  const kept = box ?? localBox(room);
  const open = (place: string): Store =>
    typeof indexedDB === "undefined" ? new MemoryStore() : new IndexedDbStore(place);
  // Beside the store of what was said: that one is cleared with the account it belongs to.
  const copy = copyIn(ports?.who ?? open(`${room}:who`));
  const auth: Auth = kind === "staff" ? staffAuth(kept) : customerAuth(base, kept, copy, name);
  const at = { base, auth };
  const tabs = (): Tabs => (canShareTabs() ? new WebTabs(room) : loneTab());
  const client = createClient({
    transports: [
      new WebSocketTransport(at),
      new LaterTransport("sse", async () => new (await import("./sse.ts")).SseTransport(at)),
      new LaterTransport("poll", async () => new (await import("./poll.ts")).PollTransport(at)),
    ],
    auth,
    store: ports?.store ?? open(room),
    tabs: ports?.tabs ?? tabs(),
    wake: ports?.wake ?? (typeof document === "undefined" ? steadyWake : webWake),
    clock: systemClock,
    random: systemRandom,
    law,
    lists,
  });
  const place: Place = { base, kept, copy, client, onTokenNeeded, entering: 0 };
  if (onTokenNeeded) void naming().then(({ askWhenEnded }) => askWhenEnded(place, systemClock, onTokenNeeded));
  return { client, box: kept, auth: { ...auth, ...waysOf(place) } };
}

/** What is needed to change who the customer of this browser is. */
export type Place = {
  base: string;
  kept: CredentialBox;
  copy: CredentialCopy;
  client: Client;
  onTokenNeeded: TokenSource | undefined;
  /** Tokens being shown: the credential of before may end a moment earlier than the next one comes. */
  entering: number;
};

/** Read when it is needed: most visitors are never named, and the first load is counted in bytes. */
const naming = () => import("./naming.ts");

function waysOf(place: Place): Omit<BrowserClient["auth"], keyof Auth> {
  const { base, kept, copy, client } = place;
  return {
    async signIn(login, password) {
      const answer = await (await import("./sign-in.ts")).signIn(base, login, password);
      if ("credential" in answer) kept.save(answer.credential);
      return answer;
    },
    async signOut() {
      const credential = kept.load();
      kept.save(undefined);
      await copy.save(undefined);
      // Without a network it ends here all the same; the server's copy ends when it expires.
      if (credential) await signOut(base, credential).catch(() => undefined);
    },
    identify: async (token) => (await naming()).enter(place, token),
    async reset() {
      const credential = kept.load() ?? (await copy.load());
      kept.save(undefined);
      await copy.save(undefined);
      const told = credential
        ? signOut(base, credential).then(
            () => true,
            () => false,
          )
        : true;
      // Not after the server's answer: it may be long in coming, and somebody else may sit down.
      await client.reset();
      return { revoked: await told };
    },
  };
}
