/** Acts that rights rest on, each with what it says. Every one of them is a line of the audit log. */
export const auditActs = {
  "sign-in": "somebody of the staff signed in on a device",
  "sign-in-locked": "sign-ins of a login were refused for a while after too many wrong tries",
  "sign-out": "a device was signed out by its owner",
  "device-revoked": "a device was signed out by somebody else, or from another device",
  "password-changed": "a password was set anew",
  "factor-added": "a second factor was added",
  "factor-removed": "a second factor was removed",
  "factor-reset": "somebody's lost second factors were taken away for them, with all devices",
  "recovery-code-used": "a recovery code took the place of a second factor",
  "passkey-added": "a passkey was added",
  "passkey-removed": "a passkey was removed",
  "sso-changed": "single sign-on was set up, changed or removed",
  "invitation-sent": "somebody was invited to the staff",
  "invitation-accepted": "an invited person joined the staff",
  "invitation-revoked": "an invitation was taken back",
  "staff-renamed": "the name of somebody of the staff was changed",
  "staff-disabled": "somebody of the staff was shut out, with all devices",
  "staff-enabled": "somebody of the staff was let in again",
  "staff-moved": "somebody of the staff went to another shop",
  "role-created": "a role was made",
  "role-changed": "a role was given another name or other permissions",
  "role-deleted": "a role was deleted",
  "role-assigned": "somebody of the staff was given a role",
  "shop-created": "a shop was made",
  "shop-changed": "a shop was changed",
  "shop-looks-changed": "what the widget shows for one shop was changed; which parts, not what they say",
  "shop-deleted": "a shop was deleted",
  "team-created": "a team was made",
  "team-changed": "a team was changed",
  "team-deleted": "a team was deleted",
  "team-joined": "somebody was put into a team",
  "team-left": "somebody was taken out of a team",
  "desk-created": "a desk was made in a shop",
  "desk-joined": "somebody was put to serve at a desk",
  "desk-left": "somebody was taken from a desk",
  "key-created": "a key of the shop's site was made",
  "key-rotated": "a key of the shop's site was replaced",
  "key-revoked": "a key of the shop's site was revoked",
  "customer-identified": "the shop's site said who a customer is",
  "customer-claimed": "a visitor's conversations became those of a known customer",
  "customer-merged": "two records of one customer became one",
  "customer-unmerged": "a merge of two records was undone",
  "customer-changed": "what staff know of a customer was changed; which fields, not what they say",
  "snippet-created": "a reply that all staff share was made",
  "snippet-changed": "a reply that all staff share was given another name or text; not what it says",
  "snippet-deleted": "a reply that all staff share was deleted",
  "settings-changed": "settings of the workspace were changed",
} as const;

export type AuditAct = keyof typeof auditActs;

/** What else there is to say of an act: ids, names and codes; never a secret, a message or what a customer's profile says. */
export type AuditDetail = { [field: string]: string | number | boolean | null | string[] | undefined };

export type AuditLine = {
  seq: number;
  at: number;
  by: string;
  act: AuditAct;
  subject?: string | undefined;
  detail: AuditDetail;
  hash: string;
};
/** `names`: what the ids in these lines are called now; of what is deleted there is none. They are no part of the log. */
export type AuditPage = { lines: AuditLine[]; names: Record<string, string>; next?: number | undefined };
