import { createHash, createHmac, randomBytes, timingSafeEqual } from "node:crypto";
import { lookup } from "node:dns/promises";
import { makeId } from "@aftercare/protocol";
import { pino } from "pino";
import type { Clock, Ids, Logger } from "./context.ts";
import type { Passwords, Secrets } from "./identity/ports.ts";
import type { Fresh, PrivateJwk, Sealed } from "./push/encrypt.ts";

/** What only a real process has: time, randomness, hashing, its own memory figures. Everything else is given these. */

export const systemClock: Clock = {
  now: () => Date.now(),
  elapsed: () => performance.now(),
  setTimer: (callback, delayMs) => setTimeout(callback, delayMs),
  clearTimer: (timer) => clearTimeout(timer as ReturnType<typeof setTimeout>),
};

const sha256 = (text: string): Buffer => createHash("sha256").update(text).digest();

/** The one conversation of a pair has an id made from both accounts, so two nodes that race make the same one. */
function pairId(one: string, other: string): string {
  const hash = sha256([one, other].sort().join(" "));
  return makeId("c_", hash.readUIntBE(0, 6), hash.subarray(6, 16));
}

export const systemIds: Ids = {
  conversation: () => makeId("c_", Date.now(), randomBytes(10)),
  direct: pairId,
  fingerprint: (text) => sha256(text).readUIntBE(0, 6),
  secret: () => randomBytes(32).toString("base64url"),
};

export const systemSecrets: Secrets = {
  random: (bytes) => randomBytes(bytes),
  sha256,
  hmac: (key, text) => createHmac("sha256", key).update(text).digest(),
  equal: (one, other) => one.length === other.length && timingSafeEqual(one, other),
};

// OWASP's second choice for argon2id: 19 MiB, two passes. More memory would let a few sign-ins at once starve a small machine.
const argon = { algorithm: "argon2id", memoryCost: 19_456, timeCost: 2 } as const;

export const systemPasswords: Passwords = {
  hash: (password) => Bun.password.hash(password, argon),
  verify: (password, hash) => Bun.password.verify(password, hash),
};

export type ProcessFigures = { residentBytes: number; cpuSeconds: number; startedAtSeconds: number };

/** Figures of this process, for /metrics. */
export function processFigures(): ProcessFigures {
  const { user, system } = process.cpuUsage();
  return {
    residentBytes: process.memoryUsage.rss(),
    cpuSeconds: (user + system) / 1e6,
    startedAtSeconds: Date.now() / 1000 - process.uptime(),
  };
}

/** JSON lines on standard output. Bodies, tokens and tickets are never given to it. */
export function createLogger(level: string): Logger {
  const log = pino({ level, base: null });
  return {
    info: (fields, text) => log.info(fields, text),
    warn: (fields, text) => log.warn(fields, text),
    error: (fields, text) => log.error(fields, text),
  };
}

export const lookupAll = (host: string) => lookup(host, { all: true });

/** A private key on P-256, as JSON. */
export async function makePushKey(): Promise<PrivateJwk> {
  const pair = (await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [
    "sign",
  ])) as CryptoKeyPair;
  return crypto.subtle.exportKey("jwk", pair.privateKey);
}

/** A salt and a pair of keys for one notification. */
export async function freshPush(): Promise<Fresh> {
  const curve = { name: "ECDH", namedCurve: "P-256" };
  const pair = (await crypto.subtle.generateKey(curve, true, ["deriveBits"])) as CryptoKeyPair;
  return { salt: new Uint8Array(randomBytes(16)), pair };
}

const pushTimeoutMs = 10_000;

/** No redirect is followed, and nothing of the answer but its status is looked at. */
export async function postPush({ endpoint, headers, body }: Sealed) {
  const signal = AbortSignal.timeout(pushTimeoutMs);
  const response = await fetch(endpoint, { method: "POST", headers, body, redirect: "manual", signal });
  await response.body?.cancel();
  return { status: response.status };
}
