import * as v from "./v.ts";

/** Expected refusals: data, never thrown. The words a person reads are in `ui`. */
export const refusalCodes = {
  invalid: "the command does not have the form its schema says; `path` names the place",
  "unknown-command": "no command of this type exists in this version",
  unauthorised: "not signed in, or the credential is expired, revoked or not for this",
  forbidden: "the account may not do this here",
  "not-found": "no such stream, message or account, as far as this account may know",
  "id-reused": "the command id was used before with another body",
  "too-large": "over a limit of the protocol; `limit` names it",
  "rate-limited": "too many in too short a time; try again after `retryAfterMs`",
  "no-change": "it is already so; nothing was written",
  recalled: "the message was recalled",
  "too-late": "the window for this has closed, or what was seen has changed meanwhile: `path` names it",
  "not-a-member": "the account is not a member of this conversation",
  "already-a-member": "the account is a member already",
  "not-invited": "joining needs an invitation",
  muted: "the member may not write until the mute ends; `retryAfterMs` says when",
  "owner-must-hand-over": "the owner hands over first: a group or a workspace is never without one",
  full: "a limit of members, pins, reactions or edits is reached; `limit` names it",
  closed: "the conversation takes no more of this",
  "in-use": "something else still needs it, or has the name already",
  busy: "the server cannot take it now; try again after `retryAfterMs`",
} as const;

export type RefusalCode = keyof typeof refusalCodes;
export const refusalCode = v.picklist(Object.keys(refusalCodes) as [RefusalCode, ...RefusalCode[]]);

export const refusal = v.looseObject({
  code: refusalCode,
  /** Milliseconds to wait before the same can be tried again. */
  retryAfterMs: v.optional(v.number()),
  /** The limit that was met, by its name in `limits`, with its value. */
  limit: v.optional(v.strictObject({ name: v.string(), value: v.number() })),
  /** The place in the command that is wrong, in dot notation. */
  path: v.optional(v.string()),
  /** Why, in one word out of a documented list, where the code alone does not help whoever has to mend it. */
  reason: v.optional(v.string()),
});
export type Refusal = {
  code: RefusalCode;
  retryAfterMs?: number | undefined;
  limit?: { name: string; value: number } | undefined;
  path?: string | undefined;
  reason?: string | undefined;
};

/** WebSocket close codes; on other transports they come in the `bye` frame. 4000-4499: reconnect and resume. 4500-4999: do not. */
export const closeCodes = {
  move: 4000,
  silent: 4001,
  slow: 4002,
  busy: 4003,
  restart: 4004,
  "bad-frame": 4500,
  "frame-too-large": 4501,
  "version-unsupported": 4502,
  unauthorised: 4503,
  "hello-missing": 4504,
  "origin-refused": 4505,
  "rate-limited": 4006,
  replaced: 4507,
} as const;
export type CloseReason = keyof typeof closeCodes;

export const mayReconnect = (code: number): boolean => code < 4500;
