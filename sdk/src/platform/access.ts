import type { Credential, Refusal } from "@aftercare/protocol";
import type { CredentialBox } from "./bearer-auth.ts";
import { bearer, call, HttpError } from "./http.ts";

export type Said<T> = { value: T } | { refusal: Refusal };

/** The calls by which staff sign in and keep their ways in. A server that is not there throws. */
export interface StaffAccess {
  /** A step of signing in: a credential in the answer is kept, and this browser is signed in. */
  step<T>(path: string, body?: object): Promise<Said<T>>;
  /** Asks as the person who is signed in: by POST with a body, else by GET, where nothing else is said. */
  own<T>(path: string, body?: object, method?: "PATCH" | "PUT" | "DELETE"): Promise<Said<T>>;
}

const json = { "content-type": "application/json" };

export function staffAccess(base: string, box: CredentialBox): StaffAccess {
  async function ask<T>(
    path: string,
    body: object | undefined,
    headers: Record<string, string>,
    method = body ? "POST" : "GET",
  ): Promise<Said<T>> {
    const init = body ? { method, headers: { ...json, ...headers }, body: JSON.stringify(body) } : { method, headers };
    try {
      return { value: (await (await call(base, path, init)).json()) as T };
    } catch (error) {
      if (error instanceof HttpError && error.refusal) return { refusal: error.refusal };
      throw error;
    }
  }
  return {
    async step<T>(path: string, body?: object) {
      const said = await ask<T>(path, body, {});
      if ("value" in said && isCredential(said.value)) box.save(said.value);
      return said;
    },
    async own(path, body, method) {
      const credential = box.load();
      return credential ? ask(path, body, bearer(credential), method) : { refusal: { code: "unauthorised" } };
    },
  };
}

export const isCredential = (value: unknown): value is Credential =>
  typeof value === "object" && value !== null && "token" in value && "account" in value;
