import { customerEmail } from "./identity.ts";
import { limits } from "./limits.ts";
import { cleanLine, cleanTextOrEmpty } from "./text.ts";
import * as v from "./v.ts";

/** What there is to know of a customer, and to hide. What a customer paid comes with orders, not in the profile. */
export const customerFields = ["phone", "email", "address", "price", "notes"] as const;
export type CustomerField = (typeof customerFields)[number];
export type ProfileField = Exclude<CustomerField, "price">;

/** What was read is sent back as it is, also where it was kept before its form was asked for. */
const seenText = v.optional(v.nullable(cleanTextOrEmpty(limits.announcementChars)));

/** A field left out stays; null empties it. Everybody is called something. */
export const profileChange = v.strictObject({
  name: v.optional(cleanLine(limits.nameChars)),
  phone: v.optional(v.nullable(cleanLine(40))),
  email: v.optional(v.nullable(customerEmail)),
  address: v.optional(v.nullable(cleanTextOrEmpty(500))),
  notes: v.optional(v.nullable(cleanTextOrEmpty(limits.announcementChars))),
  /** What the writer saw: where a field says something else meanwhile, nothing is written. Left out, nothing is compared. */
  seen: v.optional(
    v.strictObject({ name: seenText, phone: seenText, email: seenText, address: seenText, notes: seenText }),
  ),
});

export type CustomerProfile = {
  account: string;
  name: string;
  profile: { [F in ProfileField]?: string | null };
  /** Fields that this reader may not see, whether or not they say anything. */
  hidden: CustomerField[];
  updatedAt?: number | undefined;
};
