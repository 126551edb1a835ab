import type { Credential, Refusal } from "@aftercare/protocol";
import { isCredential } from "./access.ts";
import { call, HttpError } from "./http.ts";

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
    const response = await call(base, "/v1/sign-in", {
      method: "POST",
      headers: { "content-type": "application/json" },
      body,
    });
    const said: unknown = await response.json();
    return isCredential(said) ? { credential: said } : { refusal: { code: "unauthorised", path: "second-factor" } };
  } catch (error) {
    if (error instanceof HttpError && error.refusal) return { refusal: error.refusal };
    throw error;
  }
}
