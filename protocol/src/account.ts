import { limits } from "./limits.ts";
import { cleanLine } from "./text.ts";
import * as v from "./v.ts";

/** Bodies of the HTTP calls that give a credential. */
export const signIn = v.strictObject({
  login: cleanLine(limits.titleChars),
  password: v.pipe(v.string(), v.minLength(1), v.maxLength(200)),
});
/** A customer nobody knows yet: answered with a device token, which is that customer from now on. */
export const newCustomer = v.strictObject({ name: v.optional(cleanLine(limits.nameChars)) });

export type Credential = {
  token: string;
  account: string;
  name: string;
  kind: "staff" | "customer";
  expiresAt: number;
  /** Further accounts of the same person, newest first: what a device keeps of one of them is this account's. */
  formerly?: string[] | undefined;
};
export type Ticket = { ticket: string; expiresAt: number };
