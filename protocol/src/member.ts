import { type AccountId, accountId, type Seq, streamId } from "./id.ts";
import * as v from "./v.ts";

/** `owner` and `admin` keep a group; `customer` is whom a support conversation is for, `agent` who serves it. */
export const roles = ["owner", "admin", "member", "customer", "agent"] as const;
export type Role = (typeof roles)[number];
const grantedRole = v.picklist(["admin", "member"]);

const until = v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(8_640_000_000_000_000));

export const memberCommands = {
  /** Puts a person in, who need not answer: staff into staff groups and into support conversations. */
  "member.add": { stream: streamId, body: v.strictObject({ account: accountId }) },
  "member.invite": { stream: streamId, body: v.strictObject({ account: accountId }) },
  /** Answers an invitation, or joins a support conversation of one's own desk. */
  "member.join": { stream: streamId, body: v.strictObject({}) },
  "member.decline": { stream: streamId, body: v.strictObject({}) },
  "member.leave": { stream: streamId, body: v.strictObject({}) },
  "member.remove": { stream: streamId, body: v.strictObject({ account: accountId }) },
  /** `untilAt`: Unix milliseconds; null ends the mute. */
  "member.mute": { stream: streamId, body: v.strictObject({ account: accountId, untilAt: v.nullable(until) }) },
  "member.set-role": { stream: streamId, body: v.strictObject({ account: accountId, role: grantedRole }) },
  "member.hand-over": { stream: streamId, body: v.strictObject({ account: accountId }) },
} as const;

/** A member as every other member sees them. */
export type Member = {
  account: AccountId;
  name: string;
  role: Role;
  /** What the member may read starts here. */
  fromSeq: Seq;
  mutedUntil?: number | undefined;
  /** Further accounts of the same person, whose records became one with this: what they wrote is this member's own. */
  formerly?: readonly AccountId[] | undefined;
};

export type MemberEvents = {
  "member.invited": { account: AccountId; name: string };
  "member.declined": { account: AccountId; name: string };
  "member.joined": { member: Member };
  "member.left": { account: AccountId; name: string };
  "member.removed": { account: AccountId; name: string };
  "member.muted": { account: AccountId; name: string; untilAt: number | null };
  "member.role-set": { account: AccountId; name: string; role: Role };
  /** `from` is known as `member` from now on: another account, or the same one under another name. */
  "member.became": { from: AccountId; member: Member };
  "member.handed-over": { from: AccountId; to: AccountId; name: string };
};

export type Receipt = {
  /** Every event up to here reached one of the member's devices. */
  deliveredSeq: Seq;
  readSeq: Seq;
};
