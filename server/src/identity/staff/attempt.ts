import { createCipheriv, createDecipheriv } from "node:crypto";
import type { AccountId } from "@aftercare/protocol";
import type { Clock } from "../../context.ts";
import { base64url, type Secrets } from "../ports.ts";
import type { IdentityStore } from "../store.ts";

/** What a person has proved so far, and what of it they still have to finish. Each kind is good for its own step alone. */
export type Attempt =
  | { step: "code"; account: AccountId }
  | { step: "enrol"; account: AccountId }
  | { step: "passkey-sign-in"; challenge: string }
  | { step: "passkey-confirm"; challenge: string; account: AccountId }
  | { step: "passkey-add"; challenge: string; account: AccountId }
  | { step: "sso"; jar: Record<string, string> };

type Sealed = Attempt & { nonce: string; until: number };

export const attemptTtlMs = 600_000;
const prefix = "att_";
const [ivBytes, tagBytes] = [12, 16];

type AttemptCtx = { clock: Clock; secrets: Secrets; key: Uint8Array; store: Pick<IdentityStore, "useTickets"> };

export interface Attempts {
  begin(attempt: Attempt): { attempt: string; expiresAt: number };
  /** What was sealed, if it is ours, in time and for this step. */
  open<S extends Attempt["step"]>(
    text: string,
    step: S,
  ): (Extract<Attempt, { step: S }> & { nonce: string }) | undefined;
  /** Uses an attempt up; false when it was used before, on whatever node. */
  finish(nonce: string): Promise<boolean>;
  /** Whether nobody has used this word within the next `ttlMs`: a code, a challenge. */
  once(word: string, ttlMs: number): Promise<boolean>;
}

/**
 * An attempt travels with the browser, encrypted: nodes keep nothing of it, and there is no cookie that another site could
 * have the browser send along.
 */
export function createAttempts({ clock, secrets, key, store }: AttemptCtx): Attempts {
  async function once(word: string, ttlMs: number): Promise<boolean> {
    const nonce = base64url(secrets.sha256(word));
    return (await store.useTickets([{ nonce, expiresAt: clock.now() + ttlMs }])).has(nonce);
  }

  function read(text: string): Sealed | undefined {
    if (!text.startsWith(prefix)) return undefined;
    const bytes = Buffer.from(text.slice(prefix.length), "base64url");
    if (bytes.length <= ivBytes + tagBytes) return undefined;
    const decipher = createDecipheriv("aes-256-gcm", key, bytes.subarray(0, ivBytes));
    decipher.setAuthTag(bytes.subarray(ivBytes, ivBytes + tagBytes));
    try {
      const plain = Buffer.concat([decipher.update(bytes.subarray(ivBytes + tagBytes)), decipher.final()]);
      return JSON.parse(plain.toString("utf8")) as Sealed;
    } catch {
      return undefined;
    }
  }

  return {
    begin(attempt) {
      const until = clock.now() + attemptTtlMs;
      const sealed: Sealed = { ...attempt, nonce: base64url(secrets.random(16)), until };
      const iv = secrets.random(ivBytes);
      const cipher = createCipheriv("aes-256-gcm", key, iv);
      const bytes = Buffer.concat([cipher.update(JSON.stringify(sealed), "utf8"), cipher.final()]);
      return { attempt: prefix + base64url(Buffer.concat([iv, cipher.getAuthTag(), bytes])), expiresAt: until };
    },
    open(text, step) {
      const found = read(text);
      if (found?.step !== step || found.until <= clock.now()) return undefined;
      return found as unknown as Extract<Attempt, { step: typeof step }> & { nonce: string };
    },
    finish: (nonce) => once(`attempt ${nonce}`, attemptTtlMs),
    once,
  };
}
