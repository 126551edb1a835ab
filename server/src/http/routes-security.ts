import {
  byId,
  confirmSelf,
  factorReset,
  type GenericSchema,
  type InferOutput,
  inviteStaff,
  passkeyAddFinish,
  passkeyFinish,
  passkeyRename,
  passwordChange,
  totpFinish,
} from "@aftercare/protocol";
import type { Refused } from "../identity/staff/staff.ts";
import type { HttpCtx, SignedCall } from "./call.ts";
import { json, refuse } from "./refusal.ts";
import type { JsonSchema, Route } from "./route.ts";
import { fromOf } from "./routes-sign-in.ts";
import { idOf, object, ref } from "./schemas.ts";

const done = (refused: Refused | undefined): Response => (refused ? refuse(refused.refusal) : json({}));
const given = <T extends object>(found: T | Refused): Response =>
  "refusal" in found ? refuse(found.refusal) : json(found);

type Act<S extends GenericSchema> = {
  path: string;
  operationId: string;
  summary: string;
  needs?: Extract<Route, { auth: "bearer" }>["needs"];
  body?: S;
  answer?: JsonSchema;
  run: (ctx: HttpCtx, call: SignedCall & { body: InferOutput<S> }) => Promise<Response>;
};

/** Customers have a device and nothing else: these are for staff. */
function act<S extends GenericSchema>({
  path,
  operationId,
  summary,
  needs,
  body,
  answer = object({}),
  run,
}: Act<S>): Route {
  return {
    method: "post",
    path,
    operationId,
    summary,
    auth: "bearer",
    ...(needs && { needs }),
    ...(body && { body: { schema: body } }),
    answer: { status: 200, description: "Done", schema: answer },
    handle: async (ctx, call) =>
      call.principal.kind === "staff" ? run(ctx, call as Parameters<typeof run>[1]) : refuse({ code: "forbidden" }),
  };
}

const selfRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/v1/security",
    operationId: "getSecurity",
    summary: "One's own ways in and devices",
    auth: "bearer",
    answer: { status: 200, description: "Ways in and devices", schema: ref("StaffSecurity") },
    handle: async ({ door }, { principal }) =>
      principal.kind === "staff" ? given(await door.security.about(principal)) : refuse({ code: "forbidden" }),
  },
  act({
    path: "/v1/security/confirm",
    operationId: "confirmSelf",
    summary: "Prove again who one is, by password, before ways in are changed",
    body: confirmSelf,
    run: async ({ door }, call) => done(await door.security.confirm(call.principal, call.body.password, fromOf(call))),
  }),
  act({
    path: "/v1/security/confirm/passkey",
    operationId: "askConfirmPasskey",
    summary: "What to ask the browser's passkeys to prove again who one is",
    answer: ref("PasskeyAsk"),
    run: async ({ door }, { principal }) => json(await door.security.askPasskey(principal)),
  }),
  act({
    path: "/v1/security/confirm/passkey/finish",
    operationId: "confirmByPasskey",
    summary: "Prove again who one is, by passkey",
    body: passkeyFinish,
    run: async ({ door }, { principal, body }) =>
      done(await door.security.confirmByPasskey(principal, body.attempt, body.response)),
  }),
  act({
    path: "/v1/security/password",
    operationId: "changePassword",
    summary: "Change one's password; all other devices are signed out",
    body: passwordChange,
    run: async ({ door }, call) =>
      done(await door.security.changePassword(call.principal, call.body.current, call.body.next, fromOf(call))),
  }),
  act({
    path: "/v1/security/devices/end",
    operationId: "endDevice",
    summary: "Sign one of one's own devices out",
    body: byId,
    run: async ({ door }, { principal, body }) => done(await door.security.endDevice(principal, body.id)),
  }),
  act({
    path: "/v1/security/devices/end-others",
    operationId: "endOtherDevices",
    summary: "Sign all other devices of one's own out",
    async run({ door }, { principal }) {
      await door.security.endOthers(principal);
      return json({});
    },
  }),
];

