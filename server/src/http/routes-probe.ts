import { printMetrics } from "./metrics.ts";
import { openApi } from "./openapi.ts";
import { json } from "./refusal.ts";
import type { Route } from "./route.ts";
import { object } from "./schemas.ts";

/** What operators and their machines ask. */
export const probeRoutes: readonly Route[] = [
  {
    method: "get",
    path: "/healthz",
    operationId: "getHealth",
    summary: "Whether the process is alive",
    auth: "probe",
    answer: { status: 200, description: "It is", schema: object({ ok: { const: true } }) },
    handle: () => json({ ok: true }),
  },
  {
    method: "get",
    path: "/readyz",
    operationId: "getReadiness",
    summary: "Whether to send traffic here: database reachable, schema current, not draining; 503 when not",
    auth: "probe",
    answer: {
      status: 200,
      description: "Ready",
      schema: object({
        ready: { type: "boolean" },
        troubles: { type: "array", items: { type: "string" } },
        degraded: { type: "array", items: { type: "string" } },
      }),
    },
    async handle({ troubles, busHealth }) {
      const found = await troubles();
      // Without the bus all is served, a little later: taking every node out of traffic would be worse.
      const degraded = busHealth.connected ? [] : ["bus"];
      return json({ ready: found.length === 0, troubles: found, degraded }, found.length === 0 ? 200 : 503);
    },
  },
  {
    method: "get",
    path: "/metrics",
    operationId: "getMetrics",
    summary: "Counters in Prometheus' text format",
    auth: "probe",
    answer: { status: 200, description: "The counters", type: "text/plain", schema: { type: "string" } },
    handle: (ctx) =>
      new Response(printMetrics(ctx), { headers: { "content-type": "text/plain; version=0.0.4; charset=utf-8" } }),
  },
  {
    method: "get",
    path: "/v1/openapi.json",
    operationId: "getOpenApi",
    summary: "This description",
    auth: "open",
    answer: { status: 200, description: "OpenAPI 3.1", schema: { type: "object" } },
    handle: () => json(openApi()),
  },
];
