import { limits } from "./limits.ts";
import { roleId } from "./staff.ts";
import { cleanLine } from "./text.ts";
import * as v from "./v.ts";

/** Bodies of the HTTP calls by which staff sign in, prove who they are and keep their ways in. */

/** Characters of a password that is chosen; those chosen under older rules still open. */
export const passwordChars = { min: 10, max: 200 } as const;
export const mailLocales = ["en", "zh-Hant", "zh-Hans"] as const;
export type MailLocale = (typeof mailLocales)[number];

const password = v.pipe(v.string(), v.minLength(1), v.maxLength(passwordChars.max));
const attempt = v.pipe(v.string(), v.minLength(1), v.maxLength(4_000));
const code = v.pipe(v.string(), v.minLength(6), v.maxLength(20));
const email = v.pipe(v.string(), v.maxLength(254), v.regex(/^[^\s@<>"(),:;\\[\]]{1,64}@[^\s@<>"(),:;\\[\]]{1,253}$/));
const link = v.pipe(v.string(), v.regex(/^lnk_[-\w]{43}$/));
const id = v.pipe(v.string(), v.minLength(1), v.maxLength(1_400), v.regex(/^[-\w]+$/));
const locale = v.picklist(mailLocales);
/** What an authenticator says; its parts are checked by the verifier. */
const passkeyAnswer = v.anyObject();

export const codeKinds = ["totp", "recovery"] as const;
export const signInCode = v.strictObject({ attempt, code, kind: v.picklist(codeKinds) });
export const attemptOnly = v.strictObject({ attempt });
export const enrolFinish = v.strictObject({ attempt, code });
export const passkeyFinish = v.strictObject({ attempt, response: passkeyAnswer });
export const passkeyAddFinish = v.strictObject({ attempt, response: passkeyAnswer, name: cleanLine(limits.nameChars) });
export const passkeyRename = v.strictObject({ id, name: cleanLine(limits.nameChars) });
export const byId = v.strictObject({ id });
const word = v.pipe(v.string(), v.minLength(1), v.maxLength(2_000));
export const ssoFinish = v.strictObject({
  attempt,
  answer: v.strictObject({ state: word, code: v.optional(word), iss: v.optional(word), error: v.optional(word) }),
});
export const resetAsk = v.strictObject({ email, locale });
export const linkOnly = v.strictObject({ link });
export const linkAccept = v.strictObject({
  link,
  password,
  name: v.optional(cleanLine(limits.nameChars)),
  /** Where the link itself names nobody: the first owner's. */
  email: v.optional(email),
});
export const confirmSelf = v.strictObject({ password });
export const passwordChange = v.strictObject({ current: v.optional(password), next: password });
export const totpFinish = v.strictObject({ code });
export const inviteStaff = v.strictObject({
  email,
  role: roleId,
  locale,
});

/** Of somebody else who lost it; `passkeys`: theirs too. The mail that tells them is in `locale`. */
export const factorReset = v.strictObject({ passkeys: v.optional(v.boolean()), locale });
export type FactorReset = { devicesEnded: number; mailed: boolean };

/** What a proof led to, when it was not the last one. */
export type SignInStep = {
  next: "code" | "enrol";
  attempt: string;
  expiresAt: number;
};
export type SignInWays = { passkey: boolean; sso: boolean; mail: boolean };
export type TotpOffer = { uri: string; recoveryCodes: string[] };
export type PasskeyAsk = { attempt: string; options: Record<string, unknown> };
export type LinkAbout = { kind: "owner" | "invitation" | "reset"; email: string; login: string; expiresAt: number };
export type StaffPasskey = { id: string; name: string; createdAt: number; usedAt?: number };
export type StaffDevice = {
  id: string;
  agent?: string;
  network?: string;
  createdAt: number;
  usedAt: number;
  current: boolean;
};
export type StaffSecurity = {
  name: string;
  login: string;
  email?: string;
  hasPassword: boolean;
  /** Whether the holder of this device proved who they are within the last minutes. */
  confirmed: boolean;
  secondFactor: { on: boolean; required: boolean; recoveryCodesLeft: number };
  passkeys: StaffPasskey[];
  devices: StaffDevice[];
};
export type StaffInvitation = {
  id: string;
  email: string;
  role: string;
  createdAt: number;
  expiresAt: number;
  state: "open" | "expired";
};
