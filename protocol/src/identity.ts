import { accountId } from "./id.ts";
import { limits } from "./limits.ts";
import { cleanLine } from "./text.ts";
import * as v from "./v.ts";

/** Bodies of the HTTP calls by which the shop's site says who a customer is. */

/** Why a token of the shop's site is not taken. Each is for whoever programs that site, so each says what to do. */
export const identityReasons = {
  "too-large": "the token is longer than 4,096 characters: leave out claims that are not asked for",
  malformed: "this is no signed token: it must be three parts in base64url, joined by dots, the first two of them JSON",
  "header-refused":
    "the header has a field that is not taken (`path` names it): only `alg`, `kid` and `typ` (which must be JWT) may stand there",
  "no-key": "the header has no `kid`: put the id of the key there that the token is signed with",
  "unknown-key": "this workspace has no key with that `kid`",
  "key-revoked": "the key was revoked: sign with another one",
  "key-expired": "the key's time is over: sign with another one",
  "wrong-algorithm": "`alg` is not the algorithm that the key was made for",
  "bad-signature": "the signature does not fit: another key or secret was used, or the token was changed afterwards",
  "missing-claim": "a claim is missing (`path` names it): sub, iss, aud, iat, exp and jti are needed",
  "bad-claim": "a claim has a form or length that is not taken (`path` names it)",
  "wrong-issuer": "`iss` must be the id of the key, the same as `kid`",
  "wrong-audience": "`aud` must be the id of this workspace: the token is meant for another one",
  expired: "`exp` has passed: make the token when the page is asked for, and look at the clock of the shop's server",
  "not-yet-valid": "`iat` or `nbf` lies ahead: look at the clock of the shop's server",
  "lives-too-long": "`exp` may be at most 10 minutes after `iat`",
  replayed: "the token was used before: each one is good for one use, so make a new one with a new `jti`",
} as const;
export type IdentityReason = keyof typeof identityReasons;

export const identityLimits = {
  tokenChars: 4_096,
  subjectChars: 200,
  nonceChars: 200,
  emailChars: 254,
  phoneChars: 40,
  lifeMs: 600_000,
  skewMs: 60_000,
  activeKeys: 20,
} as const;

export const identityAlgorithms = ["EdDSA", "HS256"] as const;
export type IdentityAlgorithm = (typeof identityAlgorithms)[number];

/** A token of any length is read, so that the answer can say what is wrong with it. */
const token = v.pipe(v.string(), v.minLength(1));
export const identify = v.strictObject({ token });

/** What the shop's site says of a customer. Further claims are ignored. */
export const identityClaims = v.looseObject({
  sub: v.pipe(cleanLine(identityLimits.subjectChars), v.minLength(1)),
  iss: v.string(),
  aud: v.union([v.string(), v.pipe(v.array(v.string()), v.maxLength(10))]),
  iat: v.pipe(v.number(), v.minValue(0), v.maxValue(1e11)),
  exp: v.pipe(v.number(), v.minValue(0), v.maxValue(1e11)),
  nbf: v.optional(v.pipe(v.number(), v.minValue(0), v.maxValue(1e11))),
  jti: v.pipe(v.string(), v.minLength(8), v.maxLength(identityLimits.nonceChars)),
  name: v.optional(cleanLine(limits.nameChars)),
  email: v.optional(v.pipe(cleanLine(identityLimits.emailChars), v.regex(/^[^@\s]+@[^@\s]+$/))),
  phone: v.optional(v.pipe(cleanLine(identityLimits.phoneChars), v.regex(/^[-+().\d\s]{3,}$/))),
  locale: v.optional(v.pipe(v.string(), v.regex(/^[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8}){0,3}$/))),
});

const expiresAt = v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8_640_000_000_000_000)));
/** An Ed25519 public key: a JWK, or PEM (SPKI). */
const publicKey = v.union([v.pipe(v.string(), v.minLength(1), v.maxLength(2_000)), v.anyObject()]);

export const newIdentityKey = v.strictObject({
  algorithm: v.picklist(identityAlgorithms),
  name: cleanLine(limits.nameChars),
  publicKey: v.optional(publicKey),
  expiresAt,
});
export const revokeIdentityKey = v.strictObject({
  /** Ends the devices, too, that came by tokens of this key: for a key that leaked. */
  endDevices: v.optional(v.boolean()),
});
export const rotateIdentityKey = v.strictObject({
  publicKey: v.optional(publicKey),
  /** How long the old key stays good, so that the shop's site can change over. */
  overlapMs: v.optional(v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(30 * 86_400_000))),
});
export const mergeCustomer = v.strictObject({ other: accountId });

export type IdentityKey = {
  kid: string;
  algorithm: IdentityAlgorithm;
  name: string;
  createdAt: number;
  expiresAt?: number | undefined;
  revokedAt?: number | undefined;
};
/** `secret` is shown this once: HS256 keys alone have one, used as the text that it is. */
export type NewIdentityKey = { key: IdentityKey; secret?: string | undefined };

export type IdentityProblem = { reason: IdentityReason; path?: string | undefined; text: string };
/** What is in a token and what is wrong with it. `claims` are believed only when there are no problems. */
export type IdentityTest = {
  good: boolean;
  header?: unknown;
  claims?: unknown;
  problems: IdentityProblem[];
};
export type CustomerMerge = {
  id: string;
  survivor: string;
  merged: string;
  kind: "claim" | "staff";
  by: string;
  at: number;
  conversations: number;
  undoneBy?: string | undefined;
  undoneAt?: number | undefined;
};
