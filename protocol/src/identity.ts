import { accountId } from "./id.ts";
import type { identityReasons } from "./identity-reason.ts";
import { limits } from "./limits.ts";
import { cleanLine } from "./text.ts";
import * as v from "./v.ts";

/** Bodies of the HTTP calls by which the shop's site says who a customer is. */

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

/** A customer's address, from whoever says it: enough of a form to tell an address from another text. */
export const customerEmail = v.pipe(cleanLine(identityLimits.emailChars), v.regex(/^[^@\s]+@[^@\s]+$/));

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
  email: v.optional(customerEmail),
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
