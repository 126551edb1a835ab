import type { Credential } from "@aftercare/protocol";
import type { Clock } from "../types.ts";
import { whoLock } from "./bearer-auth.ts";
import type { Entered, Place, TokenSource } from "./browser.ts";
import { bearer, call, HttpError } from "./http.ts";
import { systemClock } from "./system-clock.ts";
import { inTurn } from "./web-tabs.ts";

/** A page whose credential ended asks for a token at most this often. */
const askAgainMs = 30_000;
/** Tries at a server that is busy, and the longest wait between two. */
const mostTries = 5;
const mostWaitMs = 5_000;
/** Refusals that another token of the same page may not meet. */
const worthAnother: readonly (string | undefined)[] = ["expired", "replayed", "not-yet-valid"];

/** Whoever puts the chat into a page looks there first. */
// biome-ignore lint/suspicious/noConsole: said to the integrator, never to the person at the page
const warn = (text: string): void => console.warn(`Aftercare: ${text}`);

/** Shows a token, and another one where that may help; says in the console why one was refused. */
export async function enter(place: Place, token: string, isLast = false): Promise<Entered> {
  const { base, client, onTokenNeeded } = place;
  place.entering++;
  // The second tab shows the credential that the first was given.
  const shown = inTurn(whoLock(base), () => patiently(place, token));
  const answer = await shown.finally(() => {
    place.entering--;
  });
  if ("credential" in answer) {
    await client.renew();
    return answer;
  }
  const { reason = answer.refusal.code, path } = answer.refusal;
  const where = path === undefined ? "" : ` (${path})`;
  warn(`the customer's token was refused: ${reason}${where}. See docs/how-to/identify-customers.md`);
  const next = isLast || !worthAnother.includes(reason) ? undefined : await onTokenNeeded?.();
  return next === undefined ? answer : enter(place, next, true);
}

/**
 * Shows the server a token that the shop's site has signed, and keeps the credential of the customer whom it names. The
 * credential of now goes along, so that a visitor's conversations become the customer's.
 */
async function identify({ base, kept, copy }: Place, token: string): Promise<Entered> {
  const known = (await copy.load()) ?? kept.load();
  const headers = { "content-type": "application/json", ...(known && bearer(known)) };
  try {
    const body = JSON.stringify({ token });
    const response = await call(base, "/v1/customers/identify", { method: "POST", headers, body });
    const credential = (await response.json()) as Credential;
    kept.save(credential);
    await copy.save(credential);
    return { credential };
  } catch (error) {
    if (error instanceof HttpError && error.refusal) return { refusal: error.refusal };
    throw error;
  }
}

/** A server that is busy has not used the token up. */
async function patiently(place: Place, token: string): Promise<Entered> {
  for (let left = mostTries; ; left--) {
    const answer = await identify(place, token);
    const isBusy = "refusal" in answer && (answer.refusal.code === "busy" || answer.refusal.code === "rate-limited");
    if (!isBusy || left <= 1) return answer;
    const delayMs = Math.min(answer.refusal.retryAfterMs ?? 1_000, mostWaitMs);
    await new Promise<void>((resolve) => void systemClock.setTimer(resolve, delayMs));
  }
}

/** A credential that ended (it expired, its key was revoked) is fetched anew, by the tab that leads. */
export function askWhenEnded(place: Place, clock: Clock, source: TokenSource): void {
  const { client } = place;
  let askedAt = Number.NEGATIVE_INFINITY;
  client.connection.subscribe((connection) => {
    const isEnded = connection.state === "closed" && connection.reason === "unauthorised";
    if (!isEnded || place.entering > 0 || !client.leader.value || clock.elapsed() - askedAt < askAgainMs) return;
    askedAt = clock.elapsed();
    void (async () => {
      const token = await source();
      if (token !== undefined) await enter(place, token);
    })().catch((error: unknown) => warn(`no fresh token: ${String(error)}`));
  });
}
