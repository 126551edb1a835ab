import type { Credential, Refusal } from "@aftercare/protocol";
import { createClient } from "../client.ts";
import type { Auth, Client, Store, Tabs } from "../types.ts";
import { type StaffAccess, staffAccess } from "./access.ts";
import {
  type CredentialBox,
  type CredentialCopy,
  copyIn,
  customerAuth,
  localBox,
  signIn,
  signOut,
  staffAuth,
} from "./bearer-auth.ts";
import { IndexedDbStore } from "./indexeddb.ts";
import { MemoryStore } from "./memory-store.ts";
import { PollTransport } from "./poll.ts";
import { SseTransport } from "./sse.ts";
import { systemClock, systemRandom } from "./system-clock.ts";
import { canShareTabs, loneTab, WebTabs } from "./web-tabs.ts";
import { steadyWake, webWake } from "./web-wake.ts";
import { WebSocketTransport } from "./websocket.ts";

export type BrowserOptions = {
  /** Where the server is: `https://chat.shop.example`, or an empty text for the page's own origin. */
  base: string;
  kind: "customer" | "staff";
  /** The name an anonymous customer begins with. */
  name?: string | undefined;
  /** Another place for the credential than localStorage. */
  box?: CredentialBox | undefined;
};

/** The name under which a browser keeps what belongs to one server and kind of account. */
export const roomOf = (base: string, kind: BrowserOptions["kind"]): string => `aftercare:${kind}:${base}`;

/** A client, and the ways in and out for the person at the page. */
export type BrowserClient = {
  client: Client;
  /** Signing in by steps, and one's own ways in. */
  access: StaffAccess;
  auth: Auth & {
    signIn(login: string, password: string): Promise<{ credential: Credential } | { refusal: Refusal }>;
    /** Revokes the credential at the server and forgets it here. */
    signOut(): Promise<void>;
  };
};

/** A client for a page: leads or follows the other tabs, and keeps what it knows in the browser. */
export function createBrowserClient({ base, kind, name, box }: BrowserOptions): BrowserClient {
  const room = roomOf(base, kind);
  const kept = box ?? localBox(room);
  const open = (place: string): Store =>
    typeof indexedDB === "undefined" ? new MemoryStore() : new IndexedDbStore(place);
  // Beside the store of what was said: that one is cleared with the account it belongs to.
  const copy = copyIn(open(`${room}:who`));
  const auth: Auth = kind === "staff" ? staffAuth(kept) : customerAuth(base, kept, copy, name);
  const at = { base, auth };
  const store = open(room);
  const tabs: Tabs = canShareTabs() ? new WebTabs(room) : loneTab();
  const client = createClient({
    transports: [new WebSocketTransport(at), new SseTransport(at), new PollTransport(at)],
    auth,
    store,
    tabs,
    wake: typeof document === "undefined" ? steadyWake : webWake,
    clock: systemClock,
    random: systemRandom,
  });
  return { client, access: staffAccess(base, kept), auth: { ...auth, ...ways(base, kept, copy) } };
}

const ways = (base: string, kept: CredentialBox, copy: CredentialCopy): Omit<BrowserClient["auth"], keyof Auth> => ({
  async signIn(login, password) {
    const answer = await signIn(base, login, password);
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
});
