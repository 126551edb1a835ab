import {
  type AccountId,
  type InferOutput,
  newCustomer,
  ownChange,
  preferenceChange,
  preferenceNames,
} from "@aftercare/protocol";
import type { Principal } from "../context.ts";
import { json, refuse } from "./refusal.ts";
import type { Route } from "./route.ts";
import { answered } from "./routes-staff.ts";
import { object, ref } from "./schemas.ts";

const me = ({ account, name, kind, may = [], role, shop }: Principal): Response =>
  json({ account, name, kind, may, role, shop });

/** Who one is: getting a credential, showing it, giving it up. */
export const accountRoutes: readonly Route[] = [
  {
    method: "post",
    path: "/v1/customers",
    operationId: "createCustomer",
    summary: "Become a new customer; the answer's token is that customer from now on",
    auth: "open",
    body: { schema: newCustomer },
    answer: { status: 201, description: "The new customer's credential", schema: ref("Credential") },
    async handle({ identity }, { body, address, request }) {
      const { name } = body as InferOutput<typeof newCustomer>;
      const outcome = await identity.newCustomer(name, address, request.headers.get("accept-language"));
      return "refusal" in outcome ? refuse(outcome.refusal) : json(outcome.credential, 201);
    },
  },
  {
    method: "post",
    path: "/v1/sign-out",
    operationId: "signOut",
    summary: "Revoke this device's token and close its connections",
    auth: "bearer",
    answer: { status: 200, description: "Revoked", schema: object({}) },
    async handle({ identity, door }, { principal }) {
      if (principal.kind === "staff") await door.security.endDevice(principal, principal.credential);
      else await identity.revoke(principal.credential);
      return json({});
    },
  },
  {
    method: "get",
    path: "/v1/me",
    operationId: "getMe",
    summary: "Whose token this is",
    auth: "bearer",
    answer: { status: 200, description: "The account", schema: ref("Me") },
    handle: (_, { principal }) => me(principal),
  },
  {
    method: "patch",
    path: "/v1/me",
    operationId: "changeMe",
    summary:
      "Change one's own name; conversations joined before are told. Of staff: who a customer is, their shop says",
    auth: "bearer",
    needs: "staff",
    body: { schema: ownChange },
    answer: { status: 200, description: "The account as it is now", schema: ref("Me") },
    async handle({ admin }, { principal, body }) {
      const changed = await admin.changeOwnName(principal.account, body as InferOutput<typeof ownChange>);
      return "refusal" in changed ? refuse(changed.refusal) : me({ ...principal, ...changed.value });
    },
  },
  {
    method: "get",
    path: "/v1/preferences",
    operationId: "getPreferences",
    summary: "What one of the staff chose for themselves, the same on all their devices",
    auth: "bearer",
    needs: "staff",
    answer: { status: 200, description: "By name", schema: ref("Preferences") },
    handle: async ({ admin }, { principal }) => json(await admin.readPreferences(principal.account as AccountId)),
  },
  {
    method: "put",
    path: "/v1/preferences/{name}",
    operationId: "setPreference",
    summary: "Keep a choice for the account; with `first` only where there is none yet. Answers what is kept now",
    auth: "bearer",
    needs: "staff",
    params: { name: { enum: [...preferenceNames] } },
    body: { schema: preferenceChange },
    answer: { status: 200, description: "As it is now", schema: ref("Preference") },
    handle: async ({ admin }, { principal, params, body }) => {
      const name = preferenceNames.find((one) => one === params.name);
      if (!name) return refuse({ code: "not-found" });
      const change = body as InferOutput<typeof preferenceChange>;
      return answered(await admin.setPreference(principal.account as AccountId, name, change));
    },
  },
  {
    method: "post",
    path: "/v1/ticket",
    operationId: "createTicket",
    summary: "Get a ticket for the first frame on a socket: short-lived, for one use",
    auth: "bearer",
    answer: { status: 200, description: "The ticket", schema: ref("Ticket") },
    handle: ({ identity }, { principal }) => json(identity.ticket(principal)),
  },
];
