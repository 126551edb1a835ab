import {
  type IdentityProblem,
  type IdentityReason,
  type IdentityTest,
  type InferOutput,
  identityClaims,
  identityLimits,
  identityReasons,
  safeParse,
} from "@aftercare/protocol";
import type { Clock } from "../context.ts";
import type { IdentityKeys, KnownKey } from "./identity-keys.ts";
import { isSigned } from "./jws.ts";

export type Claims = InferOutput<typeof identityClaims>;
/** What a token says, and everything that is wrong with it; believed only when nothing is. */
export type Read = {
  problems: IdentityProblem[];
  header?: Record<string, unknown>;
  payload?: Record<string, unknown>;
  claims?: Claims;
  kid?: string;
};
type TokenCtx = { keys: Pick<IdentityKeys, "find" | "workspace">; clock: Pick<Clock, "now"> };

const needed = ["sub", "iss", "aud", "iat", "exp", "jti"] as const;
/** A field beyond these might change how the rest is to be understood. */
const headerFields = new Set(["alg", "kid", "typ"]);
const part = /^[-\w]+$/;

export const problem = (reason: IdentityReason, path?: string): IdentityProblem => ({
  reason,
  ...(path !== undefined && { path }),
  text: identityReasons[reason],
});

/** Reads a token of the shop's site. The first problem is the one to tell: what comes after it may follow from it. */
export async function readShopToken({ keys, clock }: TokenCtx, token: string): Promise<Read> {
  if (token.length > identityLimits.tokenChars) return { problems: [problem("too-large")] };
  const parts = token.split(".");
  const header = parts.length === 3 ? objectIn(parts[0]) : undefined;
  const payload = parts.length === 3 ? objectIn(parts[1]) : undefined;
  if (!header || !payload) return { problems: [problem("malformed")] };
  const found = await keyOf(keys, header);
  const problems = found.problems;
  const { key } = found;
  if (key && header.alg !== key.algorithm) problems.push(problem("wrong-algorithm"));
  else if (key && !(part.test(parts[2] ?? "") && (await isSignedBy(token, key))))
    problems.push(problem("bad-signature"));
  const parsed = claimsOf(payload);
  problems.push(...parsed.problems);
  const read: Read = { problems, header, payload, ...(key && { kid: key.kid }) };
  if (!parsed.claims) return read;
  problems.push(...wrongIn(parsed.claims, key?.kid, await keys.workspace(), clock.now()));
  return { ...read, claims: parsed.claims };
}

async function isSignedBy(token: string, key: KnownKey): Promise<boolean> {
  const verify = await key.verify();
  return verify !== undefined && isSigned(token, verify);
}

/** Base64url of a JSON object, or nothing. */
function objectIn(text: string | undefined): Record<string, unknown> | undefined {
  if (text === undefined || !part.test(text)) return undefined;
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(text, "base64url")));
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

async function keyOf(
  keys: TokenCtx["keys"],
  header: Record<string, unknown>,
): Promise<{ problems: IdentityProblem[]; key?: KnownKey }> {
  const odd = Object.keys(header).find((name) => !headerFields.has(name));
  if (odd !== undefined) return { problems: [problem("header-refused", odd.slice(0, 40))] };
  if (header.typ !== undefined && String(header.typ).toUpperCase() !== "JWT")
    return { problems: [problem("header-refused", "typ")] };
  const { kid } = header;
  if (kid === undefined) return { problems: [problem("no-key")] };
  const key = typeof kid === "string" && kid.length <= 60 ? await keys.find(kid) : undefined;
  if (!key) return { problems: [problem("unknown-key")] };
  if (key.standing === "good") return { problems: [], key };
  return { problems: [problem(key.standing === "revoked" ? "key-revoked" : "key-expired")], key };
}

function claimsOf(payload: Record<string, unknown>): { problems: IdentityProblem[]; claims?: Claims } {
  const missing = needed.filter((name) => payload[name] === undefined || payload[name] === "");
  if (missing.length > 0) return { problems: missing.map((name) => problem("missing-claim", name)) };
  const parsed = safeParse(identityClaims, payload);
  if (parsed.success) return { problems: [], claims: parsed.output };
  const places = new Set(parsed.issues.map((issue) => String(issue.path?.[0]?.key ?? "")));
  return { problems: [...places].map((place) => problem("bad-claim", place)) };
}

function wrongIn({ iss, aud, iat, exp, nbf }: Claims, kid: string | undefined, workspace: string, now: number) {
  const problems: IdentityProblem[] = [];
  const { skewMs, lifeMs } = identityLimits;
  if (kid !== undefined && iss !== kid) problems.push(problem("wrong-issuer"));
  if (!(typeof aud === "string" ? [aud] : aud).includes(workspace)) problems.push(problem("wrong-audience"));
  if (exp <= iat) problems.push(problem("bad-claim", "exp"));
  if ((exp - iat) * 1_000 > lifeMs) problems.push(problem("lives-too-long"));
  if (Math.max(iat, nbf ?? 0) * 1_000 > now + skewMs) problems.push(problem("not-yet-valid"));
  if (exp * 1_000 <= now - skewMs) problems.push(problem("expired"));
  return problems;
}

export const testOf = ({ problems, header, payload }: Read): IdentityTest => ({
  good: problems.length === 0,
  ...(header && { header }),
  ...(payload && { claims: payload }),
  problems,
});
