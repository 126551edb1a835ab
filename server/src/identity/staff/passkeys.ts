import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from "@simplewebauthn/server";
import { base64url, type Secrets } from "../ports.ts";
import type { PasskeyRow, StaffRow } from "./store.ts";

/** What a browser hands over; the verifier looks into it. */
type Given = Record<string, unknown>;
export type NewPasskey = { id: string; publicKey: Uint8Array; counter: number; transports: string[] };

const loopback = /^(?:127\.\d+\.\d+\.\d+|\[::1\])$/;
/** Long enough to fetch a phone. */
const promptTimeoutMs = 300_000;

export interface Passkeys {
  challenge(): string;
  offerToAdd(person: StaffRow, existing: readonly PasskeyRow[], challenge: string): Promise<Given>;
  checkNew(response: Given, challenge: string): Promise<NewPasskey | undefined>;
  offerToSignIn(challenge: string, allowed?: readonly PasskeyRow[]): Promise<Given>;
  /** The counter that the authenticator stands at, when the answer is right. */
  check(response: Given, challenge: string, passkey: PasskeyRow): Promise<number | undefined>;
}

/**
 * The user is always verified by the authenticator (fingerprint, face, PIN), so a passkey alone is two factors: something
 * one has and something one is or knows.
 */
export function createPasskeys(secrets: Secrets, origin: string): Passkeys {
  // An address in figures cannot have passkeys; the machine itself is then called by its name.
  const url = new URL(origin);
  if (loopback.test(url.hostname)) url.hostname = "localhost";
  const rpID = url.hostname;
  const expected = (challenge: string) => ({
    expectedChallenge: challenge,
    expectedOrigin: url.origin,
    expectedRPID: rpID,
    requireUserVerification: true,
  });
  // The library's own types ask for more than the wire has been checked for; it checks the rest itself.
  const verified = async <T>(work: () => Promise<T>): Promise<T | undefined> => work().catch(() => undefined);
  return {
    challenge: () => base64url(secrets.random(32)),
    async offerToAdd({ account, login, name }, existing, challenge) {
      const options = await generateRegistrationOptions({
        rpName: "Aftercare",
        rpID,
        userName: login,
        userDisplayName: name,
        userID: new Uint8Array(Buffer.from(account)),
        challenge: new Uint8Array(Buffer.from(challenge, "base64url")),
        timeout: promptTimeoutMs,
        excludeCredentials: existing.map(({ id, transports }) => ({ id, transports })),
        authenticatorSelection: { residentKey: "required", userVerification: "required" },
      });
      return { ...options };
    },
    async checkNew(response, challenge) {
      type Response = Parameters<typeof verifyRegistrationResponse>[0]["response"];
      const answer = await verified(() =>
        verifyRegistrationResponse({ response: response as unknown as Response, ...expected(challenge) }),
      );
      if (!answer?.verified) return undefined;
      const { id, publicKey, counter, transports = [] } = answer.registrationInfo.credential;
      return { id, publicKey, counter, transports: transports.slice(0, 10).map((one) => String(one).slice(0, 20)) };
    },
    async offerToSignIn(challenge, allowed = []) {
      const options = await generateAuthenticationOptions({
        rpID,
        challenge: new Uint8Array(Buffer.from(challenge, "base64url")),
        timeout: promptTimeoutMs,
        userVerification: "required",
        allowCredentials: allowed.map(({ id, transports }) => ({ id, transports })),
      });
      return { ...options };
    },
    async check(response, challenge, { id, publicKey, counter, transports }) {
      type Response = Parameters<typeof verifyAuthenticationResponse>[0]["response"];
      const credential = { id, publicKey: new Uint8Array(publicKey), counter, transports };
      const answer = await verified(() =>
        verifyAuthenticationResponse({
          response: response as unknown as Response,
          credential,
          ...expected(challenge),
        }),
      );
      return answer?.verified ? answer.authenticationInfo.newCounter : undefined;
    },
  };
}
