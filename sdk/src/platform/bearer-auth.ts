import type { Credential, Refusal } from "@aftercare/protocol";
import type { Auth, Store } from "../types.ts";
import { isCredential } from "./access.ts";
import { bearer, call, HttpError } from "./http.ts";

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

const copyKey = "credential";
const isGood = (known: Credential | undefined): known is Credential =>
  known !== undefined && known.expiresAt > Date.now();
const json = { "content-type": "application/json" };

/** The staff member who is signed in; nobody when the credential is missing or over. */
export function staffAuth(box: CredentialBox): Auth {
  return {
    credential: async () => {
      const known = box.load();
      return isGood(known) ? known : undefined;
    },
  };
}

/** The customer of this browser; an anonymous one is made when there is none. */
export function customerAuth(base: string, box: CredentialBox, copy: CredentialCopy, name?: string): Auth {
  let making: Promise<Credential> | undefined;
  const make = async (): Promise<Credential> => {
    const copied = await copy.load();
    if (isGood(copied)) {
      box.save(copied);
      return copied;
    }
    const body = JSON.stringify(name === undefined ? {} : { name });
    const response = await call(base, "/v1/customers", { method: "POST", headers: json, body });
    const credential = (await response.json()) as Credential;
    // Another tab may have been quicker: one browser is one customer.
    const known = box.load();
    if (isGood(known)) return known;
    box.save(credential);
    await copy.save(credential);
    return credential;
  };
  return {
    credential: async () => {
      const known = box.load();
      if (isGood(known)) return known;
      making ??= make().finally(() => {
        making = undefined;
      });
      return making;
    },
  };
}

/**
 * Signs a staff member in; a wrong password or too many tries are refusals, a server that is not there throws. For
 * programs: who needs a second factor is refused here, and signs in by steps (`access`).
 */
export async function signIn(
  base: string,
  login: string,
  password: string,
): Promise<{ credential: Credential } | { refusal: Refusal }> {
  const body = JSON.stringify({ login, password });
  try {
    const response = await call(base, "/v1/sign-in", { method: "POST", headers: json, body });
    const said: unknown = await response.json();
    return isCredential(said) ? { credential: said } : { refusal: { code: "unauthorised", path: "second-factor" } };
  } catch (error) {
    if (error instanceof HttpError && error.refusal) return { refusal: error.refusal };
    throw error;
  }
}

/** Revokes the credential, so that every socket with it closes. */
export async function signOut(base: string, credential: Credential): Promise<void> {
  await call(base, "/v1/sign-out", { method: "POST", headers: bearer(credential) });
}
