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
