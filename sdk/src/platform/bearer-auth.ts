import type { Credential } from "@aftercare/protocol";
import type { Auth, Store } from "../types.ts";
import { bearer, call } from "./http.ts";
import { inTurn } from "./web-tabs.ts";

/** Where the credential lies between visits. */
export interface CredentialBox {
  load(): Credential | undefined;
  save(credential: Credential | undefined): void;
}

/** The name under which a browser keeps what belongs to one server and kind of account. */
export const roomOf = (base: string, kind: "customer" | "staff"): string => `aftercare:${kind}:${base}`;

/** In localStorage; in memory where the browser forbids it. */
export function localBox(key: string): CredentialBox {
  let memory: Credential | undefined;
  /** Nothing stored means nobody, once storing has worked: another tab may have signed out. */
  let isForbidden = false;
  return {
    load() {
      try {
        const text = localStorage.getItem(key);
        if (text === null) return isForbidden ? memory : undefined;
        return JSON.parse(text) as Credential;
      } catch {
        // Forbidden, or damaged: as if there were none.
        return memory;
      }
    },
    save(credential) {
      memory = credential;
      try {
        if (credential) localStorage.setItem(key, JSON.stringify(credential));
        else localStorage.removeItem(key);
        isForbidden = false;
      } catch {
        isForbidden = true;
        // Forbidden or full: it lasts as long as this page.
      }
    },
  };
}

/** A second place for it: browsers write localStorage to the disk seconds later, and one that is killed before has forgotten who it was. */
export interface CredentialCopy {
  load(): Promise<Credential | undefined>;
  save(credential: Credential | undefined): Promise<void>;
}

export const copyIn = (store: Store): CredentialCopy => ({
  load: async () => (await store.get(copyKey).catch(() => undefined)) as Credential | undefined,
  save: (credential) =>
    // Refused or full: then localStorage alone has it.
    store.write(credential ? { put: [[copyKey, credential]] } : { delete: [copyKey] }).catch(() => undefined),
});

/** Held by the tab that finds out who this browser's customer is: made anew, or named by the shop's site. One browser is one customer. */
export const whoLock = (base: string): string => `${base}:who`;
const copyKey = "credential";
export const isUnexpired = (known: Credential | undefined): known is Credential =>
  known !== undefined && known.expiresAt > Date.now();
const json = { "content-type": "application/json" };

/** The staff member who is signed in; nobody when the credential is missing or over. */
export function staffAuth(box: CredentialBox): Auth {
  return {
    credential: async () => {
      const known = box.load();
      return isUnexpired(known) ? known : undefined;
    },
  };
}

/** The customer of this browser; an anonymous one is made when there is none. */
export function customerAuth(base: string, box: CredentialBox, copy: CredentialCopy, name?: string): Auth {
  let making: Promise<Credential> | undefined;
  /** What this tab or another has kept: looked for in the database first, as localStorage tells other processes of it later. */
  const stored = async (refused?: Credential): Promise<Credential | undefined> => {
    const found = [await copy.load(), box.load()].find((one) => isUnexpired(one) && one.token !== refused?.token);
    if (found) box.save(found);
    return found;
  };
  const make = async (): Promise<Credential> => {
    const found = await stored();
    if (found) return found;
    const body = JSON.stringify(name === undefined ? {} : { name });
    const response = await call(base, "/v1/customers", { method: "POST", headers: json, body });
    const credential = (await response.json()) as Credential;
    box.save(credential);
    await copy.save(credential);
    return credential;
  };
  return {
    credential: async () => {
      const known = box.load();
      if (isUnexpired(known)) return known;
      making ??= inTurn(whoLock(base), make).finally(() => {
        making = undefined;
      });
      return making;
    },
    // After the tab that is about to be told who the customer is.
    another: (refused) => inTurn(whoLock(base), () => stored(refused)),
  };
}

/** Revokes the credential, so that every socket with it closes. */
export async function signOut(base: string, credential: Credential): Promise<void> {
  await call(base, "/v1/sign-out", { method: "POST", headers: bearer(credential) });
}