const factorRoutes: readonly Route[] = [
  act({
    path: "/v1/security/totp",
    operationId: "beginTotp",
    summary: "Begin a second factor",
    answer: ref("TotpOffer"),
    async run({ door }, { principal }) {
      const made = await door.security.beginTotp(principal);
      return "refusal" in made ? refuse(made.refusal) : json(made.offer);
    },
  }),
  act({
    path: "/v1/security/totp/finish",
    operationId: "finishTotp",
    summary: "Show the first code of the new second factor",
    body: totpFinish,
    run: async ({ door }, { principal, body }) => done(await door.security.finishTotp(principal, body.code)),
  }),
  act({
    path: "/v1/security/totp/remove",
    operationId: "removeTotp",
    summary: "Do without a second factor, where the role may",
    run: async ({ door }, { principal }) => done(await door.security.removeTotp(principal)),
  }),
  act({
    path: "/v1/security/recovery-codes",
    operationId: "newRecoveryCodes",
    summary: "New recovery codes; the old ones are over",
    answer: object({ recoveryCodes: { type: "array", items: { type: "string" } } }),
    run: async ({ door }, { principal }) => given(await door.security.newRecoveryCodes(principal)),
  }),
  act({
    path: "/v1/security/passkeys",
    operationId: "beginPasskey",
    summary: "What to ask the browser to make a passkey from",
    answer: ref("PasskeyAsk"),
    run: async ({ door }, { principal }) => given(await door.security.beginPasskey(principal)),
  }),
  act({
    path: "/v1/security/passkeys/finish",
    operationId: "addPasskey",
    summary: "Add the passkey that the browser made",
    body: passkeyAddFinish,
    run: async ({ door }, { principal, body }) =>
      done(await door.security.addPasskey(principal, body.attempt, body.response, body.name)),
  }),
  act({
    path: "/v1/security/passkeys/rename",
    operationId: "renamePasskey",
    summary: "Give a passkey another name",
    body: passkeyRename,
    run: async ({ door }, { principal, body }) =>
      done(await door.security.renamePasskey(principal, body.id, body.name)),
  }),
  act({
    path: "/v1/security/passkeys/remove",
    operationId: "removePasskey",
    summary: "Remove a passkey",
    body: byId,
    run: async ({ door }, { principal, body }) => done(await door.security.removePasskey(principal, body.id)),
  }),
];

const resetRoute: Route = {
  method: "post",
  path: "/v1/staff/{account}/reset-factor",
  operationId: "resetFactor",
  needs: "staff.manage",
  summary: "Take the lost second factor of somebody else, and sign all their devices out; they are told by mail",
  auth: "bearer",
  params: { account: idOf("a") },
  body: { schema: factorReset },
  answer: {
    status: 200,
    description: "Done",
    schema: object({ devicesEnded: { type: "integer" }, mailed: { type: "boolean" } }),
  },
  async handle({ admin, door }, { principal, params, body }) {
    const { passkeys = false, locale } = body as InferOutput<typeof factorReset>;
    const account = params.account ?? "";
    const outcome = await admin.resetFactor(principal, account, passkeys);
    if ("refusal" in outcome) return refuse(outcome.refusal);
    return json({ ...outcome.value, mailed: await door.security.tellReset(account, locale, principal.name) });
  },
};

const invitationRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/v1/invitations",
    operationId: "getInvitations",
    needs: "staff.manage",
    summary: "Invitations to the staff that are not accepted yet",
    auth: "bearer",
    answer: { status: 200, description: "The invitations", schema: ref("StaffInvitations") },
    async handle({ door }, { principal }) {
      const found = await door.invitations.list(principal);
      return "refusal" in found ? refuse(found.refusal) : json({ invitations: found });
    },
  },
  act({
    path: "/v1/invitations",
    operationId: "inviteStaff",
    needs: "staff.manage",
    summary: "Invite somebody to the staff by mail",
    body: inviteStaff,
    answer: object({ id: { type: "string" } }),
    run: async ({ door }, { principal, body }) =>
      given(await door.invitations.invite(principal, body.email, body.role, body.locale)),
  }),
  act({
    path: "/v1/invitations/resend",
    operationId: "resendInvitation",
    needs: "staff.manage",
    summary: "Send an invitation again; the link sent before is over",
    body: byId,
    run: async ({ door }, { principal, body }) => done(await door.invitations.resend(principal, body.id)),
  }),
  act({
    path: "/v1/invitations/revoke",
    operationId: "revokeInvitation",
    needs: "staff.manage",
    summary: "Take an invitation back",
    body: byId,
    run: async ({ door }, { principal, body }) => done(await door.invitations.revoke(principal, body.id)),
  }),
];

/** What staff who are signed in do about their own ways in, and whom they invite. */
export const securityRoutes: readonly Route[] = [...selfRoutes, ...factorRoutes, resetRoute, ...invitationRoutes];
