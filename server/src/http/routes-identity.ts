import {
  type InferOutput,
  identify,
  mergeCustomer,
  newIdentityKey,
  revokeIdentityKey,
  rotateIdentityKey,
} from "@aftercare/protocol";
import { json, refuse } from "./refusal.ts";
import type { Route } from "./route.ts";
import { idOf, object, ref } from "./schemas.ts";

const text = { type: "string" };
const kid = { kid: { type: "string", pattern: "^k_[-\\w]{22}$" } };
const account = idOf("a");
const merge = { type: "string", pattern: "^m_[-\\w]{22}$" };
const matches = (value: string | undefined, { pattern }: { pattern: string }): value is string =>
  value !== undefined && new RegExp(pattern).test(value);
const bearerOf = (request: Request) => /^Bearer (\S{1,200})$/.exec(request.headers.get("authorization") ?? "")?.[1];

const answerOf = (outcome: object, status = 200): Response =>
  "refusal" in outcome ? refuse(outcome.refusal as Parameters<typeof refuse>[0]) : json(outcome, status);
const unknown = () => refuse({ code: "not-found" });

const keyRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/v1/identity-keys",
    operationId: "listIdentityKeys",
    summary: "The keys that the shop's site signs customers' tokens with, and the id of the workspace, their audience",
    auth: "bearer",
    needs: "keys.manage",
    answer: {
      status: 200,
      description: "The keys, newest first",
      schema: object({ workspace: text, keys: { type: "array", items: ref("IdentityKey") } }),
    },
    async handle({ identityKeys }) {
      const [workspace, keys] = await Promise.all([identityKeys.workspace(), identityKeys.list()]);
      return json({ workspace, keys });
    },
  },
  {
    method: "post",
    path: "/v1/identity-keys",
    operationId: "createIdentityKey",
    summary: "Make an HS256 secret, shown this once, or take an Ed25519 public key (JWK or PEM)",
    auth: "bearer",
    needs: "keys.manage",
    body: { schema: newIdentityKey },
    answer: { status: 201, description: "The key", schema: ref("NewIdentityKey") },
    async handle({ identityKeys }, { principal, body }) {
      const wish = body as InferOutput<typeof newIdentityKey>;
      return answerOf(await identityKeys.create(wish, principal.account), 201);
    },
  },
  {
    method: "post",
    path: "/v1/identity-keys/{kid}/rotate",
    operationId: "rotateIdentityKey",
    summary: "Make a key in place of this one, which stays good for a while (a day, unless told)",
    auth: "bearer",
    needs: "keys.manage",
    params: kid,
    body: { schema: rotateIdentityKey },
    answer: { status: 201, description: "The new key", schema: ref("NewIdentityKey") },
    async handle({ identityKeys }, { principal, body, params }) {
      if (!matches(params.kid, kid.kid)) return unknown();
      const wish = body as InferOutput<typeof rotateIdentityKey>;
      return answerOf(await identityKeys.rotate(params.kid, wish, principal.account), 201);
    },
  },
  {
    method: "post",
    path: "/v1/identity-keys/{kid}/revoke",
    operationId: "revokeIdentityKey",
    summary: "Take no more tokens of this key; on demand end the devices, too, that came by it",
    auth: "bearer",
    needs: "keys.manage",
    params: kid,
    body: { schema: revokeIdentityKey },
    answer: {
      status: 200,
      description: "Revoked",
      schema: object({ devicesEnded: { type: "integer", minimum: 0 } }),
    },
    async handle({ identityKeys }, { principal, body, params }) {
      if (!matches(params.kid, kid.kid)) return unknown();
      const { endDevices = false } = body as InferOutput<typeof revokeIdentityKey>;
      return answerOf(await identityKeys.revoke(params.kid, endDevices, principal.account));
    },
  },
  {
    method: "post",
    path: "/v1/identity-keys/test",
    operationId: "testIdentityToken",
    summary: "What is in a token of the shop's site and what is wrong with it; it is not used up",
    auth: "bearer",
    needs: "keys.manage",
    body: { schema: identify },
    answer: { status: 200, description: "What was found", schema: ref("IdentityTest") },
    async handle({ customers }, { body }) {
      return json(await customers.test((body as InferOutput<typeof identify>).token));
    },
  },
];

const customerRoutes: readonly Route[] = [
  {
    method: "post",
    path: "/v1/customers/identify",
    operationId: "identifyCustomer",
    summary:
      "Become the customer whom a token of the shop's site names; with the bearer token of a visitor, its conversations come along",
    auth: "open",
    body: { schema: identify },
    answer: { status: 200, description: "The customer's credential for this device", schema: ref("Credential") },
    async handle({ customers }, { body, request }) {
      const outcome = await customers.identify((body as InferOutput<typeof identify>).token, bearerOf(request));
      return "refusal" in outcome ? refuse(outcome.refusal) : json(outcome.credential);
    },
  },
  {
    method: "post",
    path: "/v1/customers/{account}/merge",
    operationId: "mergeCustomer",
    summary: "Make another customer's record part of this one; its devices are signed out",
    auth: "bearer",
    needs: "customer.merge",
    params: { account },
    body: { schema: mergeCustomer },
    answer: { status: 200, description: "The merge", schema: object({ merge: ref("CustomerMerge") }) },
    async handle({ customers }, { principal, body, params }) {
      if (!matches(params.account, account)) return unknown();
      const { other } = body as InferOutput<typeof mergeCustomer>;
      return answerOf(await customers.merge(params.account, other, principal.account));
    },
  },
  {
    method: "get",
    path: "/v1/customers/{account}/merges",
    operationId: "listCustomerMerges",
    summary: "The merges that this customer's record was part of",
    auth: "bearer",
    needs: "customer.merge",
    params: { account },
    answer: {
      status: 200,
      description: "The merges, newest first",
      schema: object({ merges: { type: "array", items: ref("CustomerMerge") } }),
    },
    async handle({ customers }, { params }) {
      if (!matches(params.account, account)) return unknown();
      return json({ merges: await customers.merges(params.account) });
    },
  },
  {
    method: "post",
    path: "/v1/customers/{account}/merges/{merge}/undo",
    operationId: "undoCustomerMerge",
    summary: "Put everybody back into the conversations where they were before a merge",
    auth: "bearer",
    needs: "customer.merge",
    params: { account, merge },
    answer: { status: 200, description: "The merge, undone", schema: object({ merge: ref("CustomerMerge") }) },
    async handle({ customers }, { principal, params }) {
      if (!matches(params.account, account) || !matches(params.merge, merge)) return unknown();
      return answerOf(await customers.undo(params.account, params.merge, principal.account));
    },
  },
];

/** Who customers are, as the shop's site and its staff say. */
export const identityRoutes: readonly Route[] = [...keyRoutes, ...customerRoutes];
