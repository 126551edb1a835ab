import type { Credential, Refusal } from "@aftercare/protocol";
import { createClient } from "../client.ts";
import type { Auth, Client, ClientPorts, Clock, Store, Tabs } from "../types.ts";
import {
  type CredentialBox,
  type CredentialCopy,
  copyIn,
  customerAuth,
  identify,
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

/** A page whose credential ended asks for a token at most this often. */
const askAgainMs = 30_000;
/** Refusals that another token of the same page may not meet. */
const worthAnother: readonly (string | undefined)[] = ["expired", "replayed", "not-yet-valid"];

/** Gives a fresh token of the shop's site; nothing when nobody is signed in there. */
export type TokenSource = () => Promise<string | undefined> | string | undefined;

export type BrowserOptions = {
  /** Where the server is: `https://chat.shop.example`, or an empty text for the page's own origin. */
  base: string;
  kind: "customer" | "staff";
  /** The name an anonymous customer begins with. */
  name?: string | undefined;
  /** Another place for the credential than localStorage. */
  box?: CredentialBox | undefined;
  /** Asked when the customer's credential has ended, or a token came too late. */
  onTokenNeeded?: TokenSource | undefined;
  /** Parts of another browser than this one. */
  ports?: (Partial<Pick<ClientPorts, "store" | "tabs" | "wake">> & { who?: Store }) | undefined;
};

/** The name under which a browser keeps what belongs to one server and kind of account. */
export const roomOf = (base: string, kind: BrowserOptions["kind"]): string => `aftercare:${kind}:${base}`;

type Entered = { credential: Credential } | { refusal: Refusal };

/** A client, and the ways in and out for the person at the page. */
export type BrowserClient = {
  client: Client;
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
export function createBrowserClient({ base, kind, name, box, onTokenNeeded, ports }: BrowserOptions): BrowserClient {
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
    transports: [new WebSocketTransport(at), new SseTransport(at), new PollTransport(at)],
    auth,
    store: ports?.store ?? open(room),
    tabs: ports?.tabs ?? tabs(),
    wake: ports?.wake ?? (typeof document === "undefined" ? steadyWake : webWake),
    clock: systemClock,
    random: systemRandom,
  });
  const ways = waysOf({ base, kept, copy, room, client, onTokenNeeded });
  if (onTokenNeeded) askWhenEnded(client, systemClock, onTokenNeeded, ways.identify);
  return { client, auth: { ...auth, ...ways } };
}

type Place = {
  base: string;
  kept: CredentialBox;
  copy: CredentialCopy;
  room: string;
  client: Pick<Client, "renew" | "reset">;
  onTokenNeeded: TokenSource | undefined;
};

function waysOf({ base, kept, copy, room, client, onTokenNeeded }: Place): Omit<BrowserClient["auth"], keyof Auth> {
  const enter = async (token: string, isLast: boolean): Promise<Entered> => {
    const answer = await inTurn(`${room}:identify`, () => identify(base, kept, copy, token));
    if ("credential" in answer) {
      await client.renew();
      return answer;
    }
    const { reason = answer.refusal.code, path } = answer.refusal;
    const place = path === undefined ? "" : ` (${path})`;
    console.warn(`Aftercare: the customer's token was refused: ${reason}${place}. See "Identify customers" in its guide.`);
    const next = isLast || !worthAnother.includes(answer.refusal.reason) ? undefined : await onTokenNeeded?.();
    return next === undefined ? answer : enter(next, true);
  };
  return {
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
    identify: (token) => enter(token, false),
    async reset() {
      const credential = kept.load() ?? (await copy.load());
      kept.save(undefined);
      await copy.save(undefined);
      const told = (async () => !credential || (await signOut(base, credential).then(...yesOrNo)))();
      // Not after the server's answer: it may be long in coming, and somebody else may sit down.
      await client.reset();
      return { revoked: await told };
    },
  };
}

const yesOrNo = [() => true, () => false] as const;

/** One tab after the other, so that the second one shows the credential that the first was given. */
const inTurn = <T>(name: string, work: () => Promise<T>): Promise<T> =>
  canShareTabs() ? (navigator.locks.request(name, work) as Promise<T>) : work();

/** A credential that ended (it expired, its key was revoked) is fetched anew, by the tab that leads. */
function askWhenEnded(
  client: Client,
  clock: Clock,
  source: TokenSource,
  enter: BrowserClient["auth"]["identify"],
): void {
  let askedAt = Number.NEGATIVE_INFINITY;
  client.connection.subscribe((connection) => {
    const isEnded = connection.state === "closed" && connection.reason === "unauthorised";
    if (!isEnded || !client.leader.value || clock.now() - askedAt < askAgainMs) return;
    askedAt = clock.now();
    void (async () => {
      const token = await source();
      if (token !== undefined) await enter(token);
    })().catch((error: unknown) => console.warn("Aftercare: no fresh token", error));
  });
}
