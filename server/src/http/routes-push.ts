import { type AccountId, type InferOutput, pushSubscription } from "@aftercare/protocol";
import { encodeQR } from "qr";
import { invalidAt, json, refuse } from "./refusal.ts";
import type { Route } from "./route.ts";
import { object } from "./schemas.ts";

const shortText = { type: "string", maxLength: 60 };

/** Notifications of this device, and the code that leads a phone to the chat. */
export const pushRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/v1/push/key",
    operationId: "getPushKey",
    summary: "The public key that a browser subscribes with",
    auth: "bearer",
    answer: { status: 200, description: "The key", schema: object({ key: { type: "string" } }) },
    handle: ({ push }) => json({ key: push.publicKey }),
  },
  {
    method: "post",
    path: "/v1/push/subscribe",
    operationId: "subscribePush",
    summary: "Have this device notified of messages while its page is closed; customers only",
    auth: "bearer",
    body: { schema: pushSubscription },
    answer: { status: 200, description: "Subscribed", schema: object({}) },
    async handle({ push }, { body, principal }) {
      if (principal.kind !== "customer") return refuse({ code: "forbidden" });
      const { endpoint, keys, locale } = body as InferOutput<typeof pushSubscription>;
      if (!push.services.known(endpoint)) return invalidAt("endpoint");
      await push.subscribe(principal.credential, principal.account as AccountId, { endpoint, ...keys, locale });
      return json({});
    },
  },
  {
    method: "post",
    path: "/v1/push/unsubscribe",
    operationId: "unsubscribePush",
    summary: "No more notifications for this device",
    auth: "bearer",
    answer: { status: 200, description: "Unsubscribed, also when it was not subscribed", schema: object({}) },
    async handle({ push }, { principal }) {
      await push.unsubscribe(principal.credential);
      return json({});
    },
  },
  {
    method: "get",
    path: "/v1/qr.svg",
    operationId: "getQrCode",
    summary: "A QR code of the chat's address, with the shop and product in it",
    auth: "open",
    query: { shop: { schema: shortText }, product: { schema: shortText } },
    answer: { status: 200, description: "The code", type: "image/svg+xml", schema: { type: "string" } },
    handle({ publicUrl }, { request, query }) {
      const link = new URL("/chat/", publicUrl || new URL(request.url).origin);
      for (const name of ["shop", "product"]) {
        const value = query.get(name) ?? "";
        if (value.length > 60 || /[\p{Cc}\p{Cf}]/u.test(value)) return invalidAt(name);
        if (value !== "") link.searchParams.set(name, value);
      }
      const svg = encodeQR(link.href, "svg", { ecc: "medium", border: 4 });
      return new Response(svg, {
        headers: { "content-type": "image/svg+xml", "cache-control": "public, max-age=3600" },
      });
    },
  },
];
